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
    st.fragment(_show)(subject)


def _show(subject: Subject) -> None:
    wanted = pick_step(subject)
    _show_batch(subject, wanted)
    report = report_of(subject, wanted)
    if report is not None:
        _show_states(subject, wanted, report)


def _show_batch(subject: Subject, wanted: Wanted) -> None:
    images = subject.data.train_images[: wanted.batch_size]
    every = max(1, images.shape[-1] // PICTURE_SIDE)
    st.image(grid(images[..., ::every, ::every].numpy(), wanted.batch_size))
    classes = [subject.class_name(label) for label in subject.data.train_labels[: wanted.batch_size].tolist()]
    st.caption(
        verbatim(Sentence("Training images, from left to right of the classes {classes}.", classes=", ".join(classes)))
    )


def _show_states(subject: Subject, wanted: Wanted, report: StepReport) -> None:
    names = {state.number: f"{state.number} {state.name}" for state in report.states}
    number = st.session_state.setdefault(_STATE, 1)
    last = len(names)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inside.step.states"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            shortcut="P",
            disabled=number == 1,
            key="inside.step.previous",
            on_click=_go_to,
            args=(number - 1,),
        )
        st.segmented_control(
            "State of the step",
            list(names),
            format_func=names.__getitem__,
            required=True,
            key=_STATE,
            label_visibility="collapsed",
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            shortcut="N",
            type="primary",
            disabled=number == last,
            key="inside.step.next",
            on_click=_go_to,
            args=(number + 1,),
        )
    state = report.states[number - 1]
    with st.container(border=True):
        st.header(f"{state.number} · `{state.name}`", anchor=False)
        st.code("\n".join(state.code), language="python")
        st.markdown(plain(state.sentence))
        DETAILS[state.name](subject, wanted, report)


def _go_to(number: int) -> None:
    st.session_state[_STATE] = number
