"""A report says what the step does, of the step with that number, and nothing else."""

import math

import pytest
import torch
import torch.nn.functional as F

from cnnlab.insight.one_step import forgotten_zero_grad, one_step, softmax_before_cross_entropy
from cnnlab.insight.one_step.answers import batch_answers, mean_loss
from cnnlab.insight.one_step.report import StepReport, step_report
from cnnlab.training import Recipe
from tests.insight.one_step.batches import network_and_batch

RECIPE = Recipe(optimizer="momentum", learning_rate=0.05)


@pytest.mark.parametrize("number", [1, 3])
def test_it_is_that_of_the_step_with_its_number(number: int) -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    *meanwhile, report = step_report(network, images, labels, RECIPE, number)
    assert meanwhile == [None] * number
    assert isinstance(report, StepReport)
    before, state = network, None
    for _ in range(number - 1):
        earlier = one_step(before, images, labels, RECIPE, state)
        before, state = earlier.network, earlier.optimizer_state
    step = one_step(before, images, labels, RECIPE, state)
    assert (report.number, report.loss, report.loss_after) == (number, step.loss, step.loss_after)
    assert (report.tensors, report.graph, report.states) == (step.tensors, step.graph, step.states)
    assert report.forgotten == forgotten_zero_grad(before, images, labels, RECIPE)
    assert report.softmax == softmax_before_cross_entropy(step.logits, labels)


def test_answers_have_the_softmax_and_the_loss_of_torch() -> None:
    logits, labels = torch.randn(6, 4), torch.tensor([0, 1, 2, 3, 3, 0])
    found = batch_answers(logits, labels)
    assert [answer.answer for answer in found] == logits.argmax(1).tolist()
    for row, answer in zip(logits.softmax(1), found, strict=True):
        assert answer.label_probability == pytest.approx(float(row[answer.label]))
        assert answer.answer_probability == pytest.approx(float(row.max()))
        assert answer.loss == pytest.approx(-math.log(answer.label_probability), rel=1e-5)
    assert mean_loss(found) == pytest.approx(F.cross_entropy(logits, labels).item())
