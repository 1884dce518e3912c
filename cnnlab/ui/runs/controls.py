"""The buttons that control a run: pause, resume, stop, start next, delete; and the form that forks it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from cnnlab.runs import NotPossible, Run, Store, StoreUnavailable, UnknownRun, ensure_scheduler
from cnnlab.runs.permissions import may_change_all
from cnnlab.runs.store.files import kept_epochs
from cnnlab.runs.store.housekeeping import delete_run, restore_run
from cnnlab.runs.submit import fork
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.teacher import visitor_may_change
from cnnlab.ui.visitors.visitor import visitor

_REFUSED = "why the last button was refused"


def show_controls(store: Store, run: Run, key: str) -> None:
    """The buttons for the run; those that do nothing in its state are disabled, and others see none."""
    settings = store.settings()
    if not visitor_may_change(run, settings):
        return
    act = partial(_button, key)
    can_act = run.active and not run.request
    with st.container(horizontal=True, gap="small", width="content"):
        if run.state == "queued" and may_change_all(settings, store.requester):
            act("first", "Start next", ":material/vertical_align_top:", partial(store.go_first, run.id))
        if run.resumable and run.deleted_at is None:
            act("resume", "Resume", ":material/play_arrow:", partial(_resume, store, run.id))
        else:
            pause = "Pausing" if run.request == "pause" else "Pause"
            act("pause", pause, ":material/pause:", partial(store.request_pause, run.id), disabled=not can_act)
        stop = "Stopping" if run.request == "stop" else "Stop"
        act("stop", stop, ":material/stop:", partial(store.request_stop, run.id), disabled=not can_act)


def show_refusal() -> None:
    """Why the button that was pressed last had no effect."""
    sentence = st.session_state.pop(_REFUSED, "")
    if sentence:
        st.error(plain(sentence), icon=":material/block:")


def show_delete(store: Store, run: Run) -> None:
    """A button that deletes the run, or restores it."""
    if not visitor_may_change(run, store.settings()):
        return
    if run.deleted_at is None:
        _button("runs", "delete", "Delete", ":material/delete:", partial(delete_run, store, run.id))
    else:
        _button("runs", "undo", "Restore", ":material/undo:", partial(restore_run, store, run.id))


def show_fork(store: Store, run: Run, show: Callable[[tuple[str, ...]], None]) -> None:
    """A form for a run that continues from an epoch of this one; both are shown when it is submitted."""
    epochs = kept_epochs(store.folder, run.id)
    if not epochs:
        return
    with st.popover("Fork", icon=":material/call_split:"), st.form("runs.fork", border=False):
        st.markdown("Start a new run from the end of an epoch, with a changed recipe.")
        epoch = st.selectbox("From the end of epoch", epochs[::-1], key=f"runs.fork.epoch.{run.id}")
        changes = _pick_changes(run, max(run.recipe.epochs, epochs[-1] + 1))
        if st.form_submit_button("Fork", type="primary", key="runs.fork.start"):
            _attempt(partial(_fork, store, run, show, epoch=epoch, **changes))
            st.rerun()


def _pick_changes(run: Run, epochs: int) -> dict[str, Any]:
    """The fields of the recipe that the form changes, as they will be in the fork."""
    settings, parent = Recipe.settings(), run.recipe
    rate, total, schedule, patience = (settings[name] for name in ("learning_rate", "epochs", "schedule", "patience"))
    assert rate.minimum is not None
    assert rate.maximum is not None
    assert total.maximum is not None
    most_epochs = int(total.maximum)
    return {
        "learning_rate": st.number_input(
            rate.title,
            value=max(parent.learning_rate / 10, float(rate.minimum)),
            min_value=float(rate.minimum),
            max_value=float(rate.maximum),
            format="%g",
            key=f"runs.fork.rate.{run.id}",
            help=f"The parent's is {parent.learning_rate:g}. With a schedule it is the highest rate.",
        ),
        "epochs": st.number_input(
            "Total epochs",
            value=min(epochs, most_epochs),
            min_value=2,
            max_value=most_epochs,
            key=f"runs.fork.epochs.{run.id}",
            help="Including the parent's epochs before the fork.",
        ),
        "schedule": st.selectbox(
            schedule.title,
            schedule.choices,
            index=schedule.choices.index(parent.schedule),
            format_func=schedule.written,
            key=f"runs.fork.schedule.{run.id}",
            help="It spans the total epochs: the fork continues it after the share of them that the parent has done.",
        ),
        "patience": st.number_input(
            patience.title,
            value=parent.patience,
            min_value=0,
            max_value=None if patience.maximum is None else int(patience.maximum),
            key=f"runs.fork.patience.{run.id}",
            help="Epochs of the fork without a better accuracy than in its own best one after which it stops. 0: no"
            " early stopping.",
        ),
    }


def _fork(store: Store, run: Run, show: Callable[[tuple[str, ...]], None], **values: Any) -> None:
    branch = fork(store, run.id, owner=visitor(), **values)
    ensure_scheduler(store.folder)
    show((branch.id, run.id))


def _resume(store: Store, run_id: str) -> None:
    store.resume(run_id)
    ensure_scheduler(store.folder)


def _button(key: str, name: str, label: str, icon: str, action: Callable[[], None], *, disabled: bool = False) -> None:
    st.button(label, icon=icon, key=f"{key}.{name}", disabled=disabled, on_click=partial(_attempt, action))


def _attempt(action: Callable[[], None]) -> None:
    try:
        action()
    except (NotPossible, Refused, StoreUnavailable, UnknownRun) as problem:
        st.session_state[_REFUSED] = problem.titled if isinstance(problem, Refused) else str(problem)
