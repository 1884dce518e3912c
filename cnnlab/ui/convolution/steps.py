"""Step through a convolution: the kernel, its products and their sum, position by position."""

from collections.abc import Mapping

import streamlit as st

from cnnlab.insight.one_layer.kernels import read_kernel, write_kernel
from cnnlab.insight.one_layer.window import POOLINGS, Sliding, Stage, stages
from cnnlab.ui.components.step_through.step_through import Place, step_through
from cnnlab.ui.convolution.link import PLACE, read_place
from cnnlab.ui.knobs.row import Values
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import exact

_NAMED, _NAMED_FOR = "place of the window in the address", "window of the address"


def take_place(parameters: Mapping[str, str]) -> None:
    """Stores the position of the kernel that an address names, for the values of the same address."""
    st.session_state[_NAMED] = {name: parameters[name] for name in PLACE if name in parameters}
    st.session_state.pop(_NAMED_FOR, None)


def show_steps(sliding: Sliding, values: Values) -> None:
    """The image and the output of the kernel; weights typed into the boxes are stored in `values`."""
    steps = stages(sliding)
    start = _start(sliding, steps)
    with st.container(border=True, key="convolution.window"):
        typed = step_through(
            steps,
            [] if sliding.operation in POOLINGS else sliding.filters().tolist(),
            is_flipped=sliding.operation == "convolution",
            start=start,
            theme=theme(),
            key="convolution.steps",
        )
    if typed is not None:
        values.update(kernel="typed", weights=write_kernel(read_kernel(typed)))
        st.rerun()
    _show_count(sliding, steps)
    _show_notes(sliding)


def _start(sliding: Sliding, steps: tuple[Stage, ...]) -> Place | None:
    """The first position of the kernel according to the address; another image or kernel has none."""
    if st.session_state.setdefault(_NAMED_FOR, sliding) != sliding:
        st.session_state[_NAMED] = {}
    place, problems = read_place(st.session_state.get(_NAMED, {}), steps)
    # In a container of its own, so that nothing below is redrawn when a sentence appears or disappears.
    with st.container():
        for problem in problems:
            st.warning(plain(problem.titled), icon=":material/link_off:")
    return place


def _show_count(sliding: Sliding, steps: tuple[Stage, ...]) -> None:
    """The number of multiplications, and that of a standard convolution."""
    total = sum(step.multiplications for step in steps)
    if sliding.operation in POOLINGS:
        st.markdown("A pooling has no weights: nothing is learned, and each channel is processed separately.")
        return
    places = f"{len(steps[0].outputs[0].values)}×{len(steps[0].outputs[0].values[0])} positions"
    if sliding.operation != "depthwise_separable":
        height, width = steps[0].kernel
        seen = f" × {sliding.in_channels} channels" if sliding.in_channels > 1 else ""
        filters = f" × {sliding.out_channels} filters" if sliding.out_channels > 1 else ""
        st.markdown(f"{places} × {height}×{width} weights{seen}{filters} = **{exact(total)} multiplications**.")
        return
    (standard,) = stages(sliding.replace(operation="cross_correlation"))
    parts = " + ".join(exact(step.multiplications) for step in steps)
    st.markdown(
        f"Depthwise + pointwise = {parts} = **{exact(total)} multiplications**; a standard convolution with"
        f" {sliding.out_channels} filter{'s' if sliding.out_channels > 1 else ''} needs"
        f" **{exact(standard.multiplications)}**."
    )


def _show_notes(sliding: Sliding) -> None:
    notes = {
        "cross_correlation": "What PyTorch and the papers call a convolution does not flip the kernel. Choose"
        " “convolution” to see the mathematical definition; for a learned kernel there is no difference.",
        "convolution": "The kernel is rotated by 180° before it is applied: last row first, last column first. A"
        " symmetric kernel, such as a blur, stays the same.",
        "depthwise_separable": "First each channel is filtered separately, then a 1×1 convolution combines the channels"
        " at each pixel. Its first filter here adds all channels, further filters are random. Try the coloured shapes"
        " and more filters.",
        "max_pooling": "The padding counts as −∞, so it is never the maximum.",
        "average_pooling": "The padding counts as zeros, as in PyTorch, so the border is darker.",
    }
    st.caption(notes[sliding.operation])
