"""One step of training, in seven states: the view of the Inside page."""

import streamlit as st

from cnnlab.figures.pictures import grid
from cnnlab.insight.one_step.report import StepReport
from cnnlab.ui.inside.one_step.computed import report_of
from cnnlab.ui.inside.one_step.controls import Wanted, pick_step
from cnnlab.ui.inside.one_step.states import DETAILS
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.words.sentence import Sentence

PICTURE_SIDE = 64
"""Of an image of the batch, in pixels, at most twice as large."""

_STATE = "inside.step.state"


def show_one_step(subject: Subject) -> None:
    """The controls, the batch, and the states one by one."""
    wanted = pick_step(subject)
    _show_batch(subject, wanted)
    report = report_of(subject, wanted)
    if report is not None:
        st.fragment(_show_states)(subject, wanted, report)


def _show_batch(subject: Subject, wanted: Wanted) -> None:
    index = wanted.index(subject)
    images = subject.data.train_images[index]
    every = max(1, images.shape[-1] // PICTURE_SIDE)
    st.image(grid(images[..., ::every, ::every].numpy(), wanted.batch_size))
    classes = [subject.class_name(label) for label in subject.data.train_labels[index].tolist()]
    st.caption(
        verbatim(Sentence("Training images, from left to right of the classes {classes}.", classes=", ".join(classes)))
    )


def _show_states(subject: Subject, wanted: Wanted, report: StepReport) -> None:
    names = {state.number: f"{state.number} {state.name}" for state in report.states}
    number = st.session_state.setdefault(_STATE, 1)
    st.segmented_control(
        "State of the step",
        list(names),
        format_func=names.__getitem__,
        required=True,
        key=_STATE,
        label_visibility="collapsed",
    )
    state = report.states[number - 1]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(f"{state.number} · `{state.name}`", anchor=False, width="stretch")
            # In a row of their own on a phone, beside each other.
            with st.container(horizontal=True, gap="small", width="content"):
                _turn("Previous", number - 1, is_possible=number > 1, shortcut="P", icon="chevron_left")
                _turn("Next", number + 1, is_possible=number < len(names), shortcut="N", icon="chevron_right")
        st.code("\n".join(state.code), language="python")
        st.markdown(plain(state.sentence))
        DETAILS[state.name](subject, wanted, report)


def _turn(label: str, number: int, *, is_possible: bool, shortcut: str, icon: str) -> None:
    """A button, and a key, that leads to the state with this number."""
    st.button(
        label,
        icon=f":material/{icon}:",
        shortcut=shortcut,
        disabled=not is_possible,
        key=f"inside.step.{label.lower()}",
        on_click=_go_to,
        args=(number,),
    )


def _go_to(number: int) -> None:
    st.session_state[_STATE] = number
