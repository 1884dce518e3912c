"""What each state of a step shows beneath its code: tables of tensors, the graph, and two mistakes in its place."""

import math
from collections.abc import Callable

import streamlit as st

from cnnlab.figures.inside.gradient_norms import describe_norms, norm_dots
from cnnlab.insight.one_step.answers import mean_loss
from cnnlab.insight.one_step.report import StepReport
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.inside.one_step.controls import Wanted
from cnnlab.ui.inside.one_step.graph import walk_graph
from cnnlab.ui.inside.one_step.tables import show_rows
from cnnlab.ui.inside.one_step.update import show_update
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import shape, share
from cnnlab.words.sentence import Sentence

Detail = Callable[[Subject, Wanted, StepReport], None]


def _zero_grad(_: Subject, __: Wanted, report: StepReport) -> None:
    if not st.toggle("What if it is forgotten?", key="inside.step.forget"):
        return
    found = report.forgotten
    st.markdown(plain(found.sentence))
    show_rows(
        [
            {
                "parameter tensor": name,
                "gradient norm with zero_grad": f"{norm:.4g}",
                "without": f"{found.accumulated_norms[name]:.4g}",
            }
            for name, norm in found.norms.items()
        ],
        key="inside.step.forgotten",
    )


def _forward(subject: Subject, _: Wanted, report: StepReport) -> None:
    st.table(
        [
            {
                "image": number,
                "class": verbatim(subject.class_name(found.label)),
                "largest logit": verbatim(subject.class_name(found.answer)),
                "its softmax": share(found.answer_probability),
                "": "" if found.answer == found.label else "wrong",
            }
            for number, found in enumerate(report.answers, start=1)
        ]
    )


def _loss(subject: Subject, _: Wanted, report: StepReport) -> None:
    st.table(
        [
            {
                "image": number,
                "class": verbatim(subject.class_name(found.label)),
                "p = softmax of its class": f"{found.label_probability:.4f}",
                "−log p": f"{found.loss:.3g}",
            }
            for number, found in enumerate(report.answers, start=1)
        ]
    )
    mean = mean_loss(report.answers)
    if math.isclose(mean, report.loss, rel_tol=1e-4):
        st.markdown(plain(Sentence("The mean of −log p is the loss, {mean:.5g}.", mean=mean)))
    else:
        st.markdown(
            plain(
                Sentence(
                    "The mean of −log p is {mean:.5g}: label smoothing and auxiliary heads make the loss {loss:.5g}.",
                    mean=mean,
                    loss=report.loss,
                )
            )
        )
    if st.toggle("What if the network ends in a softmax?", key="inside.step.softmax"):
        found = report.softmax
        numbers = {"of the logits": found.loss, "of the softmax": found.loss_with_softmax, "never under": found.lowest}
        with st.container(horizontal=True):
            for words, value in numbers.items():
                st.metric(f"Cross-entropy {words}", f"{value:.4f}", border=True)
        st.markdown(plain(found.sentence))


def _grad_fn(subject: Subject, _: Wanted, report: StepReport) -> None:
    walk_graph(report.graph, (subject.spec, subject.recipe))


def _backward(_: Subject, __: Wanted, report: StepReport) -> None:
    show_rows(
        [
            {
                "parameter tensor": tensor.name,
                "shape": shape(tensor.shape),
                "gradient norm before": _norm(tensor.gradient_norm_before),
                "after": _norm(tensor.gradient_norm),
            }
            for tensor in report.tensors
        ],
        key="inside.step.backward",
    )


def _gradients(_: Subject, __: Wanted, report: StepReport) -> None:
    norms = {tensor.name: tensor.gradient_norm for tensor in report.tensors if tensor.gradient_norm is not None}
    weights = {tensor.name for tensor in report.tensors if len(tensor.shape) > 1}
    live_chart(
        norm_dots(norms, weights=weights, theme=theme()),
        alt=describe_norms(norms),
        key="inside.step.norms",
        title="Gradient norms",
    )


def _update(_: Subject, wanted: Wanted, report: StepReport) -> None:
    show_update(wanted.recipe, report)


def _norm(norm: float | None) -> str:
    return "None" if norm is None else f"{norm:.4g}"


DETAILS: dict[str, Detail] = {
    "zero_grad": _zero_grad,
    "forward": _forward,
    "loss": _loss,
    "grad_fn": _grad_fn,
    "backward": _backward,
    "gradients": _gradients,
    "update": _update,
}
"""By the names of the states."""
