"""Two networks of a comparison part by part: what one knob changed downstream."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.analysis.comparison.diff import PartPair, diff
from cnnlab.analysis.comparison.reason import reason
from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES
from cnnlab.analysis.outline import CostName
from cnnlab.figures.comparison.parts import (
    CHANGE_WORDS,
    describe_parts,
    layers,
    maps,
    part_bars,
    path,
    sentences,
    title,
)
from cnnlab.figures.network.ribbon import ribbon
from cnnlab.figures.palette import ENTRY_LETTERS
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.components.number_table.number_table import Cell, Column, NumberRow, number_table
from cnnlab.ui.components.ribbon.ribbon import ribbon_view
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.comparison_view import Options, select
from cnnlab.ui.visitors.visitor import theme


def show_parts(entries: Sequence[Entry], baseline: int, fields: dict[str, Options], view: dict[str, str]) -> None:
    """The baseline and one other network: the knobs, both drawings, and each part with its change."""
    place = int(view["other"]) - 1
    measure: CostName = "params" if view["parts"] == "params" else "macs"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header("Part by part", anchor=False, width="stretch")
        if len(entries) > 2:
            select("other", f"Against {ENTRY_LETTERS[baseline]}", fields["other"], view["other"])
        select("parts", "Cost", fields["parts"], view["parts"], as_buttons=True)
    old, new = entries[baseline], entries[place]
    found = diff(old.analysis, new.analysis)
    st.markdown("  \n".join(map(plain, sentences(found))))
    before = old.analysis if found.knobs else None  # of another family, no part would stand behind its own
    for index, one, behind in ((baseline, old, None), (place, new, before)):
        st.markdown(f"**{ENTRY_LETTERS[index]}**  {plain(one.name)}")
        svg = ribbon(one.analysis, theme=theme(), measure=measure, before=behind)
        ribbon_view(svg, key=f"compare.ribbon.{index}")
    why = reason(new.analysis, old.analysis, measure)
    if why is not None:
        st.caption(plain(why))
    live_chart(
        part_bars(found, MEASURES[measure], (baseline, place), (old.name, new.name), theme=theme()),
        alt=describe_parts(found, MEASURES[measure]),
        key="compare.part_bars",
        title=f"{MEASURES[measure].title} part by part",
    )
    shown = found.pairs
    if found.count("same") and not st.toggle("Show unchanged parts", key="compare.same"):
        shown = tuple(pair for pair in shown if pair.change != "same")
    if shown:
        help = "Its layers, and the shapes of its input and output: channels × height × width."
        number_table(
            [
                Column(title="Part"),
                *(Column(title=f"in {ENTRY_LETTERS[index]}", help=help) for index in (baseline, place)),
                *(Column(title=MEASURES[name].title, help=MEASURES[name].help) for name in ("params", "macs")),
            ],
            [_row(pair) for pair in shown],
            caption=f"{old.name} and {new.name} part by part",
            key="compare.parts_table",
        )


def _row(pair: PartPair) -> NumberRow:
    return NumberRow(
        name=title(pair),
        note=path(pair),
        tag=CHANGE_WORDS[pair.change],
        is_quiet=True,
        cells=[
            Cell(text=layers(pair.old), note=maps(pair.old)),
            Cell(text=layers(pair.new), note=maps(pair.new)),
            _cost(pair, "params"),
            _cost(pair, "macs"),
        ],
    )


def _cost(pair: PartPair, name: str) -> Cell:
    old, new = (None if part is None else getattr(part, name) for part in (pair.old, pair.new))
    measure = MEASURES[name]
    if not old and not new:
        return Cell(text="–")
    if old is None or new is None or old == new:
        return Cell(text=measure.text(old if new is None else new))
    return Cell(
        text=f"{measure.text(old)} → {measure.text(new)}",
        note=measure.ratio_text(new, old),
        tone="good" if new < old else "bad",
    )
