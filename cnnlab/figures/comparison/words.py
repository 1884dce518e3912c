"""A comparison in words: the letter and the name of each network, the main differences, and the table."""

from collections.abc import Sequence
from html import escape

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES, Measure, known_measures
from cnnlab.figures.palette import ENTRY_LETTERS
from cnnlab.words import numbers
from cnnlab.words.names import cut, labels, told_apart
from cnnlab.words.sentence import Sentence

LONGEST_LINE = 26


def axis_title(measure: Measure) -> str:
    """The measure's title with its unit, where it has one, for plotly, which reads some HTML."""
    return escape(measure.title, quote=False) + (f", {measure.unit.axis}" if measure.unit.axis else "")


def lines(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each name as two short lines, what tells it apart first, for plotly, which reads some HTML.

    >>> lines(["resnet18", "resnet18 with width=48, depths=2,2,3,2"])
    [('resnet18', ''), ('width=48', 'depths=2,2,3,2 · resnet18')]
    """
    return [(_short(first), _short(second)) for first, second in told_apart(names)]


def legend_labels(names: Sequence[str], *, longest: int = LONGEST_LINE, places: Sequence[int] = ()) -> list[str]:
    """The letters and the names of networks for a legend; `places` are theirs in the comparison, if not all of it.

    >>> legend_labels(["resnet18 with width=40", "resnet18 with width=48"])
    ['A  width=40 · resnet18', 'B  width=48 · resnet18']
    """
    letters = [ENTRY_LETTERS[place] for place in places or range(len(names))]
    shown = labels(names, longest)
    return [f"{letter}  {escape(name, quote=False)}" for letter, name in zip(letters, shown, strict=True)]


def axis_labels(names: Sequence[str]) -> list[str]:
    """Letters and names for an axis: what tells a network apart is large, the rest below it."""
    return [
        f"<b>{letter}</b>  {first}" + (f"<br><span style='font-size:13px'>{second}</span>" if second else "")
        for letter, (first, second) in zip(ENTRY_LETTERS, lines(names), strict=False)
    ]


def _short(text: str) -> str:
    return escape(cut(text, LONGEST_LINE), quote=False)


def headline(entries: Sequence[Entry], baseline: int) -> str:
    """The main differences in a sentence or two: how two networks differ, or the range of more networks."""
    if len(entries) == 1:
        return ""
    if len(entries) == 2:
        return _between_two(entries[baseline], entries[1 - baseline])
    return " ".join(filter(None, (_apart(entries, MEASURES[name]) for name in ("macs", "params"))))


def _between_two(base: Entry, other: Entry) -> str:
    new, old = other.analysis, base.analysis
    macs, params = (
        "as many" if ours == theirs else numbers.times(ours, theirs)
        for ours, theirs in ((new.macs, old.macs), (new.params, old.params))
    )
    memory = numbers.times(new.activation_bytes, old.activation_bytes, fewer="less")
    return Sentence(
        "Compared with {base}, {other} has {macs} MACs and {params} parameters, and needs {memory} memory for"
        " activations.",
        base=base.name,
        other=other.name,
        macs=macs,
        params=params,
        memory="as much" if memory == "the same" else memory,
    )


def _apart(entries: Sequence[Entry], measure: Measure) -> str:
    least, *_, most = sorted(entries, key=lambda one: measure.of(one) or 0)
    low, high = measure.of(least), measure.of(most)
    if not low or not high or low == high:
        return Sentence("All networks have the same {measure}.", measure=measure.title) if low == high else ""
    factor = f"{high / low:.1f}".removesuffix(".0") if high < 9.95 * low else numbers.exact(round(high / low))
    return Sentence(
        "{measure}: from {low} ({least}) to {high} ({most}), {factor} times as many.",
        measure=measure.title,
        low=measure.text(low),
        least=least.name,
        high=measure.text(high),
        most=most.name,
        factor=factor,
    )


def comparison_table(entries: Sequence[Entry], baseline: int) -> tuple[list[str], list[list[str]]]:
    """Titles, and a row of text for each network: its numbers, and behind each its ratio to the baseline's."""
    measures = known_measures(entries).values()
    base = entries[baseline]

    def cell(measure: Measure, one: Entry) -> str:
        factor = "" if one is base else measure.ratio_text(measure.of(one), measure.of(base))
        return measure.text(measure.of(one)) + (f" ({factor})" if factor else "")

    rows = [[one.name, *(cell(measure, one) for measure in measures)] for one in entries]
    return ["Network", *(measure.title for measure in measures)], rows
