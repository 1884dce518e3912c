"""The fields above the list of runs that say which of them it shows."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

import streamlit as st

from cnnlab.data import title_of
from cnnlab.runs import Run, RunState
from cnnlab.runs.filtering import RunFilter
from cnnlab.runs.run import MAX_NAME_LENGTH
from cnnlab.ui.markdown import verbatim
from cnnlab.ui.state.run_filter import change_filter, clear_filter, run_filter
from cnnlab.ui.visitors.visitor import visitor

_KEY = "runs.filter"


def filter_runs(runs: Sequence[Run]) -> list[Run]:
    """The fields of the filter; those of the `runs` that it finds."""
    chosen = run_filter()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=_KEY):
        st.text_input(
            "Name contains",
            key=_bound("name", chosen.name),
            placeholder="Any name",
            icon=":material/search:",
            max_chars=MAX_NAME_LENGTH,
            on_change=partial(_change, "name"),
        )
        tags = dict.fromkeys((*chosen.tags, *sorted({tag for run in runs for tag in run.tags})))
        _pick("tags", "Tags", {tag: verbatim(tag) for tag in tags}, "All" if tags else "None given yet")
        present = {run.recipe.dataset for run in runs}
        datasets = dict.fromkeys((*chosen.datasets, *sorted(present, key=title_of)))
        titles = [title_of(name) for name in datasets]
        unique = {
            name: title if titles.count(title) == 1 else name for name, title in zip(datasets, titles, strict=True)
        }
        _pick("datasets", "Data set", unique)
        states = {run.state for run in runs}
        known = dict.fromkeys((*chosen.states, *(state for state in get_args(RunState) if state in states)))
        _pick("states", "State", {state: state for state in known})
        if chosen.only_own or any(run.owner != visitor() for run in runs):
            key = _bound("only_own", chosen.only_own)
            st.toggle("Only mine", key=key, on_change=partial(_change, "only_own"), width="content")
    found = chosen.found(runs, visitor())
    if chosen != RunFilter():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"{len(found)} of {len(runs)} runs" if found else "No run matches.", width="content")
            st.button("Show all runs", icon=":material/filter_alt_off:", key=f"{_KEY}.clear", on_click=clear_filter)
    return found


def _pick(field: str, label: str, options: dict[str, str], placeholder: str = "All") -> None:
    """A field for some of the options, each with the text that shows it."""
    st.multiselect(
        label,
        list(options),
        format_func=options.__getitem__,
        key=_bound(field, list(getattr(run_filter(), field))),
        placeholder=placeholder,
        help="A run is given tags under “Name, note, tags” on the Runs page." if field == "tags" else None,
        on_change=partial(_change, field),
    )


def _bound(field: str, value: object) -> str:
    """The key of the field's widget, which shows `value`."""
    key = f"{_KEY}.{field}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _change(field: str) -> None:
    value = st.session_state[f"{_KEY}.{field}"]
    change_filter(**{field: tuple(value) if isinstance(value, list) else value})
