"""What is no batch for a network, or too much for the memory, has a sentence."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnlab.insight.gradient_flow import gradient_flow
from cnnlab.insight.one_step import forgotten_zero_grad, one_step
from cnnlab.spec import Refused
from cnnlab.training import Recipe, TrainingFailed
from tests.insight.one_step.batches import network_and_batch

SGD = Recipe(optimizer="sgd")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"images": torch.zeros(1, 32, 32)}, r"shape is \(1, 32, 32\): for one image"),
        ({"images": torch.zeros(0, 1, 32, 32)}, "with at least one image"),
        ({"images": torch.zeros(4, 1, 32, 32, dtype=torch.uint8)}, "they are uint8: use images.float"),
        ({"images": torch.zeros(4, 3, 32, 32)}, r"`images` of the shape \(4, 3, 32, 32\) do not pass"),
        ({"images": torch.zeros(4, 1, 8, 8)}, "do not pass through the network"),
        ({"labels": torch.zeros(3, dtype=torch.int64)}, r"`labels` must be 4 whole numbers, .* the shape \(3,\)"),
        ({"labels": torch.zeros(4)}, "they are torch.float32"),
        ({"labels": torch.tensor([0, 1, 10, 2])}, "from 0 to 9 for a network with 10 classes, and one is 10"),
        ({"labels": torch.tensor([0, -100, 1, 2])}, "one is -100"),
        ({"network": nn.Sequential(nn.ReLU())}, "no parameter that requires a gradient"),
        ({"network": nn.Conv2d(1, 4, 3)}, r"must give logits of the shape \(N, classes\)"),
        ({"network": nn.Sequential(nn.Flatten(), nn.Linear(1024, 4)).requires_grad_(False)}, "no parameter that"),
    ],
)
def test_bad_input_has_a_sentence(change: dict[str, Any], reason: str) -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    arguments = {"network": network, "images": images, "labels": labels} | change
    with pytest.raises(Refused, match=reason):
        one_step(**arguments, recipe=SGD)


def test_batch_norm_refuses_a_single_value() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.BatchNorm1d(3))
    with pytest.raises(Refused, match="more than one image where it normalises over the batch"):
        one_step(network, torch.ones(1, 1, 2, 2), torch.tensor([0]), SGD)


class Greedy(nn.Linear):
    """As torch's allocator fails."""

    def forward(self, x: Tensor) -> Tensor:  # noqa: ARG002
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")


@pytest.mark.parametrize("function", [one_step, gradient_flow, forgotten_zero_grad])
def test_too_little_memory_has_a_sentence(function: Callable[..., Any]) -> None:
    network = nn.Sequential(nn.Flatten(), Greedy(4, 2))
    with pytest.raises(TrainingFailed, match=r"Out of memory with `images` of the shape \(1, 1, 2, 2\): use fewer"):
        function(network, torch.ones(1, 1, 2, 2), torch.tensor([0]), SGD)
