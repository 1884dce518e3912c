"""Problems with a button for each remedy that their sentence proposes."""

from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st

from cnnlab.spec import Problem, Remedy, with_titles
from cnnlab.ui.markdown import plain


def label_of(problem: Problem, remedy: Remedy) -> str:
    """What the button of a remedy says: "Set Groups to 2"."""
    what = with_titles(remedy.what, problem.settings)
    return f"{what[0].upper()}{what[1:]}"


def show_problems(problems: Iterable[Problem], *, key: str, fix: Callable[[Remedy], None]) -> None:
    """The problems that stand above a page's results; `key` makes the buttons' keys unique."""
    for number, problem in enumerate(problems):
        st.error(plain(problem.titled), icon=":material/error:")
        _show_remedies(problem, key=f"{key}.{number}", fix=fix)


def show_problem(problem: Problem, *, key: str, fix: Callable[[Remedy], None]) -> None:
    """A problem below its knob."""
    st.markdown(f":red[:material/error: {plain(problem.titled)}]")
    _show_remedies(problem, key=key, fix=fix)


def _show_remedies(problem: Problem, *, key: str, fix: Callable[[Remedy], None]) -> None:
    if not problem.remedies:
        return
    with st.container(horizontal=True, gap="small"):
        for number, remedy in enumerate(problem.remedies):
            st.button(
                plain(label_of(problem, remedy)),
                icon=":material/build:",
                key=f"{key}.fix.{number}",
                on_click=partial(fix, remedy),
            )
