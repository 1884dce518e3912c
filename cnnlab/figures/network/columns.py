"""What stands where in the drawing of a network: the columns, their slabs, and the size of each box in pixels.

A slab's height follows the map's side and its width the channels, both by square root, so that small ones stay visible
beside large ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Literal

from cnnlab.analysis import Analysis
from cnnlab.analysis.outline import CostName, Section, outline
from cnnlab.walk import Kind, Shape

TALLEST, WIDEST, WIDEST_VECTOR = 136, 84, 140
"""Height and width of the boxes of the map with the largest side and of that with the most channels, and the most that
the box of a vector is wide, in pixels."""

NARROWEST_COLUMN = 78


@dataclass(frozen=True, slots=True)
class _Scale:
    """Pixels for each square root of a map's side, and of its channels."""

    side: float
    channels: float

    def box(self, form: Shape, section: Section | None = None) -> "Box":
        """The box of a map; of copies whose channels grow from copy to copy, one box for each of up to four steps."""
        side = form[1] if len(form) > 1 else 1
        widths: tuple[float, ...] = (self._width(form[0]),)
        if section is not None and section.grows and section.repeat > 1:
            first, last, steps = section.input_shape[0], section.output_shape[0], min(section.repeat, 4)
            widths = tuple(0.4 * self._width(first + (last - first) * i // steps) for i in range(1, steps + 1))
        num_shadows = 0 if section is None or len(widths) > 1 else min(section.repeat - 1, 2)
        return Box(widths, max(self.side * math.sqrt(side), 6), num_shadows)

    def _width(self, channels: int) -> float:
        return max(self.channels * math.sqrt(channels), 3)


@dataclass(frozen=True, slots=True)
class Box:
    """A map in pixels: the widths side by side, their height, and how many further copies are indicated behind it."""

    widths: tuple[float, ...]
    height: float
    num_shadows: int

    @property
    def depth(self) -> float:
        """How far the box goes back, in pixels to the right; half as much up."""
        return min(0.22 * self.height, 22)

    @property
    def room(self) -> float:
        """The total width of what is drawn."""
        return sum(self.widths) + 2 * (len(self.widths) - 1) + self.depth + 6 * self.num_shadows


@dataclass(frozen=True, slots=True)
class Slab:
    """What is drawn for one section: its box, and the box of the same section in the network before the change.

    One of the two is missing where the section was removed, or added, or is the same in both.
    """

    kind: Kind | Literal["input"]
    box: Box | None
    ghost: Box | None
    section: Section | None
    before: Section | None

    @property
    def room(self) -> float:
        return max(box.room for box in (self.box, self.ghost) if box is not None)


@dataclass(frozen=True, slots=True)
class Column:
    """Slabs that share one label: a stage, or a single slab. Without a shape, all of them were removed."""

    title: str
    shape: Shape | None
    share: float | None
    costliest: Kind
    slabs: tuple[Slab, ...]

    @property
    def slabs_width(self) -> float:
        return sum(slab.room for slab in self.slabs) + 7 * (len(self.slabs) - 1)

    @property
    def width(self) -> float:
        letters = max(len(self.title) * 9.2, len(written(self.shape)) * 8.6)
        return max(self.slabs_width, letters, NARROWEST_COLUMN)


def columns_of(
    analysis: Analysis, sections: Sequence[Section], before: Analysis | None, measure: CostName
) -> list[Column]:
    image, old_image = analysis.input_shape, None if before is None else before.input_shape
    pairs = _pairs(sections, () if before is None else outline(before))
    scale = _scale([image, *filter(None, [old_image]), *(one.output_shape for pair in pairs for one in pair if one)])
    ghost = scale.box(old_image) if old_image not in (None, image) else None
    columns = [Column("image", image, None, "other", (Slab("input", scale.box(image), ghost, None, None),))]
    total = max(getattr(analysis, measure), 1)
    for (title, _), group in groupby(pairs, key=lambda pair: _column_of(pair[0] or pair[1])):
        members = list(group)
        present = [section for section, _ in members if section is not None]
        cost = sum(getattr(section, measure) for section in present)
        columns.append(
            Column(
                title,
                present[-1].output_shape if present else None,
                cost / total if any(section.params for section in present) else None,
                max(present, key=attrgetter(measure)).kind if present else "other",
                tuple(_slab(scale, *pair, compared=before is not None) for pair in members),
            )
        )
    return columns


def _column_of(section: Section | None) -> tuple[str, int | str]:
    assert section is not None
    return section.title, section.stage or section.path


def _pairs(sections: Sequence[Section], before: Sequence[Section]) -> list[tuple[Section | None, Section | None]]:
    """Each section with the one of the same path before the change; removed ones stand where they were."""
    paths = {section.path for section in sections}
    old_places = {section.path: i for i, section in enumerate(before)}
    pairs: list[tuple[Section | None, Section | None]] = []
    done = 0
    for section in sections:
        place = old_places.get(section.path)
        if place is None:
            pairs.append((section, None))
            continue
        pairs += ((None, old) for old in before[done:place] if old.path not in paths)
        pairs.append((section, before[place]))
        done = max(done, place + 1)
    return [*pairs, *((None, old) for old in before[done:] if old.path not in paths)]


def _scale(forms: Sequence[Shape]) -> _Scale:
    maps = [form for form in forms if len(form) > 1]
    vectors = [form[0] for form in forms if len(form) == 1]
    channels = WIDEST / math.sqrt(max(form[0] for form in maps))
    if vectors:
        channels = min(channels, WIDEST_VECTOR / math.sqrt(max(vectors)))
    return _Scale(TALLEST / math.sqrt(max(form[1] for form in maps)), channels)


def _slab(scale: _Scale, section: Section | None, before: Section | None, *, compared: bool) -> Slab:
    box, old = (None if one is None else scale.box(one.output_shape, one) for one in (section, before))
    kind = (section or before).kind  # type: ignore[union-attr]
    return Slab(kind, box, old if old != box else None, section, before if compared else None)


def written(form: Shape | None) -> str:
    return "removed" if form is None else "×".join(map(str, form))
