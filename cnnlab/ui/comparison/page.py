"""The Compare page: what does each one cost?"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ready_comparison_of
from cnnlab.analysis.entries import Entry, published_entries
from cnnlab.analysis.measures import LATENCY, MEASURES, Measure, axis_measures, known_measures
from cnnlab.export.tables import csv_table, json_table, latex_table, markdown_table
from cnnlab.figures.comparison.bars import cost_bars, describe_bars, in_order, narrow_cost_bars
from cnnlab.figures.comparison.depth import DEPTH_CURVES, depth_chart, describe_depth
from cnnlab.figures.comparison.scatter import describe_scatter, has_points, missing, scatter
from cnnlab.figures.comparison.words import comparison_table, headline
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, ink_on
from cnnlab.ui.comparison.add import show_add
from cnnlab.ui.comparison.parts import show_parts
from cnnlab.ui.comparison.runs import entries_of
from cnnlab.ui.comparison.time import measure_times, show_measure
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.components.number_table.number_table import Action, Cell, Column, NumberRow, number_table
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import EXPLORE
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.address import put_address
from cnnlab.ui.state.comparison import comparison, ready, take_comparison
from cnnlab.ui.state.comparison_link import Comparison, write_comparison
from cnnlab.ui.state.comparison_view import Options, options_of, select, take_view, write_view
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import NO_BREAK
from cnnlab.words.spreadsheet import csv_file

LAST = ("weight_bytes", "flops")
"""The columns at the end of the table: they follow from others."""

ABOUT = ("year", "image_size")
"""The measures below the name of a network, without a column: they are no costs, and mostly the same in all rows."""

_READY = "compare.ready"


def compare() -> None:
    """Draws the page: the networks and their numbers first, then the figures, then two of them part by part."""
    known, refused = comparison()
    entries, problems = entries_of(known.networks)
    fields = options_of(entries, known.baseline)
    view, refused_view = take_view(fields)
    # Each part has a container of its own, so that nothing below is redrawn when a sentence appears or disappears.
    head, notes, lessons, numbers = (st.container() for _ in range(4))
    slot = None
    with lessons:
        _show_ready(known)
    if entries:
        with numbers:
            _show_table(entries, known)
            slot = show_measure()
        with st.container(border=True):
            st.header("What each one costs", anchor=False)
            live_chart(
                cost_bars(entries, known.baseline, theme=theme()),
                alt=describe_bars(entries, known.baseline),
                key="compare.bars",
                title="What each network costs",
                narrow=narrow_cost_bars(entries, known.baseline, theme=theme()),
            )
        left, right = st.columns(2)
        with left, st.container(border=True):
            _show_scatter(entries, fields, view)
        with right, st.container(border=True):
            _show_depth(entries, fields, view)
    if len(entries) > 1:
        with st.container(border=True):
            show_parts(entries, known.baseline, fields, view)
    else:
        with st.container(border=True):
            st.header(f"Add {'one more network' if entries else 'two networks'} to compare", anchor=False)
            st.markdown(
                "Choose one of the examples above, add a preset, a link or a finished run, or change a network in"
                " Explore."
            )
            st.page_link(EXPLORE, label="Change a network in Explore", icon=":material/tune:")
    put_address({**write_comparison(known), **write_view(view, fields)})
    with head:
        _show_title(known, entries)
    with notes:
        for sentence in (*refused, *problems, *refused_view):
            st.warning(plain(sentence), icon=":material/link_off:")
    if slot is not None:
        measure_times(entries, slot)


def _show_title(known: Comparison, entries: Sequence[Entry]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Compare", anchor=False, width="stretch")
        show_link()
        with st.popover("Save table", icon=":material/download:", type="tertiary", disabled=not entries):
            if entries:
                _show_files(entries, known.baseline)
        with st.popover("Add a network", icon=":material/add:", type="primary", key="compare.add"):
            show_add(known)


def _show_files(entries: Sequence[Entry], baseline: int) -> None:
    titles, rows = comparison_table(entries, baseline)
    files: dict[str, tuple[str | bytes, str, str]] = {
        "CSV": (csv_file(csv_table(entries, baseline)), "csv", "text/csv"),
        "LaTeX": (latex_table(titles, rows), "tex", "application/x-tex"),
        "Markdown": (markdown_table(titles, rows), "md", "text/markdown"),
        "JSON": (json_table(entries, baseline), "json", "application/json"),
    }
    for name, (text, ending, mime) in files.items():
        st.download_button(
            name,
            text,
            file_name=f"comparison.{ending}",
            mime=mime,
            icon=":material/table:",
            key=f"compare.save_{ending}",
            on_click="ignore",
            width="stretch",
        )
    st.caption("CSV and JSON have all digits. Each chart can be downloaded as SVG or PNG above it.")


def _show_ready(known: Comparison) -> None:
    """The example comparisons, and the question of the present one, if it is one of them."""
    name = ready_comparison_of(known.specs)
    st.session_state[_READY] = name

    def take() -> None:
        if st.session_state[_READY] is not None:
            take_comparison(ready(st.session_state[_READY]))

    st.pills(
        "Examples",
        list(READY_COMPARISONS),
        format_func=lambda each: READY_COMPARISONS[each].title,
        key=_READY,
        on_change=take,
    )
    if name is not None:
        found = READY_COMPARISONS[name]
        st.markdown(f"**{plain(found.question)}**")
        with st.expander("What to look for", icon=":material/lightbulb:", key=f"compare.notice.{name}"):
            st.markdown(plain(found.notice))


def _show_table(entries: Sequence[Entry], known: Comparison) -> None:
    stands_out = headline(entries, known.baseline)
    if stands_out:
        st.header(plain(stands_out), anchor=False)
    measures = [measure for name, measure in known_measures(entries).items() if name not in LAST + ABOUT]
    measures += [MEASURES[name] for name in LAST]
    order = in_order(len(entries), known.baseline)
    pressed = number_table(
        [Column(title="Network"), *(Column(title=measure.title, help=measure.help) for measure in measures)],
        [_row(index, entries, known.baseline, measures) for index in order],
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


def _row(index: int, entries: Sequence[Entry], baseline: int, measures: Sequence[Measure]) -> NumberRow:
    one = entries[index]
    name, _, changes = one.name.partition(" with ")
    colour = ENTRY_COLOURS[theme()][index]
    make_baseline = [] if index == baseline else [Action(name="baseline", label="Make baseline")]
    known = [(MEASURES[field].of(one), MEASURES[field]) for field in ABOUT]
    about = [measure.text(value).replace(" ", NO_BREAK) for value, measure in known if value is not None]
    return NumberRow(
        name=name,
        note=" · ".join(filter(None, (changes, *about))),
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


def _show_scatter(entries: Sequence[Entry], fields: dict[str, Options], view: dict[str, str]) -> None:
    st.header("One measure against another", anchor=False)
    with st.container(horizontal=True):
        for field, label in (("y", "Vertical axis"), ("x", "Horizontal axis")):
            select(field, label, fields[field], view[field])
    measures = axis_measures(entries)
    x, y = measures[view["x"]], measures[view["y"]]
    dataset = y.dataset or x.dataset
    background: list[Entry] = []
    if dataset is not None:
        select("around", "Shown", fields["around"], view["around"], as_buttons=True)
        if view["around"] == "published":
            with st.spinner("Analysing every published network …"):
                background = published_entries(dataset)
    if has_points([*entries, *background], x, y):
        live_chart(
            scatter(entries, x, y, theme=theme(), background=background),
            alt=describe_scatter(entries, x, y),
            key="compare.scatter",
            title=f"{y.title} over {x.title}",
        )
    elif LATENCY in (x, y):
        st.info("Measure the time above to see points here.", icon=":material/timer:")
    else:
        st.info("None of these networks has both numbers.", icon=":material/scatter_plot:")
    for measure in {x.name: x, y.name: y}.values():
        without = missing(entries, measure)
        if without:
            st.caption(f"{plain(measure.title)} is not known for {plain(', '.join(without))}.")


def _show_depth(entries: Sequence[Entry], fields: dict[str, Options], view: dict[str, str]) -> None:
    st.header("From input to output", anchor=False)
    select("along", "Along the depth", fields["along"], view["along"])
    along = next(name for name in DEPTH_CURVES if name == view["along"])
    live_chart(
        depth_chart(entries, along, theme=theme()),
        alt=describe_depth(entries, along),
        key="compare.depth",
        title=f"{DEPTH_CURVES[along].title} along the depth",
    )
