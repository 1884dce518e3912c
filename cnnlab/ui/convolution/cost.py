"""The cost of one convolution of each kind."""

from functools import partial

import streamlit as st

from cnnlab.analysis.convolution.one_layer import ConvolutionKind, LayerCost, OneLayer, layer_costs
from cnnlab.analysis.timing.layer_time import ROUNDS, Times, time_kinds, too_large
from cnnlab.figures.convolution.layer_formula import KIND_TITLES, cost_formulas, ratio_formula, side_formula
from cnnlab.figures.convolution.separable_ratio import describe_ratio, ratio_curves
from cnnlab.spec import Remedy
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.knobs.problems import show_remedies
from cnnlab.ui.knobs.row import Values, fix_value
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import change, count, exact, macs, shape, share, size

_TIMES = "times of one layer"


def show_cost(layer: OneLayer, values: Values) -> None:
    """The costs side by side, their formulas, and the source of the savings."""
    costs = layer_costs(layer)
    _show_costs(costs)
    with st.container(border=True):
        st.header("Multiply-accumulate operations as formulas", anchor=False)
        # The stylesheet shows one of the two, by the width of the page.
        for key, is_narrow in (("convolution.formulas", False), ("convolution.narrow_formulas", True)):
            with st.container(key=key):
                st.latex(cost_formulas(layer, is_narrow=is_narrow), width="content")
                st.latex(ratio_formula(layer, is_narrow=is_narrow), width="content")
        st.markdown(
            f"For any number of channels, a depthwise-separable convolution is at most d² = **{layer.kernel_size**2}"
            " times** cheaper."
        )
        st.caption("K: output size · d: kernel size · C, N: input and output channels · g: groups")
        with st.expander("Formula of the output size K"):
            st.latex(side_formula(layer), width="content")
    kinds = st.container(border=True, key="convolution.kinds")
    with st.container(border=True):
        st.header("Cost of depthwise-separable relative to standard: 1/N + 1/d²", anchor=False)
        live_chart(ratio_curves(layer, theme=theme()), alt=describe_ratio(layer), key="convolution.ratio")
    with kinds:
        st.header("All kinds in a table", anchor=False)
        # Last, and in no fragment: while a fragment runs, its own buttons wait for its end.
        _show_table(layer, costs, values)


def _show_costs(costs: dict[ConvolutionKind, LayerCost]) -> None:
    standard = costs["standard"]
    for column, (kind, cost) in zip(st.columns(len(costs)), costs.items(), strict=True):
        is_less = cost.macs < standard.macs
        column.metric(
            KIND_TITLES[kind],
            macs(cost.macs),
            delta=f"output {shape(cost.output_shape)}"
            if kind == "standard"
            else _times_fewer(cost.macs, standard.macs),
            delta_color="off" if cost.macs == standard.macs else "green" if is_less else "orange",
            delta_arrow="off",
            help=f"{exact(cost.macs)} multiply-accumulates and {exact(cost.params)} weights for one image.",
            border=True,
        )


def _times_fewer(new: int, old: int) -> str:
    """The change as a factor if it is large, else in per cent."""
    return f"{old / new:.1f} times fewer" if old >= 2 * new else change(new, old)


def _show_table(layer: OneLayer, costs: dict[ConvolutionKind, LayerCost], values: Values) -> None:
    problem = too_large(layer)
    known: dict[OneLayer, dict[ConvolutionKind, Times]] = st.session_state.setdefault(_TIMES, {})
    place = st.empty()
    place.table(_table(costs, known.get(layer)))
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Measure the time", icon=":material/timer:", key="convolution.measure", disabled=problem is not None
        )
        stop = st.empty()
    if problem is not None:
        problem = problem.of(layer.settings())
        st.caption(plain(problem.titled))
        show_remedies(problem, key="convolution.measure.problem", fix=partial(_fix, values))
    if pressed:
        # Any button ends this script; what was measured until then is kept.
        stop.button("Stop", icon=":material/stop:", key="convolution.measure.stop")
        bar = st.progress(0.0)
        for done, times in enumerate(time_kinds(layer), start=1):
            known[layer] = times
            place.table(_table(costs, times))
            bar.progress(done / ROUNDS)
        bar.empty()
        stop.empty()
    if layer in known:
        _show_lesson(costs, known[layer])


def _fix(values: Values, remedy: Remedy) -> None:
    fix_value(values, remedy, panel="convolution knob.cost")
    st.rerun()  # the table is a part of the page


def _table(costs: dict[ConvolutionKind, LayerCost], times: dict[ConvolutionKind, Times] | None) -> dict[str, list[str]]:
    """A row for each kind."""
    return {
        "Kind": [KIND_TITLES[kind] for kind in costs],
        "Weights": [exact(cost.params) for cost in costs.values()],
        "MACs": [count(cost.macs) for cost in costs.values()],
        "Weight memory": [size(cost.weight_bytes) for cost in costs.values()],
        "Activations": [size(cost.activation_bytes) for cost in costs.values()],
        "Time": ["–" if times is None else _written(times[kind]) for kind in costs],
    }


def _written(times: Times) -> str:
    """The median and, in brackets, the interquartile range."""
    fast, slow = times.spread
    return f"{1000 * times.median:.3g} ms ({1000 * fast:.3g} to {1000 * slow:.3g})"


def _show_lesson(costs: dict[ConvolutionKind, LayerCost], times: dict[ConvolutionKind, Times]) -> None:
    """MACs are not time."""
    work = costs["depthwise_separable"].macs / costs["standard"].macs
    time = times["depthwise_separable"].median / times["standard"].median
    why = " A depthwise convolution performs few operations per byte that it reads, so time falls less than MACs."
    st.markdown(
        f"Depthwise-separable needs **{share(work)}** of the standard layer's MACs and **{share(time)}** of its time."
        f"{why if time > work else ''}"
    )
    rounds = len(times["standard"].seconds)
    st.caption(
        f"Forward pass of one image on one CPU thread: the median of {rounds} rounds, and in brackets the interquartile"
        " range."
    )
