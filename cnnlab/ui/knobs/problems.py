"""Problems with a button for each remedy that their sentence proposes."""

from collections.abc import Callable, Iterable, Sequence
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
        show_remedies(problem, key=f"{key}.{number}", fix=fix)


def show_refused(problems: Iterable[Problem], *, key: str, fix: Callable[[Problem, Remedy], None]) -> None:
    """Problems of a link, or of what was pasted, each with the buttons that take what was meant."""
    for number, problem in enumerate(problems):
        st.warning(plain(problem.titled), icon=":material/link_off:")
        show_remedies(problem, key=f"{key}.{number}", fix=partial(fix, problem))


def show_refused_link(refused: Sequence[tuple[Problem, Callable[[Remedy], None]]], *, key: str) -> None:
    """All that a page did not take from its link, in one box, and below it the buttons that take what was meant.

    Each problem comes with what follows its remedies.
    """
    if not refused:
        return
    sentences = "".join(f"\n- {plain(problem.titled)}" for problem, _ in refused)
    st.warning(f"Parts of the link were ignored; the rest is used.{sentences}", icon=":material/link_off:")
    _show_buttons(refused, key=key)


def show_problem(problem: Problem, *, key: str, fix: Callable[[Remedy], None]) -> None:
    """A problem below its knob."""
    st.markdown(f":red[:material/error: {plain(problem.titled)}]")
    show_remedies(problem, key=key, fix=fix)


def show_remedies(problem: Problem, *, key: str, fix: Callable[[Remedy], None]) -> None:
    """The buttons of a problem whose sentence stands above."""
    _show_buttons([(problem, fix)], key=key)


def _show_buttons(problems: Iterable[tuple[Problem, Callable[[Remedy], None]]], *, key: str) -> None:
    """A row with a button for each remedy of the problems, each with what follows it."""
    proposed = [(problem, remedy, fix) for problem, fix in problems for remedy in problem.remedies]
    if not proposed:
        return
    with st.container(horizontal=True, gap="small"):
        for number, (problem, remedy, fix) in enumerate(proposed):
            st.button(
                plain(label_of(problem, remedy)),
                icon=":material/build:",
                key=f"{key}.fix.{number}",
                on_click=partial(fix, remedy),
            )
