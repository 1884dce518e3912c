"""Two networks part by part: the cost of each part in both."""

from cnnlab.analysis.comparison.diff import Change, ChangedKnob, Diff, PartPair
from cnnlab.analysis.measures import Measure
from cnnlab.analysis.outline import Section
from cnnlab.figures.comparison.words import legend_labels
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, Theme
from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence

MOST_LAYERS = 5
"""The number of layers of a part that are named."""

CHANGE_WORDS: dict[Change, str] = {
    "same": "unchanged",
    "input": "other input",
    "itself": "changed",
    "added": "added",
    "removed": "removed",
}


def part_bars(
    found: Diff, measure: Measure, places: tuple[int, int], names: tuple[str, str], *, theme: Theme
) -> Figure:
    """The cost of each pair of parts in both networks; `measure` is "params" or "macs".

    `places` are those of the two networks in the comparison, `names` what they are called there.
    """
    pairs = [pair for pair in found.pairs if _cost(pair.old, measure) or _cost(pair.new, measure)]
    sides = [pair.old for pair in pairs], [pair.new for pair in pairs]
    traces = [
        {
            "type": "bar",
            "name": label,
            "x": list(range(len(pairs))),
            "y": [_cost(part, measure) for part in side],
            "marker": {"color": ENTRY_COLOURS[theme][place]},
            "customdata": [
                [part.path, measure.text(_cost(part, measure))] if part else ["not there", ""] for part in side
            ],
            "hovertemplate": "%{customdata[0]} %{customdata[1]}",
        }
        for place, label, side in zip(places, legend_labels(names, places=places), sides, strict=True)
    ]
    titles = [title(pair) for pair in pairs]
    shown = [name if name != before else "" for before, name in zip(["", *titles], titles, strict=False)]
    chart = layout(
        theme,
        x="part of the network, from input to output",
        y=measure.title,
        height=360,
        margin={"t": 20},
        barmode="group",
        bargap=0.2,
        hovermode="x unified",
        legend={"y": 1.02},
        uirevision=f"{len(pairs)} parts",
        xaxis={"tickvals": list(range(len(pairs))), "ticktext": shown, "showgrid": False, "zeroline": False},
        yaxis={"rangemode": "tozero", "exponentformat": "SI"},
    )
    return {"data": traces, "layout": chart}


def describe_parts(found: Diff, measure: Measure) -> str:
    """The bars in words: the parts whose cost differs most."""
    changed = sorted(found.pairs, key=lambda pair: -abs(_cost(pair.old, measure) - _cost(pair.new, measure)))[:3]
    costs = [(title(pair), _cost(pair.old, measure), _cost(pair.new, measure)) for pair in changed]
    largest = [f"{name} from {measure.text(a)} to {measure.text(b)}" for name, a, b in costs if a != b]
    return f"{measure.title} of each part. " + (
        f"Largest changes: {'; '.join(largest)}." if largest else "No part differs."
    )


def title(pair: PartPair) -> str:
    """The title of the part, in the old network if it is there."""
    part = pair.old or pair.new
    assert part is not None
    return part.title


def path(pair: PartPair) -> str:
    """The module path of the part, and that of the part it is aligned with if it differs."""
    return " → ".join(dict.fromkeys(part.path for part in (pair.old, pair.new) if part is not None))


def maps(part: Section | None) -> str:
    """The shapes of the input and the output of the part."""
    return " → ".join("×".join(map(str, sides)) for sides in (part.input_shape, part.output_shape)) if part else ""


def layers(part: Section | None) -> str:
    """The layers of the part, and the number of its repeats: "3×3, 3×3, added, 2 times"."""
    if part is None:
        return "–"
    names = [name for row in part.rows if (name := _layer(row))]
    times = [f"{part.repeat} times"] if part.repeat > 1 else []
    shown = [*names[:MOST_LAYERS], f"{len(names) - MOST_LAYERS} more"] if len(names) > MOST_LAYERS + 1 else names
    return ", ".join([*(shown or [part.rows[0].type]), *times])


def _layer(row: Layer) -> str:
    """A layer that people would name; "" for normalisations, activations and the like."""
    if row.in_shortcut:
        return ""
    if row.type in ("add", "add_"):
        return "added"
    if row.kind == "dense":
        return "dense"
    if row.kind == "pooling":
        return "max pool" if "max" in row.type.lower() else "average"
    if row.kernel is None:
        return ""
    height, width = row.kernel
    stride = f" /{row.window[1]}" if row.window and row.window[1] > 1 else ""
    return f"{height}×{width}{' depthwise' if row.kind == 'depthwise' else ''}{stride}"


def sentences(found: Diff) -> list[Sentence]:
    """Which knobs differ, and how many parts change with them."""
    if found.knobs is not None and not found.knobs:
        return [Sentence("These are the same network.")]
    counts = Sentence(
        "{same} of {total} parts are unchanged; {itself} changed, {input} with another input, {added} added, {removed}"
        " removed.",
        total=len(found.pairs),
        **{change: found.count(change) for change in CHANGE_WORDS},
    )
    if found.knobs is None:
        families = "These are networks of two families: parts are matched by position, feature map and layers."
        return [Sentence(families), counts]
    return [*map(change_sentence, found.knobs), counts]


def change_sentence(knob: ChangedKnob) -> Sentence:
    """How the value of a knob differs."""
    return Sentence("{knob}: {old} → {new}.", knob=knob.title, old=knob.old, new=knob.new)


def _cost(part: Section | None, measure: Measure) -> int:
    assert measure.name in ("params", "macs")
    return int(getattr(part, measure.name, 0))
