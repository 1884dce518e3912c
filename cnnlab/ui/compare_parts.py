"""Two networks of a comparison part by part: what one knob changed downstream."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.analysis.diff import Pair, diff
from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measure import MEASURES
from cnnlab.figures import words
from cnnlab.figures.compare_parts import CHANGE_WORDS, describe_parts, layers, maps, part_bars, sentences, title
from cnnlab.figures.compare_words import LETTERS, written
from cnnlab.figures.ribbon import Measure, ribbon
from cnnlab.ui.compare_view import select
from cnnlab.ui.live_chart import live_chart
from cnnlab.ui.number_table import Cell, Column, Row, number_table
from cnnlab.ui.ribbon_view import ribbon_view
from cnnlab.ui.visitor import theme
from cnnlab.ui.words import plain

SHARES: dict[Measure, str] = {"macs": "MACs", "params": "parameters"}


def show_parts(entries: Sequence[Entry], baseline: int) -> None:
    """The baseline and one other network: the knobs, both drawings, and each part with what became of it."""
    others = {str(i + 1): f"{LETTERS[i]}  {one.name}" for i, one in enumerate(entries) if i != baseline}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Part by part", anchor=False, width="stretch")
        place = _other(baseline, others)
        measure = select("parts", "Cost", SHARES, "macs", as_buttons=True)
    old, new = entries[baseline], entries[place]
    found = diff(old.analysis, new.analysis)
    st.markdown("  \n".join(map(plain, sentences(found))))
    for index, one in ((baseline, old), (place, new)):
        st.markdown(f"**{LETTERS[index]}**  {plain(one.name)}")
        ribbon_view(ribbon(one.analysis, theme=theme(), measure=measure), key=f"compare.ribbon.{index}")
    live_chart(
        part_bars(found, MEASURES[measure], (baseline, place), theme=theme()),
        alt=describe_parts(found, MEASURES[measure]),
        key="compare.part_bars",
        title=f"{MEASURES[measure].title} part by part",
    )
    shown = found.pairs
    if found.count("same") and not st.toggle("Show the parts that are the same, too", key="compare.same"):
        shown = tuple(pair for pair in shown if pair.change != "same")
    letters = [LETTERS[index] for index in (baseline, place)]
    number_table(
        [
            Column(title="Part"),
            Column(
                title=f"in {letters[0]}", help="Its layers, and its map before and after: channels × height × width."
            ),
            Column(
                title=f"in {letters[1]}", help="Its layers, and its map before and after: channels × height × width."
            ),
            Column(title="Parameters"),
            Column(title="MACs"),
        ],
        [_row(pair) for pair in shown],
        caption=f"{old.name} and {new.name} part by part",
        key="compare.parts_table",
    )


def _other(baseline: int, others: dict[str, str]) -> int:
    """The place of the network that stands beside the baseline; to choose, where there are several."""
    usual = next(iter(others))
    if len(others) == 1:
        return int(usual) - 1
    return int(select("other", f"Against {LETTERS[baseline]}", others, usual)) - 1


def _row(pair: Pair) -> Row:
    part = pair.old or pair.new
    assert part is not None
    return Row(
        name=title(pair),
        note=part.path,
        tag=CHANGE_WORDS[pair.change],
        is_quiet=True,
        cells=[
            Cell(text=layers(pair.old), note=maps(pair.old)),
            Cell(text=layers(pair.new), note=maps(pair.new)),
            _cost(pair, "params"),
            _cost(pair, "macs"),
        ],
    )


def _cost(pair: Pair, name: str) -> Cell:
    old, new = (None if part is None else getattr(part, name) for part in (pair.old, pair.new))
    measure = MEASURES[name]
    if old == new:
        return Cell(text=written(new, measure))
    if old is None or new is None:
        return Cell(text=f"{written(old, measure)} → {written(new, measure)}")
    return Cell(
        text=f"{written(old, measure)} → {written(new, measure)}",
        note=words.ratio(new, old),
        tone="good" if new < old else "bad",
    )
