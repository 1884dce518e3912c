"""One run in full: its tags and note, its metrics to download, and how it was made."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from cnnlab.runs import NotPossible, Run, Store, StoreUnavailable, UnknownRun
from cnnlab.runs.exporting import COLUMNS, MISSING, epoch_rows, is_installed
from cnnlab.runs.run import MAX_NAME_LENGTH, MAX_NOTE_LENGTH, MAX_TAGS, fitting_name
from cnnlab.runs.store.housekeeping import annotate, rename, tag
from cnnlab.spec import Refused
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.runs.controls import show_delete, show_fork
from cnnlab.ui.runs.results import show_results
from cnnlab.ui.serving.downloads import events_link, metrics_link, offer
from cnnlab.ui.visitors.teacher import visitor_may_change


def show_actions(store: Store, run: Run, shown: tuple[str, ...], show: Callable[[tuple[str, ...]], None]) -> None:
    """What can be done with `run`, the metrics of all that are `shown` to download, and the tags and note of `run`."""
    with st.container(horizontal=True, gap="small", key="runs.actions"):
        show_fork(store, run, show)
        if visitor_may_change(run, store.settings()):
            _edit(store, run)
        show_delete(store, run)
        runs = [store.run(run_id) for run_id in shown]
        offer("Metrics as CSV", metrics_link(runs), key="runs.csv")
        _offer_events(runs)
    if run.tags:
        with st.container(horizontal=True, gap="small"):
            for text in run.tags:
                st.badge(verbatim(text), color="blue")
    if run.note:
        st.text(run.note)


def show_details(store: Store, run: Run, shown: tuple[str, ...]) -> None:
    """The metrics of the runs that are `shown`, epoch by epoch, and the results of `run`."""
    rows = list(epoch_rows(store, [store.run(run_id) for run_id in shown]))
    if rows:
        with st.expander("Metrics of each epoch", icon=":material/table:"):
            st.dataframe(
                pd.DataFrame(rows, columns=list(COLUMNS)),
                hide_index=True,
                key="runs.numbers",
                column_config={name: st.column_config.NumberColumn(format="%.4f") for name in COLUMNS if "_" in name},
            )
    show_results(store, run, "runs")


def _offer_events(runs: list[Run]) -> None:
    offer(
        "TensorBoard",
        events_link(runs),
        key="runs.events",
        disabled=not is_installed(),
        help="Event files of the runs in the charts: unpack them and run `tensorboard --logdir FOLDER`."
        if is_installed()
        else MISSING,
    )


def _edit(store: Store, run: Run) -> None:
    # The key changes with the values, so that the popover closes once they are saved.
    key = f"runs.edit {run.id} {hash((run.name, run.note, run.tags))}"
    with st.popover("Name, note, tags", icon=":material/edit_note:", key=key), st.form("runs.edit", border=False):
        # A name of an earlier version may be longer than one can be now; it stays unless another one is typed.
        shown = fitting_name(run.name)
        name = st.text_input("Name", shown, max_chars=MAX_NAME_LENGTH, key=f"runs.name.{run.id}")
        note = st.text_area("Note", run.note, max_chars=MAX_NOTE_LENGTH, key=f"runs.note.{run.id}")
        tags = st.multiselect(
            "Tags",
            run.tags,
            default=run.tags,
            accept_new_options=True,
            max_selections=MAX_TAGS,
            key=f"runs.tags.{run.id}",
        )
        if st.form_submit_button("Save", type="primary", key="runs.keep"):
            try:
                if name != shown:
                    rename(store, run.id, name)
                annotate(store, run.id, note)
                tag(store, run.id, tags)
            except (Refused, NotPossible, StoreUnavailable, UnknownRun) as problem:
                st.error(plain(str(problem)))
            else:
                st.rerun()
