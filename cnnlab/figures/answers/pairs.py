"""Pairs of classes: which are confused most, and from which epoch on each is told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, SURFACES, Theme
from cnnlab.words.names import cut
from cnnlab.words.sentence import Sentence

LONGEST_NAME = 14
"""Characters of a class."""

ROW = 28
"""The height of a pair in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntPair:
    """Two classes by their names, and the first epoch from which on they are told apart, or None."""

    first: str
    second: str
    learnt_at: int | None


def learnt_strip(
    pairs: Sequence[LearntPair], epochs: Sequence[int], *, theme: Theme, epoch: int, is_narrow: bool = False
) -> Figure:
    """A bar for each pair along the epochs, green from the one at which it was learnt; a line marks `epoch`.

    Where it is not narrow, the epoch is also written beside each bar.
    """
    longest = LONGEST_NAME // 2 + 1 if is_narrow else LONGEST_NAME
    names = _names([(pair.first, pair.second) for pair in pairs], longest)
    rows = list(range(len(pairs)))  # names that are cut may be the same
    start, end = 0.5, epochs[-1] + 0.5
    learnt = [end if pair.learnt_at is None else pair.learnt_at - 0.5 for pair in pairs]
    green = CURVE_COLOURS[theme][2]
    bars = [
        ("confused", SURFACES[theme]["line"], [start] * len(pairs), learnt),
        ("told apart", green, learnt, [end] * len(pairs)),
    ]
    words = [
        Sentence("not yet") if pair.learnt_at is None else Sentence("from epoch {epoch}", epoch=pair.learnt_at)
        for pair in pairs
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": rows,
            "x": [to - begin for begin, to in zip(begins, ends, strict=True)],
            "base": begins,
            "marker": {"color": colour},
            "customdata": [f"{pair}: {word}" for pair, word in zip(names, words, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for name, colour, begins, ends in bars
    ]
    notes = [
        {
            "text": word,
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 6,
            "y": row,
            "showarrow": False,
            "font": {"size": 14, "color": SURFACES[theme]["muted"]},
        }
        for row, word in zip(rows, words, strict=True)
    ]
    line = {"type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper"}
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="epoch",
            y="",
            height=110 + ROW * len(pairs),
            barmode="overlay",
            bargap=0.4,
            margin={"r": 16 if is_narrow else 104},
            xaxis={"range": [start, end], "tickvals": _ticks(epochs, 4 if is_narrow else 8), "showgrid": False},
            yaxis=_named(names),
            annotations=[] if is_narrow else notes,
            shapes=[{**line, "line": {"color": SURFACES[theme]["text"], "width": 2, "dash": "dot"}}],
        ),
    }


def describe_learnt(pairs: Sequence[LearntPair]) -> Sentence:
    """What the strip shows, in words."""
    each = [
        Sentence("{first} and {second} not yet", first=pair.first, second=pair.second)
        if pair.learnt_at is None
        else Sentence(
            "{first} and {second} from epoch {epoch}", first=pair.first, second=pair.second, epoch=pair.learnt_at
        )
        for pair in pairs
    ]
    return Sentence("When pairs of classes are told apart: {pairs}.", pairs="; ".join(each))


def pair_bars(pairs: Sequence[tuple[str, str, int]], *, theme: Theme) -> Figure:
    """How many images of each pair of classes are confused, in either direction."""
    names = _names([(first, second) for first, second, _ in pairs], LONGEST_NAME)
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(pairs))),
        "x": [count for *_, count in pairs],
        "customdata": names,
        "texttemplate": "%{x:,}",
        "textposition": "auto",
        "textangle": 0,
        "marker": {"color": CURVE_COLOURS[theme][1]},
        "hovertemplate": "%{customdata}: %{x:,}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": layout(
            theme,
            x="images confused",
            y="",
            height=90 + ROW * len(pairs),
            bargap=0.25,
            yaxis=_named(names),
            xaxis={"tickformat": ",d", "nticks": 6, "rangemode": "tozero"},
        ),
    }


def describe_pairs(pairs: Sequence[tuple[str, str, int]]) -> Sentence:
    """What the bars show, in words."""
    each = [
        Sentence("{first} and {second} {count:,}", first=first, second=second, count=count)
        for first, second, count in pairs
    ]
    return Sentence("Images confused between two classes, in either direction: {pairs}.", pairs="; ".join(each))


def _ticks(epochs: Sequence[int], most: int) -> list[int]:
    """Some of the epochs at equal distances, the last one among them."""
    return list(epochs[:: -max(1, -(-len(epochs) // most))])[::-1]


def _names(pairs: Sequence[tuple[str, str]], longest: int) -> list[str]:
    """Each pair as a line for plotly, which reads some HTML; names have at most `longest` characters."""
    return [
        escape(Sentence("{first} and {second}", first=cut(first, longest), second=cut(second, longest)), False)
        for first, second in pairs
    ]


def _named(names: list[str]) -> dict[str, Any]:
    """An axis with these names from the top."""
    return {"autorange": "reversed", "tickvals": list(range(len(names))), "ticktext": names, "showgrid": False}
