"""One step equals what its lines of code do, what the training does, and what the formulas say."""

import copy
import math
from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.insight.one_step import OneStep, one_step
from cnnlab.insight.one_step.by_hand import TOLERANCE, UPDATES
from cnnlab.optimizer_kinds import OptimizerKind
from cnnlab.training import Recipe, Training
from tests.insight.one_step.batches import SMALL, WITH_AUXILIARY_HEADS, network_and_batch

KINDS = get_args(OptimizerKind)
SGD = Recipe(optimizer="sgd", learning_rate=0.1)


def run_code(step: OneStep, network: nn.Module, images: Tensor, labels: Tensor, seed: int) -> dict[str, Any]:
    """What the lines of all states leave behind, when they are run as a program on a copy of the network."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "network": copy.deepcopy(network)}
    names |= {"images": images, "labels": labels, "print": lambda *_: None}
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        exec("\n".join(line for state in step.states for line in state.code), names)
    return names


@pytest.mark.parametrize(
    ("spec", "recipe"),
    [
        *(("lenet5_tutorial", Recipe(optimizer=kind, weight_decay=0.01, learning_rate=0.01)) for kind in KINDS),
        ("lenet5_tutorial", SGD.replace(clip_norm=0.5, label_smoothing=0.1)),
        ("alexnet_mnist", SGD.replace(seed=3)),  # it has dropout
        (WITH_AUXILIARY_HEADS, SGD),
    ],
)
def test_the_lines_of_the_states_are_the_step(spec: NetworkSpec | str, recipe: Recipe) -> None:
    network, images, labels = network_and_batch(spec)
    step = one_step(network, images, labels, recipe)
    names = run_code(step, network, images, labels, recipe.seed)
    assert names["before"] == [None] * len(step.tensors)
    assert names["loss"].item() == step.loss
    assert names["logits"].equal(step.logits)
    assert type(names["node"]).__name__ == step.graph.nodes[0].name
    norms = [None if g is None else g.norm().item() for g in names["gradients"]]
    assert norms == [tensor.gradient_norm for tensor in step.tensors]
    for own, ran in zip(step.network.parameters(), names["network"].parameters(), strict=True):
        # The optimizer of the step is the fused one.
        torch.testing.assert_close(own, ran, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["adam", *(pytest.param(k, marks=pytest.mark.sweep) for k in KINDS if k != "adam")])
@pytest.mark.parametrize("name", SMALL)
def test_by_hand_equals_the_optimizer_in_every_family(name: str, kind: OptimizerKind) -> None:
    network, images, labels = network_and_batch(name)
    recipe = Recipe(optimizer=kind, learning_rate=0.01, weight_decay=0.001)
    state: dict[str, Tensor] = {}
    for _ in range(2):
        step = one_step(network, images, labels, recipe, state)
        assert step.is_equal
        assert max(tensor.relative_difference for tensor in step.tensors) <= TOLERANCE
        assert all(tensor.gradient_norm is not None for tensor in step.tensors)
        network, state = step.network, step.optimizer_state


def test_another_formula_is_not_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UPDATES, "momentum", UPDATES["nesterov"])
    step = one_step(*network_and_batch("lenet5_tutorial"), SGD.replace(optimizer="momentum"))
    assert not step.is_equal
    assert "61\u202f706 weights differ, by at most" in step.states[-1].sentence


def test_plain_sgd_is_exactly_the_same_by_hand_and_the_textbooks_line_is_not() -> None:
    """`p.sub_(g * lr)` rounds twice, `p.add_(g, alpha=-lr)` once, as the optimizer does."""
    recipe = SGD.replace(learning_rate=0.01)
    different = total = 0
    for seed in range(3):
        network, images, labels = network_and_batch("lenet5_tutorial", num_images=32, seed=seed)
        step = one_step(network, images, labels, recipe)
        assert sum(tensor.num_different for tensor in step.tensors) == 0
        F.cross_entropy(network(images), labels).backward()
        for p, after in zip(network.parameters(), step.network.parameters(), strict=True):
            assert p.grad is not None
            by_book = p.detach() - p.grad * recipe.learning_rate
            larger = torch.maximum(p.abs(), after.abs())
            assert bool(((by_book - after).abs() <= torch.finfo(torch.float32).eps * larger).all())
            different += int((by_book != after).sum())
            total += p.numel()
    assert total == 185_118
    assert 0 < different < total / 100


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_first_step_of_the_training(kind: OptimizerKind) -> None:
    recipe = Recipe(dataset="digits", optimizer=kind, learning_rate=0.01, label_smoothing=0.1, clip_norm=0.1)
    training = Training(preset("lenet5_tutorial"), recipe)
    order = torch.randperm(len(training.data.train_labels), generator=torch.Generator().manual_seed(recipe.seed))
    index = order[: recipe.batch_size]
    images, labels = training.data.batch(training.data.train_images, index), training.data.train_labels[index]
    step = one_step(training.network, images, labels, recipe)
    events = training.events()
    first = next(event for event in events if hasattr(event, "losses"))
    assert len(first.losses) == 1
    assert first.losses[0] == step.loss
    assert first.metrics["gradient_norm"] == pytest.approx(0.1, rel=1e-3)
    for ours, trained in zip(step.network.parameters(), training.network.parameters(), strict=True):
        assert ours.equal(trained)
    events.close()


def test_the_network_and_the_random_state_stay_as_they_were() -> None:
    network, images, labels = network_and_batch(WITH_AUXILIARY_HEADS)
    network.eval()
    (weight, *_) = network.parameters()
    weight.grad = torch.ones_like(weight)
    before, random = copy.deepcopy(network.state_dict()), torch.random.get_rng_state()
    step = one_step(network, images, labels, SGD)
    assert not network.training
    assert weight.grad.equal(torch.ones_like(weight))
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())
    assert torch.random.get_rng_state().equal(random)
    again = one_step(network, images, labels, SGD)
    assert (again.loss, again.loss_after) == (step.loss, step.loss_after)
    assert one_step(network, images, labels, SGD.replace(seed=1)).loss != step.loss
    # The statistics of batch norm have seen the batch once.
    assert {int(value) for name, value in step.network.state_dict().items() if "num_batches" in name} == {1}


def test_what_a_step_says() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    step = one_step(network, images, labels, SGD)
    assert [state.number for state in step.states] == [1, 2, 3, 4, 5, 6, 7]
    said = {state.name: state.sentence for state in step.states}
    assert said["zero_grad"].values == {"count": 10, "total": 10}
    assert said["forward"].values["probability"] == step.logits[0].softmax(0).max().item()
    assert said["loss"].values["even"] == math.log(10)
    assert said["grad_fn"].values["first"] == "NllLossBackward0"
    assert said["grad_fn"].values["leaves"] == said["backward"].values["count"] == 10
    assert "all 61\u202f706 weights are exactly the same" in said["update"]
    assert step.loss_after < step.loss
    for tensor in step.tensors:
        assert tensor.gradient_norm_before is None
        assert tensor.gradient_norm is not None
        assert tensor.update_norm == pytest.approx(0.1 * tensor.gradient_norm, rel=1e-4)
        example = tensor.example
        assert example is not None
        assert example.by_hand == example.by_optimizer
        assert example.by_hand == pytest.approx(example.before - 0.1 * example.gradient, abs=1e-7)


def test_a_frozen_layer_keeps_its_weights() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    network.requires_grad_(False)
    network.classifier.output.requires_grad_(True)
    step = one_step(network, images, labels, SGD.replace(optimizer="adam"))
    learning = {tensor.name for tensor in step.tensors if tensor.gradient_norm is not None}
    assert learning == {"classifier.output.weight", "classifier.output.bias"}
    for tensor in step.tensors:
        assert (tensor.example is None) == (tensor.update_norm == 0) == (tensor.name not in learning)
    assert step.is_equal


def test_numbers_that_are_none_are_equal_to_each_other_only() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    step = one_step(network, images * math.inf, labels, SGD)
    assert math.isnan(step.loss)
    assert step.is_equal
    assert "nan" in step.states[2].sentence
