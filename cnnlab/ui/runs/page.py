"""The Runs page: what did we find?"""

from contextlib import suppress

import streamlit as st

from cnnlab.runs import NotPossible, Run, Store, StoreUnavailable, UnknownRun
from cnnlab.runs.settings import Settings
from cnnlab.runs.store.housekeeping import compact, restore_run
from cnnlab.spec import Refused
from cnnlab.ui.answers.section import show_answers
from cnnlab.ui.answers.two_runs import others_of
from cnnlab.ui.answers.view import view_parameters
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.paths import TRAIN
from cnnlab.ui.runs.controls import show_refusal
from cnnlab.ui.runs.details import show_actions, show_details
from cnnlab.ui.runs.drawing import show_drawing
from cnnlab.ui.runs.live_view import draw_on_runs
from cnnlab.ui.runs.run_table import MAX_LISTED, pick_runs, show_list, with_shown
from cnnlab.ui.runs.watching import watch
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.address import put_address
from cnnlab.ui.state.run_filter import filter_parameters
from cnnlab.ui.state.shown_runs import show, shown_runs
from cnnlab.ui.state.store import say_if_read_only, visitor_store
from cnnlab.ui.visitors.teacher import ask_for_token, visitor_may_change

_NEWEST = "the newest run on arrival"


def runs() -> None:
    """Draws the page: the charts of the shown runs, the first of them in full, and the table of all runs."""
    try:
        store = visitor_store()
        settings = store.settings()
        _show_page(store, settings)
    except UnknownRun:
        st.rerun()  # it was deleted permanently while the page was drawn: drawn again, the page says so
    except (StoreUnavailable, NotPossible, Refused) as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_page(store: Store, settings: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Runs", anchor=False, width="stretch")
        show_link()
        is_teacher = ask_for_token(settings)
    listed = store.runs(limit=MAX_LISTED)
    shown, unknown = shown_runs(store)
    if not shown and listed and not unknown:
        shown = (_newest(store, listed),)  # so that the page is not empty
    for sentence in unknown:
        st.warning(plain(sentence), icon=":material/link_off:")
    of_shown = {"run": list(shown)} if shown else {}
    put_address({**of_shown, **(view_parameters(shown[0]) if shown else {}), **filter_parameters()})
    say_if_read_only(store)
    show_refusal()
    if not listed and not shown:
        _show_nothing()
    all_runs = with_shown(store, listed, shown)
    if all_runs:
        show_list(store, all_runs, show)
        pick_runs(all_runs, shown, show)
    if shown:
        first = store.run(shown[0])
        show_actions(store, first, shown, show)
        with st.container(border=True):
            watch(store, shown, draw_on_runs)
        show_answers(store, first, others_of(first, all_runs, shown))
        show_drawing(store, shown)
        show_details(store, first, shown)
    if is_teacher:
        _show_all_controls(store, listed)
    _show_deleted(store, settings)


def _newest(store: Store, listed: list[Run]) -> str:
    """The run that was the newest when the visitor arrived: what they do next concerns it, whoever submits another."""
    try:
        run_id = store.run(st.session_state.setdefault(_NEWEST, listed[0].id)).id
    except UnknownRun:
        run_id = st.session_state[_NEWEST] = listed[0].id  # the other one has been deleted permanently
    return run_id


def _show_nothing() -> None:
    st.header("No run yet", anchor=False)
    st.markdown(
        "Runs from the Train page and the command line are listed here, to compare and to continue. The first one takes"
        " a few seconds."
    )
    if st.button("Train a network", type="primary", icon=":material/play_arrow:", key="runs.begin"):
        st.switch_page(TRAIN)


def _show_all_controls(store: Store, listed: list[Run]) -> None:
    active = [run for run in listed if run.active]
    training = sum(run.state == "running" for run in active)
    st.header(f"Active runs: {training} training, {len(active) - training} queued", anchor=False)
    with st.container(horizontal=True, gap="small"):
        paused = [run for run in listed if run.state == "paused"]
        for name, icon, concerned, act in (
            ("pause", "pause", active, store.request_pause),
            ("stop", "stop", active, store.request_stop),
            ("resume", "play_arrow", paused, store.resume),
        ):
            label = f"{name.capitalize()} all"
            if st.button(label, icon=f":material/{icon}:", key=f"runs.{name}_all", disabled=not concerned):
                for run in concerned:
                    with suppress(NotPossible):  # it was resumed in the meantime
                        act(run.id)
                st.rerun()


def _show_deleted(store: Store, settings: Settings) -> None:
    deleted = [run for run in store.runs(limit=MAX_LISTED, deleted=True) if visitor_may_change(run, settings)]
    if not deleted:
        return
    with st.expander(f"Deleted: {len(deleted)}", icon=":material/delete:"):
        for run in deleted:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(verbatim(run.name) or "–", width="content")
                if st.button("Restore", icon=":material/undo:", key=f"runs.undo.{run.id}", type="tertiary"):
                    restore_run(store, run.id)
                    st.rerun()
        if st.button("Delete permanently", icon=":material/delete_forever:", key="runs.compact"):
            compact(store)
            st.rerun()
