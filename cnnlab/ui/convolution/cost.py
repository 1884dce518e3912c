"""What one convolution costs in each of its kinds."""

import streamlit as st

from cnnlab.analysis.convolution.one_layer import ConvolutionKind, OneLayer, Price, prices
from cnnlab.analysis.timing.layer_time import ROUNDS, Times, time_kinds, too_large
from cnnlab.figures.convolution.layer_formula import KIND_TITLES, cost_formulas, ratio_formula, side_formula
from cnnlab.figures.convolution.separable_ratio import describe_ratio, ratio_curves
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.knobs.row import Values
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import change, count, exact, macs, shape, share, size

_TIMES = "times of one layer"


def show_cost(layer: OneLayer, _values: Values) -> None:
    """The prices side by side, the formulas behind them, and where the savings come from."""
    priced = prices(layer)
    _show_prices(priced)
    with st.container(border=True):
        st.subheader("Multiply-accumulates, with the numbers put in", anchor=False)
        st.latex(cost_formulas(layer), width="content")
        st.latex(ratio_formula(layer), width="content")
        st.markdown(
            f"However many channels there are, splitting never saves more than d² = **{layer.kernel_size**2} times**."
        )
        st.caption("K: side of the map that comes out · d: window · C, N: channels in and out · g: groups")
        with st.expander("Where K comes from"):
            st.latex(side_formula(layer), width="content")
    with st.container(border=True):
        st.subheader("Everything side by side", anchor=False)
        st.fragment(_show_table)(layer, priced)
    with st.container(border=True):
        st.subheader("What depthwise-separable leaves of the cost: 1/N + 1/d²", anchor=False)
        live_chart(ratio_curves(layer, theme=theme()), alt=describe_ratio(layer), key="convolution.ratio")


def _show_prices(priced: dict[ConvolutionKind, Price]) -> None:
    standard = priced["standard"]
    for column, (kind, price) in zip(st.columns(len(priced)), priced.items(), strict=True):
        is_less = price.macs < standard.macs
        column.metric(
            KIND_TITLES[kind],
            macs(price.macs),
            delta=shape(price.output_shape) + " out" if kind == "standard" else _times_fewer(price.macs, standard.macs),
            delta_color="off" if price.macs == standard.macs else "green" if is_less else "orange",
            delta_arrow="off",
            help=f"{exact(price.macs)} multiply-accumulates and {exact(price.params)} weights for one image.",
            border=True,
        )


def _times_fewer(new: int, old: int) -> str:
    """How many times fewer, where that says more than per cent."""
    return f"{old / new:.1f} times fewer" if old >= 2 * new else change(new, old)


def _show_table(layer: OneLayer, priced: dict[ConvolutionKind, Price]) -> None:
    problem = too_large(layer)
    known: dict[OneLayer, dict[ConvolutionKind, Times]] = st.session_state.setdefault(_TIMES, {})
    place = st.empty()
    place.table(_table(priced, known.get(layer)))
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Measure the time here", icon=":material/timer:", key="convolution.measure", disabled=problem is not None
        )
        stop = st.empty()
    if problem is not None:
        st.caption(plain(problem.sentence))
    if pressed:
        # Whatever is pressed ends this script; what was measured until then stays.
        stop.button("Stop", icon=":material/stop:", key="convolution.measure.stop")
        bar = st.progress(0.0)
        for done, times in enumerate(time_kinds(layer), start=1):
            known[layer] = times
            place.table(_table(priced, times))
            bar.progress(done / ROUNDS)
        bar.empty()
        stop.empty()
    if layer in known:
        _show_lesson(priced, known[layer])


def _table(priced: dict[ConvolutionKind, Price], times: dict[ConvolutionKind, Times] | None) -> dict[str, list[str]]:
    """A row for each kind."""
    return {
        "Kind": [KIND_TITLES[kind] for kind in priced],
        "Weights": [exact(price.params) for price in priced.values()],
        "MACs": [count(price.macs) for price in priced.values()],
        "Weight memory": [size(price.weight_bytes) for price in priced.values()],
        "Kept for backward": [size(price.activation_bytes) for price in priced.values()],
        "Time": ["–" if times is None else _written(times[kind]) for kind in priced],
    }


def _written(times: Times) -> str:
    """The median and, in brackets, where the middle half of the rounds lay."""
    fast, slow = times.spread
    return f"{1000 * times.median:.3g} ms ({1000 * fast:.3g} to {1000 * slow:.3g})"


def _show_lesson(priced: dict[ConvolutionKind, Price], times: dict[ConvolutionKind, Times]) -> None:
    """MACs are not time."""
    work = priced["depthwise_separable"].macs / priced["standard"].macs
    time = times["depthwise_separable"].median / times["standard"].median
    why = " A depthwise window does little with each number that it fetches: time falls less than MACs."
    st.markdown(
        f"Depthwise-separable needs **{share(work)}** of the standard layer's MACs and **{share(time)}** of its time."
        f"{why if time > work else ''}"
    )
    rounds = len(times["standard"].seconds)
    st.caption(
        "One image, forward, one thread of this machine's processor: the median of"
        f" {rounds} rounds, in brackets their middle half."
    )
