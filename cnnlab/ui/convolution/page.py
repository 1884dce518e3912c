"""The Convolution page: what does one layer do?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from cnnlab.spec import Problem, Refused, Remedy
from cnnlab.ui.convolution.cost import show_cost
from cnnlab.ui.convolution.factorisations import show_factors
from cnnlab.ui.convolution.learning import show_learning
from cnnlab.ui.convolution.link import PAGE_PARTS, read_part, usual_values, write_part
from cnnlab.ui.convolution.steps import show_steps, take_place
from cnnlab.ui.knobs.panel import show_knobs
from cnnlab.ui.knobs.problems import show_problems, show_refused_link
from cnnlab.ui.knobs.row import Values, fix_value
from cnnlab.ui.markdown import plain
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.address import last_parameters, put_address, state_of_address

_STATE, _PART = "convolution page", "convolution.part"


@dataclass(frozen=True, slots=True)
class _View:
    """A part of the page: its name, a sentence on what it shows, and how it is drawn."""

    name: str
    icon: str
    question: str
    show: Callable[[Any, Values], None]


_VIEWS = {
    "steps": _View(
        "Step through",
        ":material/grid_on:",
        "A kernel slides over an image. At each position it multiplies, adds up, and writes one number.",
        show_steps,
    ),
    "cost": _View(
        "Cost",
        ":material/calculate:",
        "The same layer as a standard, a grouped and a depthwise-separable convolution.",
        show_cost,
    ),
    "factors": _View(
        "Factorise",
        ":material/call_split:",
        "Several small kernels have the receptive field of a large one, at a lower cost.",
        show_factors,
    ),
    "learn": _View(
        "Learn a kernel",
        ":material/trending_down:",
        "Gradient descent learns the kernel from an image and the target output.",
        show_learning,
    ),
}

assert _VIEWS.keys() == PAGE_PARTS.keys()


def convolution() -> None:
    """Draws the page: the knobs of one part on the left, its results on the right."""
    state = _state()
    part, values = state["part"], state["values"].setdefault(state["part"], usual_values(state["part"]))
    view, kind = _VIEWS[part], PAGE_PARTS[part]
    spec, problems = kind.check(values)
    with st.sidebar:
        st.button(
            "Reset all knobs",
            icon=":material/undo:",
            disabled=values == usual_values(part),
            on_click=lambda: values.update(usual_values(part)),
            width="stretch",
        )
        # The pair is chosen on the page itself.
        show_knobs(
            {name: setting for name, setting in kind.settings().items() if name != "pair"},
            values,
            reference=usual_values(part),
            problems=problems,
            key=f"convolution knob.{part}",
            is_live=True,
        )
    _show_head(part)
    put_address(write_part(part, values))
    # In a container of its own, so that nothing below is redrawn when a sentence appears or disappears.
    with st.container():
        show_refused_link([(one, partial(_follow_link, one)) for one in state["refused"]], key="convolution.link")
        show_problems(problems, key="convolution", fix=partial(fix_value, values, panel=f"convolution knob.{part}"))
    if spec is not None:
        try:
            view.show(spec, values)
        except Refused as refused:  # the image cannot be read
            st.error(plain(refused.titled), icon=":material/error:")
    else:
        st.info(
            "The image and the numbers are shown again as soon as the values of these knobs are consistent.",
            icon=":material/tune:",
        )


def _state() -> dict[str, Any]:
    """The part shown and the values of each part, as the address has them."""
    return state_of_address(_STATE, _read)


def _read() -> dict[str, Any]:
    given = last_parameters()
    take_place(given)
    return _read_part(given)


def _read_part(given: Mapping[str, str]) -> dict[str, Any]:
    part, values, refused = read_part(given)
    # After Back or Forward, the other parts keep their values.
    others = st.session_state.get(_STATE, {}).get("values", {})
    return {"part": part, "values": {**others, part: values}, "refused": refused, "given": given}


def _show_head(part: str) -> None:
    if st.session_state.get(_PART) != part:
        st.session_state[_PART] = part
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Convolution", anchor=False, width="stretch")
        show_link()
    st.segmented_control(
        "Part",
        list(_VIEWS),
        format_func=lambda name: f"{_VIEWS[name].icon} {_VIEWS[name].name}",
        required=True,
        key=_PART,
        label_visibility="collapsed",
        on_change=_choose_part,
    )
    st.markdown(_VIEWS[part].question)


def _choose_part() -> None:
    st.session_state[_STATE].update(part=st.session_state[_PART], refused=())


def _follow_link(problem: Problem, remedy: Remedy) -> None:
    """Takes what a remedy proposes for a part of the link."""
    state = st.session_state[_STATE]
    part, values = state["part"], state["values"][state["part"]]
    if remedy.field == "part":
        state.update(_read_part({**state["given"], "part": str(remedy.value)}))
    else:
        fix_value(values, remedy, panel=f"convolution knob.{part}")
        state["refused"] = tuple(other for other in state["refused"] if other != problem)
