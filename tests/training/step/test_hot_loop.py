"""Nothing in a step asks a tensor for its value: on a GPU the host would wait there for all that was asked before."""

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cnnlab.architectures import FAMILIES, NetworkSpec, preset
from cnnlab.training import Finished, Recipe, Training

aten = torch.ops.aten
ASKING = {aten._local_scalar_dense, aten.nonzero, aten.is_nonzero, aten.masked_select, aten.equal, aten._unique2}
INDEXING = {aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_}

RECIPE = Recipe(dataset="digits", train_share=0.1, batch_size=64, epochs=1, device="cpu", optimizer="sgd")
EVERYTHING = RECIPE.replace(
    optimizer="adamw",
    crop_padding=2,
    flip=True,
    rotation=10.0,
    erasing=0.5,
    clip_norm=1.0,
    label_smoothing=0.1,
    ema_decay=0.9,
    precision="bfloat16",
    schedule="one_cycle",
)
SMALL = [family.small for family in FAMILIES.values() if family.small is not None]


class Waiting(AssertionError):
    """An operation that a GPU's host would wait for."""


class NobodyWaits(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        packet = func.overloadpacket
        by_mask = packet in INDEXING and any(i is not None and i.dtype == torch.bool for i in args[1])
        if packet in ASKING or by_mask:
            raise Waiting(str(func))
        return func(*args, **(kwargs or {}))


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    usual = Training._take_step
    steps: list[int] = []

    def take_step(training: Training, index: torch.Tensor) -> None:
        with NobodyWaits():
            usual(training, index)
        steps.append(training.step)

    monkeypatch.setattr(Training, "_take_step", take_step)
    return steps


def carry_out(spec: NetworkSpec, recipe: Recipe) -> None:
    *_, end = Training(spec, recipe).events()
    assert isinstance(end, Finished)
    assert end.state == "done"


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_no_optimizer_waits(optimizer: str, watched: list[int]) -> None:
    carry_out(preset("lenet5_tutorial"), RECIPE.replace(optimizer=optimizer))
    assert len(watched) == 3


def test_nothing_that_a_recipe_may_add_waits(watched: list[int]) -> None:
    carry_out(preset("lenet5_tutorial").replace(norm="batch", dropout=0.5), EVERYTHING)
    assert len(watched) == 3


@pytest.mark.parametrize("name", SMALL)
def test_no_family_waits(name: str, watched: list[int]) -> None:
    training = Training(preset(name).replace(in_channels=1, num_classes=10), RECIPE.replace(batch_size=4))
    training.network.train()
    training._take_step(torch.arange(4))
    assert watched == [1]


@pytest.mark.parametrize("ask", ["item", "mask"])
def test_what_would_wait_is_seen(ask: str) -> None:
    training = Training(preset("lenet5_tutorial"), RECIPE)

    def wait(_module: object, _inputs: object, output: torch.Tensor) -> None:
        if ask == "item":
            output.sum().item()
        else:
            output[output > 0].sum()

    training.network.register_forward_hook(wait)
    with pytest.raises(Waiting):
        list(training.events())
