"""What the two mistakes do is exact: gradients twice as large, and a bound under the loss."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.architectures import NetworkSpec
from cnnlab.insight.one_step import forgotten_zero_grad, lowest_loss_with_softmax, softmax_before_cross_entropy
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from tests.insight.one_step.batches import WITH_AUXILIARY_HEADS, network_and_batch


@pytest.mark.parametrize("spec", ["lenet5_tutorial", "resnet8_mnist", WITH_AUXILIARY_HEADS])
def test_without_zero_grad_the_gradients_are_exactly_twice(spec: NetworkSpec | str) -> None:
    network, images, labels = network_and_batch(spec)
    found = forgotten_zero_grad(network, images, labels, Recipe())
    assert found.num_doubled == found.num_weights == sum(p.numel() for p in network.parameters())
    assert found.accumulated_norms == {name: pytest.approx(2 * norm) for name, norm in found.norms.items()}
    assert set(found.norms) == {name for name, _ in network.named_parameters()}
    assert max(found.norms.values()) > 0
    assert all(p.grad is None for p in network.parameters())


def test_the_gradients_are_those_of_one_backward() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    found = forgotten_zero_grad(network, images, labels, Recipe())
    F.cross_entropy(network(images), labels).backward()
    assert found.norms == {name: p.grad.norm().item() for name, p in network.named_parameters() if p.grad is not None}


@settings(max_examples=40)
@given(st.integers(1, 20), st.integers(1, 8), st.floats(0, 200), st.integers(0, 999))
def test_the_loss_after_a_softmax_is_never_lower(num_classes: int, num_images: int, scale: float, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(num_images, num_classes, generator=draw)
    labels = torch.randint(num_classes, (num_images,), generator=draw)
    found = softmax_before_cross_entropy(logits, labels)
    assert found.loss_with_softmax >= found.lowest - 1e-5
    assert found.loss == F.cross_entropy(logits, labels).item()
    assert found.loss_with_softmax == F.cross_entropy(logits.softmax(1), labels).item()


def test_the_bound_is_that_of_sure_and_right_answers() -> None:
    assert lowest_loss_with_softmax(10) == pytest.approx(-math.log(math.e / (math.e + 9)), abs=1e-12)
    assert lowest_loss_with_softmax(10) == pytest.approx(1.4612, abs=5e-5)
    for num_classes in (1, 2, 10, 1000):
        found = softmax_before_cross_entropy(1000 * torch.eye(num_classes), torch.arange(num_classes))
        assert found.loss_with_softmax == pytest.approx(found.lowest, abs=1e-5)
        assert found.loss == 0


def test_a_sure_and_wrong_answer_teaches_nothing_after_a_softmax() -> None:
    found = softmax_before_cross_entropy(torch.tensor([[50.0, 0.0]]), torch.tensor([1]))
    assert found.gradient_norm == pytest.approx(math.sqrt(2))
    assert found.gradient_norm_with_softmax < 1e-6


@pytest.mark.parametrize(
    ("logits", "labels", "reason"),
    [
        (torch.zeros(3), torch.tensor([0]), r"of the shape \(N, classes\), .* of the shape \(3,\)"),
        (torch.zeros(0, 2), torch.tensor([], dtype=torch.int64), r"of the shape \(0, 2\)"),
        (torch.zeros(3, 2), torch.tensor([0]), "`labels` must be 3 whole numbers"),
        (torch.zeros(1, 2), torch.tensor([0.0]), "they are torch.float32"),
        (torch.zeros(1, 2, dtype=torch.int64), torch.tensor([0]), "they are torch.int64"),
        (torch.zeros(1, 2), torch.tensor([2]), "from 0 to 1 for a network with 2 classes, and one is 2"),
    ],
)
def test_bad_input_has_a_sentence(logits: torch.Tensor, labels: torch.Tensor, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        softmax_before_cross_entropy(logits, labels)
