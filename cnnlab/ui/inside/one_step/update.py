"""The update of the weights: one in full arithmetic, and all of them by hand beside the optimizer's own."""

import streamlit as st

from cnnlab.insight.one_step.arithmetic import arithmetic
from cnnlab.insight.one_step.by_hand import TOLERANCE
from cnnlab.insight.one_step.report import StepReport
from cnnlab.insight.one_step.result import TensorStep, WeightExample
from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe
from cnnlab.ui.inside.one_step.tables import show_rows
from cnnlab.ui.markdown import plain
from cnnlab.words.sentence import Sentence

_TENSOR = "inside.step.tensor"


def show_update(recipe: Recipe, report: StepReport) -> None:
    """The lines by hand, one weight of the tensor of choice, and a row for each tensor."""
    st.markdown(plain(Sentence("{optimizer} by hand, for each `p`:", optimizer=OPTIMIZER_NAMES[recipe.optimizer])))
    st.code("\n".join(report.by_hand), language="python")
    found = {tensor.name: tensor for tensor in report.tensors if tensor.example is not None}
    name = st.selectbox("One weight of", list(found), key=_TENSOR, width=320)
    if name is not None:
        _show_example(recipe, found[name], report)
    st.markdown(plain(_verdict(report)))
    show_rows(
        [
            {
                "parameter tensor": tensor.name,
                "norm before": f"{tensor.weight_norm:.4g}",
                "norm of the update": f"{tensor.update_norm:.4g}",
                "weights that differ": str(tensor.num_different),
                "by at most": f"{tensor.relative_difference:.1e}" if tensor.num_different else "0",
            }
            for tensor in report.tensors
        ],
        key="inside.step.updates",
    )


def _verdict(report: StepReport) -> Sentence:
    template = (
        "By hand and by `optimizer.step`, all weights are equal up to rounding: none differs by more than"
        " {tolerance:g} of itself."
        if report.is_equal
        else "By hand and by `optimizer.step`, some weights differ by more than {tolerance:g} of themselves, which"
        " rounding does not explain."
    )
    return Sentence(template, tolerance=TOLERANCE)


def _show_example(recipe: Recipe, tensor: TensorStep, report: StepReport) -> None:
    example = tensor.example
    assert example is not None
    st.markdown(
        plain(
            Sentence(
                "The weight at {index}, whose gradient is the largest of this tensor: `p` is {before:.6g} and `g` is"
                " {gradient:.6g}.",
                index=list(example.index),
                before=example.before,
                gradient=example.gradient,
            )
        )
    )
    st.code("\n".join(_lines(recipe, example, report.options)), language=None, wrap_lines=True)


def _lines(recipe: Recipe, example: WeightExample, options: dict[str, float]) -> list[str]:
    lines = []
    for line in arithmetic(recipe.optimizer, example, options):
        indent = " " * len(line.name)
        lines += [f"{line.name} = {line.formula}", f"{indent} = {line.numbers}", f"{indent} = {line.value:.6g}", ""]
    return [
        *lines,
        f"by hand, in float32   p = {example.by_hand:.9g}",
        f"optimizer.step()      p = {example.by_optimizer:.9g}",
    ]
