"""The parameters of the network: every tensor, how its values are distributed, and how they began."""

import math
from collections.abc import Sequence

import streamlit as st

from cnnlab.figures.inside.parameter_values import (
    Histogram,
    describe_bands,
    describe_histogram,
    describe_panels,
    histogram_panels,
    value_bands,
    value_histogram,
)
from cnnlab.insight.parameter_report import MOST_SORTED, ParameterReport
from cnnlab.insight.parameters import ParameterTensor
from cnnlab.insight.variance_rules import VarianceRule, fans, variance_rules
from cnnlab.training.recipe import INITIALISATION_NAMES
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.components.number_table.number_table import Action, Cell, Column, NumberRow, number_table
from cnnlab.ui.inside.parameters.report import parameters_of
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import exact, shape
from cnnlab.words.sentence import Sentence

MOST_ROWS = 12
"""Of the table that do not scroll."""

_TENSOR, _OF, _PRESSED = (f"inside.parameters.{name}" for name in ("tensor", "of", "pressed"))


def show_parameters(subject: Subject) -> None:
    """The tensor of choice, and the table of all."""
    report = parameters_of(subject)
    if report is not None:
        st.fragment(_show)(subject, report)


def _show(subject: Subject, report: ParameterReport) -> None:
    tensors = {tensor.name: tensor for tensor in report.tensors}
    _choose_at_first(subject, list(tensors))
    name: str = st.selectbox("Parameter tensor", list(tensors), key=_TENSOR, width=420)
    tensor = tensors[name]
    st.markdown(_in_words(tensor))
    if tensor.counts:
        _show_histograms(subject, tensor, report)
    _show_history(name, report)
    _show_table(report.tensors)


def _choose_at_first(subject: Subject, names: Sequence[str]) -> None:
    """That whose button was pressed; else the layer's in the address or the first, until the visitor chooses."""
    if (pressed := st.session_state.pop(_PRESSED, None)) in names:
        st.session_state[_TENSOR] = pressed
    elif st.session_state.get(_OF) != (subject.spec, subject.layer) or st.session_state.get(_TENSOR) not in names:
        of_layer = [name for name in names if subject.layer and name.startswith(f"{subject.layer}.")]
        st.session_state[_TENSOR] = (of_layer or list(names))[0]
        st.session_state[_OF] = (subject.spec, subject.layer)


def _in_words(tensor: ParameterTensor) -> str:
    sentence = Sentence(
        "{name}: {shape} = {count:,} values, {zeros:,} of them 0.",
        name=tensor.name,
        shape=shape(tensor.shape),
        count=tensor.count,
        zeros=tensor.num_zeros,
    )
    if not tensor.num_not_finite:
        return verbatim(sentence)
    more = Sentence("{count:,} are infinite or no number, and in no bar.", count=tensor.num_not_finite)
    return f"{verbatim(sentence)} {verbatim(more)}"


def _show_histograms(subject: Subject, tensor: ParameterTensor, report: ParameterReport) -> None:
    begun = {name: {t.name: t for t in tensors}[tensor.name] for name, tensors in report.initialisations.items()}
    now = Sentence("after epoch {epoch}", epoch=subject.epoch) if subject.run else Sentence("this network")
    own = _histogram(now, tensor)
    panels = [own, *(_histogram(INITIALISATION_NAMES[name], then) for name, then in begun.items())]
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.header("Values", anchor=False)
        live_chart(
            value_histogram(own, theme=theme()),
            alt=describe_histogram(own),
            key="inside.parameters.histogram",
            title=f"Values of {tensor.name}",
        )
        _show_change(subject, tensor, begun)
        _show_rules(tensor, begun)
    with right, st.container(border=True):
        st.header("Under each initialisation", anchor=False)
        live_chart(
            histogram_panels(panels, theme=theme()),
            alt=describe_panels(panels),
            key="inside.parameters.panels",
            title=f"Initialisations of {tensor.name}",
        )
        st.caption("One axis for all; each is as high as its panel.")


def _show_change(subject: Subject, tensor: ParameterTensor, begun: dict[str, ParameterTensor]) -> None:
    """What the training did to the spread; a fork did not begin with an initialisation."""
    if subject.run is None or subject.run.parent or not subject.epoch:
        return
    st.markdown(
        plain(
            Sentence(
                "The standard deviation was {before:.4g} before the first step, and is {now:.4g} after epoch {epoch}.",
                before=begun[subject.recipe.initialisation].std,
                now=tensor.std,
                epoch=subject.epoch,
            )
        )
    )


def _show_rules(tensor: ParameterTensor, begun: dict[str, ParameterTensor]) -> None:
    """The standard deviation by each rule, beside that of the values which it drew."""
    rules = variance_rules(tensor.shape)
    if not rules:
        return
    fan_in, fan_out = fans(tensor.shape)
    st.markdown(plain(Sentence("fan_in is {fan_in:,}, fan_out {fan_out:,}.", fan_in=fan_in, fan_out=fan_out)))
    st.table(
        [
            {
                "initialisation": INITIALISATION_NAMES[name],
                "std by its rule": verbatim(_rule_in_words(rule)),
                "std drawn": f"{begun[name].std:.4g}",
            }
            for name, rule in rules.items()
        ]
    )


def _rule_in_words(rule: VarianceRule) -> str:
    value = f"{rule.std:.4g}"
    return value if rule.formula == value else f"{rule.formula} = {value}"


def _show_history(name: str, report: ParameterReport) -> None:
    history = {epoch: found for epoch, tensors in report.history.items() if (found := tensors[name]) is not None}
    if len(history) < 2:
        return
    with st.container(border=True):
        st.header("Over the training", anchor=False)
        live_chart(
            value_bands(history, theme=theme()),
            alt=describe_bands(name, history),
            key="inside.parameters.history",
            title=f"{name} over the training",
        )
        if max(tensor.count for tensor in report.tensors if tensor.name == name) > MOST_SORTED:
            st.caption(plain(Sentence("Quantiles of {count:,} of its values, evenly chosen.", count=MOST_SORTED)))


def _show_table(tensors: Sequence[ParameterTensor]) -> None:
    rows = [
        NumberRow(
            name=tensor.name,
            note=shape(tensor.shape),
            cells=[
                Cell(text=exact(tensor.count)),
                Cell(text=_written(tensor.std)),
                Cell(text=_written(tensor.mean)),
                Cell(text=exact(tensor.num_zeros)),
            ],
            is_quiet=True,
            actions=[Action(name="show", label="Histogram")],
        )
        for tensor in tensors
    ]
    st.header("All tensors", anchor=False)
    with st.container(height=600 if len(rows) > MOST_ROWS else "content", border=False):
        pressed = number_table(
            [
                Column(title="Tensor"),
                Column(title="Values"),
                Column(title="Std", help="The standard deviation of the values."),
                Column(title="Mean"),
                Column(title="Zeros", help="How many values are exactly 0."),
            ],
            rows,
            caption="The parameter tensors of the network",
            key="inside.parameters.table",
        )
    if pressed is not None:
        st.session_state[_PRESSED] = tensors[pressed[1]].name
        st.rerun(scope="fragment")


def _histogram(name: str, tensor: ParameterTensor) -> Histogram:
    return Histogram(
        name=name,
        smallest=tensor.smallest,
        largest=tensor.largest,
        mean=tensor.mean,
        std=tensor.std,
        edges=tensor.edges,
        counts=tensor.counts,
    )


def _written(number: float) -> str:
    return "–" if math.isnan(number) else f"{number:.3g}"
