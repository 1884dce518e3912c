"""A confusion matrix as an SVG drawing, and the difference of two: rows are the classes, columns the answers.

Of a matrix, each cell that is not empty carries its row and column in `data-path`, as "4,9". Up to `MAX_CLASSES`
fit; of more, `pair_bars` shows the pairs that are confused most.
"""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from cnnlab.figures.layout import FONT
from cnnlab.figures.palette import CURVE_COLOURS, ENTRY_COLOURS, SURFACES, Theme, ink_on, mix
from cnnlab.words.names import cut
from cnnlab.words.numbers import exact
from cnnlab.words.sentence import Sentence

MAX_CLASSES = 20
"""With more classes the numbers would be too small to read."""

LONGEST_NAME = 12
"""Characters of a class at the side of the matrix; the whole name is in the words of its cells."""

LARGE_MISTAKE = 0.1
"""A mistake of this share of its class has the deepest colour, unless there is a larger one."""

PALEST = 0.2
"""The share of colour in the fill of the smallest number."""

_LETTER, _AXIS, _ROOM = 7.8, 24, 7
_Counts = npt.NDArray[np.int64]


def confusion_matrix(
    matrix: _Counts, names: Sequence[str], *, theme: Theme, selected: tuple[int, int] | None = None
) -> str:
    """The counts (classes, classes) as SVG text: right answers are blue, mistakes are vermilion.

    A colour is the deeper, the larger the share of the class. `selected` is the cell to mark, as (class, answer).
    """
    right, wrong = CURVE_COLOURS[theme][0], CURVE_COLOURS[theme][1]
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    most = max(float((shares - np.diag(np.diag(shares))).max()), LARGE_MISTAKE)

    def fill(row: int, column: int) -> tuple[str, float]:
        part = float(shares[row, column])
        return (right, part) if row == column else (wrong, (part / most) ** 0.5)

    return _drawing(
        matrix,
        names,
        fill,
        text=lambda count: exact(count),
        words=lambda row, column: cell_words(matrix, names, row, column),
        alt=describe_confusion(matrix, names),
        theme=theme,
        selected=selected,
        can_select=True,
    )


def difference_matrix(first: _Counts, second: _Counts, names: Sequence[str], *, theme: Theme) -> str:
    """The counts of the second network, B, less those of the first, A, as SVG text.

    A cell has the colour of the network that is better there: more right answers, or fewer mistakes.
    """
    difference = second - first
    most = max(int(np.abs(difference).max()), 1)

    def fill(row: int, column: int) -> tuple[str, float]:
        is_second = (difference[row, column] > 0) == (row == column)
        return ENTRY_COLOURS[theme][int(is_second)], (abs(int(difference[row, column])) / most) ** 0.5

    def words(row: int, column: int) -> Sentence:
        return Sentence(
            "{label} answered {answer}: {first:,} times by A, {second:,} times by B",
            label=names[row],
            answer=names[column],
            first=int(first[row, column]),
            second=int(second[row, column]),
        )

    return _drawing(
        difference,
        names,
        fill,
        text=lambda change: f"{'+' if change > 0 else '−'}{exact(abs(change))}",
        words=words,
        alt=describe_difference(first, second, names),
        theme=theme,
    )


def cell_words(matrix: _Counts, names: Sequence[str], label: int, answer: int) -> Sentence:
    """What a cell counts."""
    return Sentence(
        "{label} recognised, {count:,} of {total:,} times"
        if label == answer
        else "{label} taken for {answer}, {count:,} of {total:,} times",
        label=names[label],
        answer=names[answer],
        count=int(matrix[label, answer]),
        total=int(matrix[label].sum()),
    )


def describe_confusion(matrix: _Counts, names: Sequence[str]) -> Sentence:
    """The matrix in words: its right answers and its largest number of mistakes."""
    mistakes = matrix - np.diag(np.diag(matrix))
    row, column = (int(i) for i in np.unravel_index(mistakes.argmax(), mistakes.shape))
    return Sentence(
        "Confusion matrix of {classes} classes, a row for each class and a column for each answer: {right:,} of"
        " {total:,} images are right. Largest mistake: {mistake}.",
        classes=len(names),
        right=int(np.trace(matrix)),
        total=int(matrix.sum()),
        mistake=cell_words(matrix, names, row, column) if mistakes.any() else Sentence("none"),
    )


