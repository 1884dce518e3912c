"""The table of all runs, and which of them are in the charts."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from cnnlab.architectures import FAMILIES
from cnnlab.data import title_of
from cnnlab.figures.training.learning_curves import MAX_SERIES
from cnnlab.runs import Run, Store
from cnnlab.ui.runs.filters import filter_runs
from cnnlab.ui.runs.status import accuracy_text, total_seconds
from cnnlab.ui.state.shown_runs import MAX_SHOWN
from cnnlab.words.numbers import duration
from cnnlab.words.sentence import Sentence

_SHOWN, _OPEN = "train.shown", "train.open"
_LABELS = "labels of the runs in the charts"

_COLUMNS = {
    "name": ("Name", 300),
    "state": ("State", 140),
    "test_accuracy": ("Test accuracy", 110),
    "dataset": ("Data set", 130),
    "family": ("Family", 70),
    "took": ("Took", 65),
}
"""Titles and widths in pixels; on a phone one sees the first ones."""

ROW_HEIGHT = 38
"""In pixels: enough for a thumb."""

MAX_LISTED = 500
MAX_ROWS = 6
"""Rows that are seen at once; the others are scrolled to, so that what follows the list is near."""


def with_shown(store: Store, runs: list[Run], shown: tuple[str, ...]) -> list[Run]:
    """The listed `runs`, and those that are `shown` and not among them."""
    known = {run.id for run in runs}
    return runs + [store.run(run_id) for run_id in shown if run_id not in known]


def show_list(store: Store, runs: list[Run], show: Callable[[tuple[str, ...]], None]) -> None:
    """The table of `runs`, and what each does now; `show` is called with the one that is opened."""
    st.header("All runs", anchor=False)
    runs = filter_runs(runs)
    if not runs:
        return
    places = {run_id: place for place, run_id in enumerate(store.queue(), start=1)}
    table = pd.DataFrame(
        [_row(run, places.get(run.id)) for run in runs], columns=["open", *_COLUMNS, "created_at", "tags"]
    )
    st.dataframe(
        table if any(run.tags for run in runs) else table.drop(columns="tags"),
        height=ROW_HEIGHT * (1 + min(len(runs), MAX_ROWS)) + 2,
        row_height=ROW_HEIGHT,
        hide_index=True,
        key="train.runs",
        column_config={
            "open": st.column_config.ButtonColumn(
                "Open", type="tertiary", key=_OPEN, on_click=partial(_open, [run.id for run in runs], show), width=60
            ),
            **{name: st.column_config.TextColumn(title, width=width) for name, (title, width) in _COLUMNS.items()},
            "created_at": st.column_config.DatetimeColumn("Submitted", format="distance"),
            "tags": st.column_config.TextColumn("Tags"),
        },
    )


def pick_runs(runs: list[Run], shown: tuple[str, ...], show: Callable[[tuple[str, ...]], None]) -> None:
    """Which of `runs` are `shown` in the charts, the first one in full; `show` is called when that changes."""
    labels = {run.id: f"{run.name} · {run.id[:4]}" for run in runs}
    # The browser answers with labels: when one has changed, it has to hear of it, or it would take the run away.
    drawn = [labels[run_id] for run_id in shown]
    if st.session_state.get(_SHOWN) != list(shown) or st.session_state.get(_LABELS, drawn) != drawn:
        st.session_state[_SHOWN] = list(shown)
    st.session_state[_LABELS] = drawn
    st.multiselect(
        "In the charts",
        list(labels),
        format_func=labels.__getitem__,
        key=_SHOWN,
        max_selections=MAX_SHOWN,
        placeholder="Choose one run, or several to compare",
        on_change=lambda: show(tuple(st.session_state[_SHOWN])),
        help=f"The charts show up to {MAX_SERIES} lines; runs that differ only in their seeds are one line. The numbers"
        " are those of the first run.",
    )


def _doing(run: Run, place: int | None) -> Sentence:
    """What a run does now; `place` is its place in the queue."""
    if run.state == "queued" and place is not None:
        return Sentence("queued, place {place}", place=place)
    if run.state != "running":
        return Sentence.verbatim(run.state)
    template = {"stop": "stopping", "pause": "pausing"}.get(run.request, "running, {epoch} of {epochs} epochs")
    return Sentence(template, epoch=run.epoch, epochs=run.recipe.epochs)


def _row(run: Run, place: int | None) -> tuple[object, ...]:
    seconds = total_seconds(run)
    return (
        "Open",
        run.name,
        str(_doing(run, place)),
        accuracy_text(run.test_accuracy),
        title_of(run.recipe.dataset),
        FAMILIES[run.family].title,
        "–" if seconds is None else duration(seconds),
        run.created_at,
        ", ".join(run.tags),
    )


def _open(run_ids: list[str], show: Callable[[tuple[str, ...]], None]) -> None:
    show((run_ids[st.session_state[_OPEN].row],))
