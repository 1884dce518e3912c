"""Gradient descent finds the hidden kernel, and what keeps it from that is known beforehand."""

import itertools

import pytest
import torch

from cnnlab.insight.one_layer.kernel_learning import (
    KERNEL_TASKS,
    TASK_TITLES,
    KernelTask,
    LearningStep,
    is_determined,
    largest_rate,
    learn_kernel,
    task_pair,
)
from cnnlab.insight.one_layer.window import Sliding, stages


def last(task: KernelTask) -> LearningStep:
    *_, found = learn_kernel(task)
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", KERNEL_TASKS)
def test_the_examples_find_their_kernel_from_any_start(name: str, seed: int) -> None:
    task = KERNEL_TASKS[name].replace(seed=seed)
    first, *_, end = learn_kernel(task)
    assert (first.step, end.step) == (0, task.steps)
    _, hidden, _ = task_pair(task)
    assert torch.tensor(first.kernel).sub(hidden[0, 0]).abs().max() > 0.5
    assert torch.allclose(torch.tensor(end.kernel), hidden[0, 0], atol=0.05)
    assert end.loss < 1e-4 * first.loss
    assert not end.has_diverged


def test_the_book_gets_there_in_ten_steps() -> None:
    task = KERNEL_TASKS["d2l"].replace(learning_rate=0.03, steps=10)
    assert torch.allclose(torch.tensor(last(task).kernel), torch.tensor([[1.0, -1.0]]), atol=0.35)


def test_the_steps_are_those_of_torchs_optimiser() -> None:
    task = KernelTask(picture="digits", target="edges", learning_rate=0.005, steps=5)
    found = list(learn_kernel(task))
    image, _, wanted = task_pair(task)
    layer = torch.nn.Conv2d(1, 1, 3, bias=False)
    with torch.no_grad():
        layer.weight[0, 0] = torch.tensor(found[0].kernel)
    descent = torch.optim.SGD(layer.parameters(), lr=task.learning_rate)
    for step in found:
        loss = torch.nn.functional.mse_loss(layer(image), wanted, reduction="sum")
        assert step.loss == pytest.approx(loss.item(), rel=1e-4)
        assert torch.allclose(torch.tensor(step.kernel), layer.weight[0, 0], atol=1e-5)
        assert torch.allclose(torch.tensor(step.result), layer(image)[0, 0], atol=1e-5)
        descent.zero_grad()
        loss.backward()
        descent.step()


@pytest.mark.parametrize("task", KERNEL_TASKS.values(), ids=TASK_TITLES.get)
def test_the_largest_rate_is_the_border(task: KernelTask) -> None:
    border = largest_rate(task)
    losses = [step.loss for step in learn_kernel(task.replace(learning_rate=0.9 * border, steps=50))]
    assert all(later <= earlier for earlier, later in itertools.pairwise(losses))
    beyond = list(learn_kernel(task.replace(learning_rate=2 * border, steps=5000)))
    assert beyond[-1].has_diverged
    assert len(beyond) < 200
    assert not any(step.has_diverged for step in beyond[:-1])


def test_the_same_seed_makes_the_same_steps_and_leaves_the_global_one() -> None:
    task = KERNEL_TASKS["d2l"]
    before = torch.random.get_rng_state()
    assert list(learn_kernel(task)) == list(learn_kernel(task))
    assert next(learn_kernel(task)) != next(learn_kernel(task.replace(seed=1)))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_picture_that_does_not_tell_all_is_known() -> None:
    assert all(map(is_determined, KERNEL_TASKS.values()))
    # Nothing changes from row to row in this picture: how a kernel shares its weights out over them cannot be told.
    blind = KernelTask(picture="edges", target="sobel_x", learning_rate=0.01, steps=500)
    assert not is_determined(blind)
    _, hidden, wanted = task_pair(blind)
    found = last(blind)
    assert torch.allclose(torch.tensor(found.result), wanted[0, 0], atol=0.01)
    assert not torch.allclose(torch.tensor(found.kernel), hidden[0, 0], atol=0.1)


def test_the_wanted_map_is_what_the_window_makes() -> None:
    _, _, wanted = task_pair(KERNEL_TASKS["d2l"])
    (stage,) = stages(Sliding(picture="edges", kernel="difference", padding=0))
    assert torch.tensor(stage.outputs[0].values).equal(wanted[0, 0])


def test_the_digit_matters_only_for_digits() -> None:
    digit = KernelTask.settings()["digit"].knob
    assert not digit.matters(KERNEL_TASKS["d2l"].values)
    assert task_pair(KernelTask(digit=1))[0].equal(task_pair(KernelTask(digit=2))[0])
    assert digit.matters(KERNEL_TASKS["digit"].values)
    assert KERNEL_TASKS.keys() == TASK_TITLES.keys()