def describe_difference(first: _Counts, second: _Counts, names: Sequence[str]) -> Sentence:
    """The difference in words: how many images each network has right."""
    return Sentence(
        "Difference of two confusion matrices of {classes} classes, B less A: A has {first:,} images right, B"
        " {second:,}.",
        classes=len(names),
        first=int(np.trace(first)),
        second=int(np.trace(second)),
    )


def _drawing(
    values: _Counts,
    names: Sequence[str],
    fill: Callable[[int, int], tuple[str, float]],
    *,
    text: Callable[[int], str],
    words: Callable[[int, int], Sentence],
    alt: Sentence,
    theme: Theme,
    selected: tuple[int, int] | None = None,
    can_select: bool = False,
) -> str:
    """`fill` has the colour of a cell and how deep it is, from 0 to 1; cells with the value 0 are empty."""
    shown, count = [cut(name, LONGEST_NAME) for name in names], len(names)
    surface, ink, muted = (SURFACES[theme][name] for name in ("background", "text", "muted"))
    cell = 32 if count <= 12 else 30
    label_width = max(map(len, shown)) * _LETTER + _ROOM
    is_tilted = label_width > cell
    left, top = _AXIS + label_width, _AXIS + (0.87 * label_width if is_tilted else 20)
    width = left + cell * count + (max(0.0, 0.5 * label_width - cell / 2) if is_tilted else 0) + 4
    height = top + cell * count + 4
    empty = mix(surface, SURFACES[theme]["line"], 0.35)
    parts = [
        f'<text class="axis" x="{left + cell * count / 2:.1f}" y="15">answer</text>',
        f'<text class="axis" transform="translate(14 {top + cell * count / 2:.1f}) rotate(-90)">class</text>',
    ]
    for i, name in enumerate(map(escape, shown)):
        middle = cell * (i + 0.5)
        place = f"translate({left + middle:.1f} {top - 7:.1f})" + (" rotate(-60)" if is_tilted else "")
        parts.append(f'<text class="{"begin" if is_tilted else "name"}" transform="{place}">{name}</text>')
        parts.append(f'<text class="end" x="{left - _ROOM:.1f}" y="{top + middle + 5:.1f}">{name}</text>')
    for row, column in np.ndindex(count, count):
        value, x, y = int(values[row, column]), left + cell * column, top + cell * row
        box = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{cell - 2}" height="{cell - 2}" rx="4"'
        if not value:
            parts.append(f'<rect {box} fill="{empty}"/>')
            continue
        colour, depth = fill(row, column)
        colour = mix(surface, colour, PALEST + (1 - PALEST) * depth)
        number = text(value)
        size = min(14.0, 1.55 * (cell - 4) / len(number))
        kind = "cell selected" if (row, column) == selected else "cell"
        path = f' data-path="{row},{column}"' if can_select else ""
        parts.append(
            f'<g class="{kind}"{path}><title>{escape(words(row, column))}</title>'
            f'<rect {box} fill="{colour}"/><text x="{x + cell / 2:.1f}" y="{y + cell / 2 + 0.35 * size:.1f}"'
            f' style="font-size:{size:.1f}px;fill:{ink_on(colour)}">{number}</text></g>'
        )
    rules = {
        "text": f"font-family:{FONT};font-variant-numeric:tabular-nums;text-anchor:middle;fill:{ink};font-size:14px",
        ".axis": f"fill:{muted}",
        ".begin": "text-anchor:start",
        ".end": "text-anchor:end",
        "[data-path]": "cursor:pointer",
        ".cell:is([data-path]:hover,.selected) rect": f"stroke:{ink};stroke-width:3",
    }
    # The drawing may be one of several on a page: its rules must not apply to the others.
    style = "".join(f".matrix-svg :is({selector}){{{rule}}}" for selector, rule in rules.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" class="matrix-svg" role="img" aria-label="{escape(alt)}"><style>{style}</style>'
        f"{''.join(parts)}</svg>"
    )
