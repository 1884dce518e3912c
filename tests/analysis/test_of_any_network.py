"""Any module can be analysed, and is left as it was."""

import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import cnnlab
from cnnlab.analysis import Analysis
from cnnlab.analysis.counters import counts
from cnnlab.analysis.memory import evaluation_memory, training_memory
from cnnlab.analysis.outline import outline
from cnnlab.analysis.waste import waste
from cnnlab.architectures import preset
from cnnlab.figures.network.ribbon import describe_network
from cnnlab.spec import Refused

COSTS = ("params", "macs", "kept", "receptive_field", "num_layers", "rows", "training_rows", "fields", "input_shape")


@pytest.mark.parametrize("name", ["lenet5_tutorial", "resnet20_cifar", "densenet_bc22_k12_mnist"])
def test_a_built_network_costs_what_its_spec_says(name: str) -> None:
    spec = preset(name)
    report, known = cnnlab.analyse(cnnlab.build(spec), image_size=spec.image_size), cnnlab.analyse(name)
    assert [getattr(report, cost) for cost in COSTS] == [getattr(known, cost) for cost in COSTS]
    assert [count.total for count in counts(report)] == [count.total for count in counts(known)]
    assert training_memory(report, batch_size=3, optimizer="adam") == training_memory(
        known, batch_size=3, optimizer="adam"
    )
    assert evaluation_memory(report, batch_size=3) == evaluation_memory(known, batch_size=3)
    assert outline(report) == outline(known)
    assert describe_network(report) == describe_network(known)
    assert not waste(report)


class _Draws(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.register_buffer("calls", torch.zeros(()))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        noise = torch.rand(1) + random.random() + np.random.rand()
        return self.norm(self.conv(x)) * noise


def test_the_module_and_the_random_states_stay() -> None:
    network = _Draws()
    network.norm.eval()
    network.conv.register_forward_hook(lambda *arguments: network.seen.append(arguments[2]))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    own = {name: tensor.data_ptr() for name, tensor in network.state_dict().items()}
    modes = [part.training for part in network.modules()]
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert cnnlab.analyse(network, image_size=(9, 7)).macs == 7 * 5 * 4 * 27
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1:] == (random.getstate(), np.random.get_state()[1].tolist())
    after = network.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert own == {name: tensor.data_ptr() for name, tensor in after.items()}
    assert modes == [part.training for part in network.modules()]
    assert not network.seen
    assert not any("forward" in vars(part) for part in network.modules())
    assert len(network.conv._forward_hooks) == 1


def test_on_the_meta_device_and_with_weights_that_hooks_compute() -> None:
    network = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), nn.Conv2d(4, 4, 3).to("meta"))
    report = cnnlab.analyse(network, image_size=8)
    assert report.macs == 36 * 4 * 27 + 16 * 4 * 36
    assert report.params == sum(p.numel() for p in network.parameters())


class _Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(4, 2)

    def forward(self, x: Tensor, *, other: Tensor) -> Tensor:
        found: Tensor = self.one(x) @ other
        return found


def test_other_inputs_than_an_image() -> None:
    assert cnnlab.analyse(nn.Linear(4, 2), inputs=torch.rand(1, 3, 4)).macs == 24
    report = cnnlab.analyse(_Two(), inputs={"x": torch.rand(1, 3, 4), "other": torch.rand(1, 2, 5)})
    assert report.macs == 24 + 30
    assert report.input_shape == (3, 4)
    assert report.image_size is None


def test_it_can_be_compared_with_a_preset() -> None:
    report = cnnlab.analyse(_Draws(), image_size=32)
    table = cnnlab.compare("resnet20_cifar", report)
    assert table.index.tolist() == ["resnet20_cifar", "_Draws"]
    assert table["image_size"].tolist() == [32, 32]
    assert table["macs"].iloc[1] == report.macs


def test_attention_has_no_receptive_field() -> None:
    report = cnnlab.analyse(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), inputs=torch.rand(1, 5, 8))
    assert report.receptive_field is None
    assert report.mixes_positions


def test_shapes_that_break_are_a_problem_of_the_layer() -> None:
    report = cnnlab.analyse(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 9)), image_size=8)
    assert report.problem is not None
    assert report.problem.sentence == "The map is 6x6 when it reaches `1`, too small for its 9x9 window."
    assert report.macs == 36 * 4 * 27
    with pytest.raises(Refused, match="too small"):
        cnnlab.compare("resnet20_cifar", report)


def _report() -> Analysis:
    return cnnlab.analyse(nn.Conv2d(3, 4, 3), image_size=8)


CONV = nn.Conv2d(3, 4, 3)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: cnnlab.analyse(3), "`network` must be a spec, the name of a preset or a `torch.nn.Module`"),
        (lambda: cnnlab.analyse(nn.Conv2d), "it is of the type type"),
        (lambda: cnnlab.analyse("resnet19"), "no preset 'resnet19'"),
        (lambda: cnnlab.analyse(CONV), "give `image_size`, in pixels, or `inputs`"),
        (lambda: cnnlab.analyse(CONV, image_size=0), "`image_size` must be a whole number from 1 on, and it is 0"),
        (lambda: cnnlab.analyse(CONV, image_size=8, in_channels=-1), "`in_channels` must be a whole number"),
        (lambda: cnnlab.analyse("resnet18", image_size=8), "are for modules"),
        (lambda: cnnlab.analyse(CONV, inputs="image"), "must contain a tensor"),
        (lambda: cnnlab.analyse(nn.LazyLinear(3), image_size=8), "lazy layers"),
        (lambda: cnnlab.analyse(nn.Bilinear(3, 3, 3), inputs=torch.rand(1, 3)), "cannot take these inputs"),
        (
            lambda: cnnlab.analyse(torch.jit.trace(CONV, torch.rand(1, 3, 8, 8)), image_size=8),
            "compiled by `torch.jit`",
        ),
        (lambda: _report().spec, "needs a spec"),
    ],
)
@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
def test_what_cannot_be_analysed_has_its_sentence(work, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused, match=words):
        work()
