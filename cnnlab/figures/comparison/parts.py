"""Two networks part by part: what each part costs in both."""

from cnnlab.analysis.comparison.diff import Change, Diff, NetworkPart, PartPair
from cnnlab.analysis.measures import Measure
from cnnlab.figures.comparison.words import legend_label
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, Theme
from cnnlab.walk import Layer, Shape

MOST_LAYERS = 5
"""Layers of a part that are named; of more the first ones are."""

CHANGE_WORDS: dict[Change, str] = {
    "same": "the same",
    "input": "other map",
    "itself": "changed",
    "added": "new",
    "removed": "gone",
}


def part_bars(
    found: Diff, measure: Measure, places: tuple[int, int], names: tuple[str, str], *, theme: Theme
) -> Figure:
    """For each pair of parts what both networks cost in `measure`, "params" or "macs".

    `places` are those of the two networks in the comparison, `names` what they are called there.
    """
    pairs = [pair for pair in found.pairs if _cost(pair.old, measure) or _cost(pair.new, measure)]
    traces = [
        {
            "type": "bar",
            "name": legend_label(place, name),
            "x": list(range(len(pairs))),
            "y": [_cost(side, measure) for side in sides],
            "marker": {"color": ENTRY_COLOURS[theme][place]},
            "customdata": [
                [side.path, measure.text(_cost(side, measure))] if side else ["not there", ""] for side in sides
            ],
            "hovertemplate": "%{customdata[0]} %{customdata[1]}",
        }
        for place, name, sides in zip(
            places, names, ([pair.old for pair in pairs], [pair.new for pair in pairs]), strict=True
        )
    ]
    titles = [title(pair) for pair in pairs]
    shown = [name if i == 0 or titles[i - 1] != name else "" for i, name in enumerate(titles)]
    chart = layout(
        theme,
        x="part of the network, from image to answer",
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
    return f"{measure.title} of each part. " + (f"Most changed: {'; '.join(largest)}." if largest else "None differs.")


def title(pair: PartPair) -> str:
    """What the part is called, in the old network if it is there."""
    part = pair.old or pair.new
    assert part is not None
    return part.title


def path(pair: PartPair) -> str:
    """Where the part is in the network's modules, and where what stands in its place is, if that is elsewhere."""
    return " → ".join(dict.fromkeys(part.path for part in (pair.old, pair.new) if part is not None))


def maps(part: NetworkPart | None) -> str:
    """What the part makes of what."""
    return f"{_compact(part.input_shape)} → {_compact(part.output_shape)}" if part else ""


def _compact(form: Shape) -> str:
    return "×".join(map(str, form))


def layers(part: NetworkPart | None) -> str:
    """What the part consists of, and how many times it comes in a row: "3×3, 3×3, added, 2 times"."""
    if part is None:
        return "–"
    told = [words for row in part.rows if (words := _layer(row))]
    times = [f"{part.repeat} times"] if part.repeat > 1 else []
    shown = [*told[:MOST_LAYERS], f"{len(told) - MOST_LAYERS} more"] if len(told) > MOST_LAYERS + 1 else told
    return ", ".join([*(shown or [part.rows[0].type]), *times])


def _layer(row: Layer) -> str:
    """A layer that people would name; "" for normalisations, activations and the like."""
    if "shortcut" in row.path.split("."):
        return ""
    if row.type in ("add", "add_"):
        return "added"
    if row.kind == "dense":
        return "dense"
    if row.kind == "pooling":
        return "max pool" if "Max" in row.type or "max" in row.type else "average"
    if row.kernel is None:
        return ""
    height, width = row.kernel
    stride = f" /{row.window[1]}" if row.window and row.window[1] > 1 else ""
    return f"{height}×{width}{' depthwise' if row.kind == 'depthwise' else ''}{stride}"


def sentences(found: Diff) -> list[str]:
    """Which knobs were turned, and how far that reaches."""
    told = []
    if found.knobs is None:
        told.append("These are networks of two families: parts are matched by place, map and layers.")
    elif not found.knobs:
        told.append("These are the same network.")
    else:
        told += [f"{knob.title}: {knob.old} → {knob.new}." for knob in found.knobs]
    total, same = len(found.pairs), found.count("same")
    told.append(f"Of {total} parts {same or 'none'} {'is' if same < 2 else 'are'} the same{_others(found)}.")
    return told


def _others(found: Diff) -> str:
    """How many parts are not the same, and in what way."""
    ways: dict[Change, str] = {
        "itself": "changed",
        "input": "given another map",
        "added": "new",
        "removed": "gone",
    }
    told = [f"{found.count(way)} {word}" for way, word in ways.items() if found.count(way)]
    return f", {', '.join(told)}" if told else ""


def _cost(part: NetworkPart | None, measure: Measure) -> int:
    assert measure.name in ("params", "macs")
    if part is None:
        return 0
    return part.params if measure.name == "params" else part.macs
