"""The table of a comparison: a row for each network, with buttons that change the comparison."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES, Measure, known_measures
from cnnlab.figures.comparison.bars import in_order
from cnnlab.figures.comparison.words import headline
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, ink_on
from cnnlab.ui.components.number_table.number_table import Action, Cell, Column, NumberRow, number_table
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.comparison import take_comparison
from cnnlab.ui.state.comparison_link import Comparison
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.names import told_apart
from cnnlab.words.numbers import NO_BREAK

LAST = ("weight_bytes", "flops")
"""The columns at the end of the table: they follow from others."""

ABOUT = ("year", "image_size")
"""The measures below the name of a network, without a column: they are no costs, and mostly the same in all rows."""


def show_table(entries: Sequence[Entry], known: Comparison) -> None:
    """The main differences in words, and the numbers of each network."""
    stands_out = headline(entries, known.baseline)
    if stands_out:
        st.header(plain(stands_out), anchor=False)
    measures = [measure for name, measure in known_measures(entries).items() if name not in LAST + ABOUT]
    measures += [MEASURES[name] for name in LAST]
    order = in_order(len(entries), known.baseline)
    titles = told_apart([one.name for one in entries])
    pressed = number_table(
        [Column(title="Network"), *(Column(title=measure.title, help=measure.help) for measure in measures)],
        [_row(index, titles[index], entries, known.baseline, measures) for index in order],
        caption=f"What each network costs, and its ratio to {entries[known.baseline].name}",
        key="compare.table",
    )
    for one in entries:
        if one.analysis.unknown:
            left_out = ", ".join(one.analysis.unknown)
            st.caption(plain(f"{one.name}: MACs and activations are without {left_out}: no rule counts them."))
    if pressed is not None:
        action, row = pressed
        index = order[row]
        take_comparison(replace(known, baseline=index) if action == "baseline" else known.without(index))
        st.rerun()


def _row(
    index: int, title: tuple[str, str], entries: Sequence[Entry], baseline: int, measures: Sequence[Measure]
) -> NumberRow:
    one = entries[index]
    name, rest = title
    colour = ENTRY_COLOURS[theme()][index]
    make_baseline = [] if index == baseline else [Action(name="baseline", label="Make baseline")]
    known = [(MEASURES[field].of(one), MEASURES[field]) for field in ABOUT]
    about = [measure.text(value).replace(" ", NO_BREAK) for value, measure in known if value is not None]
    return NumberRow(
        name=name,
        note=" · ".join(filter(None, (rest, *about))),
        tag="baseline" if index == baseline else "",
        letter=ENTRY_LETTERS[index],
        colour=colour,
        ink=ink_on(colour),
        cells=[_cell(measure, one, None if index == baseline else entries[baseline]) for measure in measures],
        actions=[*make_baseline, Action(name="remove", label="Remove")],
    )


def _cell(measure: Measure, one: Entry, base: Entry | None) -> Cell:
    value = measure.of(one)
    text, digits = measure.text(value), measure.exact_text(value)
    if base is None or (known := measure.of(base)) is None or value is None:
        return Cell(text=text, help=digits)
    compared, is_better = measure.ratio_text(value, known), (value < known) == measure.is_cost
    if value == known or not compared:
        return Cell(text=text, note=compared, help=digits)
    return Cell(text=text, note=compared, help=digits, tone="good" if is_better else "bad")
