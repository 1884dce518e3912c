"""Operations that the zoo does not have: torchvision's networks walk, and what has no rule is named."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model_builder, list_models

from cnnlab.architectures import preset
from cnnlab.building import _explain
from cnnlab.walk import IMAGE, Break, ForwardPass, skeleton, walk
from cnnlab.walk.rules import LAYERS
from tests.autograd import really_kept_bytes

WALKED = [
    "squeezenet1_0",
    "squeezenet1_1",
    "shufflenet_v2_x1_0",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "convnext_tiny",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "mnasnet1_0",
]
SIDE = 128


def kept_bytes(found: ForwardPass) -> int:
    return sum(row.kept_bytes for row in found.layers)


@pytest.mark.parametrize("name", WALKED)
def test_torchvisions_networks_cost_what_they_really_cost(name: str) -> None:
    build = get_model_builder(name)
    outline = skeleton(build, {})
    forward, training = (walk(outline, (3, SIDE, SIDE), training=mode) for mode in (False, True))
    assert not forward.unknown
    assert not training.unknown
    assert forward.broken is None
    # The skeleton's shapes are those of the network: a pass of torch's own over them costs nothing.
    real = skeleton(build, {})
    image = torch.empty(1, 3, SIDE, SIDE, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        real.eval()(image)
    assert 2 * sum(row.macs for row in forward.layers) == counter.get_total_flops()
    assert sum(row.params for row in forward.layers) == sum(p.numel() for p in real.parameters())
    # A batch normalisation refuses to train on one value: two images keep twice as much, but for its statistics.
    two = really_kept_bytes(real, torch.empty(2, 3, SIDE, SIDE, device="meta"))
    once = 4 * sum(row.kept.statistics for row in training.layers)
    assert 2 * (kept_bytes(training) - once) + once == two


@pytest.mark.sweep
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize("name", list_models(module=__import__("torchvision").models))
def test_every_network_of_torchvision_is_counted(name: str) -> None:
    build = get_model_builder(name)
    side = 299 if name == "inception_v3" else 224
    outline = skeleton(build, {})
    found = walk(outline, (3, side, side), training=False)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        # Swin computes tables in its constructor, which have values in a skeleton too.
        outline.eval().to("meta")(torch.empty(1, 3, side, side, device="meta"))
    assert not found.unknown
    assert 2 * sum(row.macs for row in found.layers) == counter.get_total_flops()


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("training", [False, True])
def test_a_frequent_layer_answers_as_its_forward_does(kind: type[nn.Module], training: bool) -> None:
    """A subclass is not in the table: its forward runs, and calls the operation."""
    arguments = {nn.Conv2d: (4, 8, 3, 2, 1), nn.BatchNorm2d: (4,)}.get(kind, ())

    def walked(layer: type[nn.Module]) -> ForwardPass:
        network = skeleton(lambda: nn.Sequential(layer(*arguments)), {})
        return walk(network, (4, 9, 9), training=training)

    found = walked(kind)
    assert found == walked(type(kind.__name__, (kind,), {}))
    assert len(found.layers) == 1


class _Several(nn.Module):
    """Operations without a rule, one that answers with several tensors, and views of parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(1, 4, 1, 1))
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x) * self.scale.expand(1, 4, 1, 1)
        values, _ = torch.sort(y, 1)
        values = torch.cdist(values, values)
        return F.relu(values.permute(0, 2, 3, 1).contiguous())


def test_results_in_tuples_are_named_and_views_of_parameters_are_counted() -> None:
    found = walk(skeleton(_Several, {}), (3, 5, 5), training=True)
    assert found.unknown == ("cdist",)
    assert [(row.type, row.params, row.sources) for row in found.layers] == [
        ("Conv2d", 16, (IMAGE,)),
        ("mul", 4, (0,)),
        ("sort", 0, (1,)),
        ("cdist", 0, (2,)),
        ("relu", 0, (3,)),
    ]


class _Unequal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.other(x)], 1)


def test_maps_of_different_sizes_cannot_be_joined() -> None:
    found = walk(skeleton(_Unequal, {}), (3, 9, 9), training=False)
    assert found.broken is not None
    assert (found.broken.rule, found.broken.need, found.broken.have) == ("join", 7, 5)


def test_the_sentence_about_joining_names_both_sides() -> None:
    found = Break("features.conv1", "join", have=5, need=7)
    sentence = _explain(preset("lenet5_tutorial"), found, training=False).sentence
    assert sentence.startswith("`features.conv1` cannot concatenate maps of 7x7 and 5x5 along the channels")


@pytest.mark.parametrize("stochastic", [False, True])
def test_a_branch_that_is_dropped_keeps_one_number(stochastic: bool) -> None:
    from torchvision.ops import StochasticDepth

    network = nn.Sequential(nn.Conv2d(1, 2, 1), StochasticDepth(0.5 if stochastic else 0.0, "row"))
    found = walk(network, (1, 4, 4), training=True)
    assert found.layers[1].kept_bytes == (4 if stochastic else 0)
