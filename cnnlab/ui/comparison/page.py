"""The Compare page: what does each one cost?"""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.analysis.entries import Entry
from cnnlab.export.tables import csv_table, json_table, latex_table, markdown_table
from cnnlab.figures.comparison.words import comparison_table
from cnnlab.ui.comparison.add import show_add
from cnnlab.ui.comparison.duel import show_duel
from cnnlab.ui.comparison.figures import show_figures
from cnnlab.ui.comparison.lesson import lesson_parameters, lesson_problems, show_lesson
from cnnlab.ui.comparison.parts import show_parts
from cnnlab.ui.comparison.runs import entries_of
from cnnlab.ui.comparison.table import show_table
from cnnlab.ui.comparison.time import measure_times, show_measure
from cnnlab.ui.knobs.problems import show_refused
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import EXPLORE
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.address import put_address
from cnnlab.ui.state.comparison import comparison, follow
from cnnlab.ui.state.comparison_link import Comparison, write_comparison
from cnnlab.ui.state.comparison_view import Options, options_of, take_view, write_view
from cnnlab.words.spreadsheet import csv_file


def compare() -> None:
    """Draws the page: the networks and their numbers first, then the figures, then two of them part by part.

    The numbers of an example are not sent to the browser before somebody has guessed.
    """
    known, refused = comparison()
    entries, problems = entries_of(known.networks)
    fields = options_of(entries, known.baseline)
    view, refused_view = take_view(fields)
    # Each part has a container of its own, so that nothing below is redrawn when a sentence appears or disappears.
    head, notes, lessons, numbers = (st.container() for _ in range(4))
    slot = None
    with lessons:
        is_open = show_lesson(entries, known)
    if is_open:
        with numbers:
            slot = _show_numbers(entries, known)
        _show_figures(entries, known, fields, view)
    put_address({**write_comparison(known), **write_view(view, fields), **lesson_parameters(known)})
    with head:
        _show_title(known, entries if is_open else ())
    with notes:
        show_refused(refused, key="compare.refused", fix=follow)
        for sentence in (*problems, *refused_view, *lesson_problems(known)):
            st.warning(plain(sentence), icon=":material/link_off:")
    if slot is not None:
        measure_times(entries, slot)


def _show_numbers(entries: Sequence[Entry], known: Comparison) -> DeltaGenerator | None:
    """The table; and the place for the progress of a measurement, if one was asked for."""
    if not entries:
        return None
    show_table(entries, known)
    return show_measure()


def _show_figures(
    entries: Sequence[Entry], known: Comparison, fields: dict[str, Options], view: dict[str, str]
) -> None:
    """The charts, then two of the networks part by part; or what is missing."""
    if entries:
        show_figures(entries, known.baseline, fields, view)
    if len(entries) > 1:
        with st.container(border=True):
            show_parts(entries, known.baseline, fields, view)
        return
    with st.container(border=True):
        st.header(f"Add {'one more network' if entries else 'two networks'} to compare", anchor=False)
        st.markdown(
            "Choose one of the examples above, add a preset, a link or a finished run, or change a network in Explore."
        )
        st.page_link(EXPLORE, label="Change a network in Explore", icon=":material/tune:")


def _show_title(known: Comparison, entries: Sequence[Entry]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Compare", anchor=False, width="stretch")
        show_link()
        show_duel(entries, known.baseline)
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
