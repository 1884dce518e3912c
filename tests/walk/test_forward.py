"""The walk without weights tells what real forwards do: shapes, multiply-accumulates, and what backward keeps."""

import gc
import random
from concurrent.futures import ThreadPoolExecutor
from inspect import getfile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, assume, given, settings
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.analysis import summary
from cnnlab.analysis.costs import analyse
from cnnlab.architectures import NetworkSpec, preset, preset_names
from cnnlab.building import build, diagnose, examine
from cnnlab.walk import ForwardPass, skeleton, walk
from tests.autograd import really_kept_bytes
from tests.strategies import all_specs

LARGE = {"resnet101", "resnet152", "densenet_bc250_k24_cifar", "densenet_bc190_k40_cifar"}
"""Presets that are compared on the meta device, where a forward costs nothing."""


def real_macs(network: nn.Module, images: Tensor) -> int:
    """What torch's own counter finds in a forward, at two operations for each multiply-accumulate."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(images)
    flops, odd = divmod(counter.get_total_flops(), 2)
    assert odd == 0
    return flops


def one_image(spec: NetworkSpec, device: str = "cpu") -> Tensor:
    return torch.randn(1, spec.in_channels, spec.image_size, spec.image_size, device=device)


@pytest.mark.parametrize("name", preset_names())
def test_macs_are_those_of_a_real_forward(name: str) -> None:
    spec = preset(name)
    network = build(spec)
    device = "meta" if name in LARGE else "cpu"
    assert analyse(spec).macs == real_macs(network.to(device), one_image(spec, device))


@pytest.mark.parametrize("name", preset_names())
def test_what_backward_keeps_is_what_it_really_keeps(name: str) -> None:
    small = preset(name).replace(image_size=min(preset(name).image_size, 96))
    # The auxiliary head of Inception v3 needs the full size, where its last map is one pixel, which torch does not
    # normalise over a batch of one image.
    spec = small if diagnose(small) is None else preset(name).replace(norm="group")
    assert analyse(spec).activation_bytes == really_kept_bytes(build(spec), one_image(spec))


BASES = {
    "lenet": preset("lenet5_tutorial").replace(norm="batch", shortcut="projection", dropout=0.25),
    "alexnet": preset("alexnet_mnist").replace(norm="batch", response_norm=True),
    "vgg": preset("vgg11_mnist"),
    "googlenet": preset("googlenet_mnist").replace(aux=True, response_norm=True, image_size=64),
    "inception_v3": preset("inception_v3_mnist").replace(image_size=107),
    "basic": preset("resnet18").replace(width=8, image_size=64, num_classes=10, dropout=0.1),
    "preactivation": preset("resnet18").replace(width=8, image_size=64, num_classes=10, preactivation=True),
    "densenet": preset("densenet_bc22_k12_mnist").replace(depths=(2, 2), dropout=0.1),
    "xception": preset("xception_mnist"),
    "mobilenet_v1": preset("mobilenet_v1_mnist"),
    "mobilenet_v2": preset("mobilenet_v2_mnist").replace(shortcut_everywhere=True),
    "mobilenet_v3": preset("mobilenet_v3_mnist").replace(shortcut_everywhere=True),
    "custom": preset("custom_one_of_each"),
    "bottleneck": preset("resnet50").replace(width=8, image_size=64, num_classes=10, depths=(2, 2)),
}
CHANGES = [
    (base, name, choice)
    for base, spec in BASES.items()
    for name, setting in type(spec).settings().items()
    for choice in (setting.choices if setting.kind == "choice" else ())
]


@pytest.mark.parametrize(("base", "field", "choice"), CHANGES)
def test_costs_of_every_choice(base: str, field: str, choice: str) -> None:
    spec = BASES[base].replace(**{field: choice})
    report, network = analyse(spec), build(spec)
    assert report.problem is None
    assert not report.unknown
    assert report.macs == real_macs(network, one_image(spec))
    assert report.activation_bytes == really_kept_bytes(network, one_image(spec))


def test_costs_of_random_specs() -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(all_specs())
    def compare(spec: NetworkSpec) -> None:
        report = analyse(spec)
        assume(report.problem is None)
        # torch does not normalise a single number: a channel, or a group of one, over a batch of one image.
        layers = examine(spec).training.layers
        assume(all(row.output_shape[1:] != (1, 1) for row in layers if row.type in ("BatchNorm2d", "GroupNorm")))
        network = build(spec)
        assert report.macs == real_macs(network, one_image(spec))
        assert report.activation_bytes == really_kept_bytes(network, one_image(spec))

    compare()


@pytest.mark.parametrize("name", ["lenet5_rgb", "resnet20_cifar", "resnet18", "resnet50"])
def test_rows_are_the_calls_of_a_real_forward(name: str) -> None:
    """Every leaf module has a row, in the order of the calls, with the shapes that it really has."""
    spec = preset(name).replace(image_size=32)
    network = build(spec).eval()
    calls: list[tuple[str, str, tuple[int, ...], tuple[int, ...]]] = []
    for path, module in network.named_modules():
        if not any(module.children()) and not isinstance(module, nn.Identity):
            module.register_forward_hook(
                lambda m, inputs, output, path=path: calls.append(
                    (path, type(m).__name__, tuple(inputs[0].shape[1:]), tuple(output.shape[1:]))
                )
            )
    with torch.no_grad():
        network(one_image(spec))
    modules = dict(network.named_modules())
    rows = [row for row in analyse(spec).rows if row.type == type(modules[row.path]).__name__]
    assert [(row.path, row.type, row.input_shape, row.output_shape) for row in rows] == calls
    own = {path: sum(p.numel() for p in modules[path].parameters()) for path, *_ in calls}
    assert {row.path: row.params for row in rows} == own


def test_additions_between_layers_have_rows_of_their_own() -> None:
    rows = [row for row in analyse(preset("resnet18")).rows if row.type == "add"]
    assert [row.path for row in rows] == [f"stages.{i}.{j}" for i in range(4) for j in range(2)]
    assert all(row.params == row.macs == 0 for row in rows)


def test_a_break_ends_the_rows() -> None:
    found = examine(preset("lenet5_tutorial").replace(kernel_sizes=(5, 20))).evaluation
    assert [row.path for row in found.layers] == ["features.conv1", "features.activation1", "features.pool1"]
    assert found.broken is not None
    assert (found.broken.path, found.broken.rule, found.broken.have, found.broken.need) == (
        "features.conv2",
        "window",
        14,
        20,
    )


class _Odd(nn.Module):
    """Layers and operations of which no family has any yet."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=2, dilation=2)
        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.again = nn.Conv2d(8, 8, 1)
        self.cumulative = nn.Conv2d(8, 4, (3, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.pool(self.conv(x))
        y = self.again(self.again(y))
        return self.cumulative(torch.fft.fft2(F.avg_pool2d(y, 2, ceil_mode=True)).real)


def test_what_no_family_has_yet() -> None:
    """Dilation, rounding up, oblong windows and shared layers are counted; an operation without a rule is named."""
    found = walk(skeleton(_Odd, {}), (3, 30, 30), training=True)
    network = _Odd()
    images = torch.randn(1, 3, 30, 30)
    assert found.unknown == ("fft_fft2",)
    assert found.layers[-1].output_shape == tuple(network(images).shape[1:])
    assert sum(row.macs for row in found.layers) == real_macs(network, images)
    assert sum(row.params for row in found.layers) == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("side", range(1, 12))
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 3, 0), (2, 3, 1), (5, 1, 2)])
def test_pooling_sides_are_torchs(side: int, ceil_mode: bool, kernel: int, stride: int, padding: int) -> None:
    layer = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode)
    found = walk(nn.Sequential(layer), (1, side, side), training=False)
    try:
        real = tuple(layer(torch.zeros(1, 1, side, side)).shape[1:])
    except RuntimeError:
        assert found.broken is not None
    else:
        assert found.layers[-1].output_shape == real


class TestNothingIsTouched:
    def test_random_states_stay(self) -> None:
        before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
        spec = preset("resnet20_cifar").replace(width=13, dropout=0.3)
        analyse(spec)
        summary(spec)
        after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
        assert torch.equal(before[0], after[0])
        assert before[1:] == after[1:]

    def test_no_network_stays_alive(self) -> None:
        def networks() -> int:
            gc.collect()
            # `type` and not `isinstance`, which would ask lazily imported modules for their class.
            return sum(issubclass(type(thing), nn.Module) for thing in gc.get_objects())

        before = networks()
        for width in (21, 22, 23):
            spec = preset("resnet20_cifar").replace(width=width)
            analyse(spec)
            summary(spec)
        # One that an earlier test left may go meanwhile.
        assert networks() <= before

    def test_no_memory_is_taken_for_weights(self) -> None:
        network = skeleton(type(build(preset("lenet5_tutorial"))), dict(_arguments("lenet5_tutorial")))
        tensors = [*network.parameters(), *network.buffers()]
        assert tensors
        assert all(tensor.device.type == "meta" for tensor in tensors)

    def test_equal_layers_of_a_skeleton_are_layers_of_their_own(self) -> None:
        def build() -> nn.Module:
            return nn.Sequential(*(nn.Conv2d(2, 2, [3, 3]) for _ in range(2)), *(nn.BatchNorm2d(2) for _ in range(2)))

        network = skeleton(build, {})
        assert isinstance(network, nn.Sequential)
        assert [str(layer) for layer in network] == [str(layer) for layer in build()]
        assert network.state_dict().keys() == build().state_dict().keys()
        assert len(set(network.parameters())) == 8
        network[0].register_forward_hook(lambda *_: None)
        network[2].eval()
        assert not network[1]._forward_hooks
        assert network[3].training
        filled = network.to_empty(device="cpu")
        assert len({tensor.data_ptr() for tensor in filled.state_dict().values()}) == 8 + 6

    def test_torch_is_not_patched(self) -> None:
        analyse(preset("resnet20_cifar").replace(width=14))
        assert all(kind.__init__.__code__.co_filename == getfile(kind) for kind in (nn.Conv2d, nn.BatchNorm2d))
        assert not nn.modules.module._global_parameter_registration_hooks

    def test_a_network_keeps_no_hooks(self) -> None:
        network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
        walk(network, (1, 5, 5), training=False)
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def _arguments(name: str) -> dict[str, object]:
    from cnnlab.building import arguments

    return arguments(preset(name))


def test_sixteen_threads_find_what_one_finds() -> None:
    names = ["lenet5_rgb", "resnet18", "resnet50", "resnet20_cifar"]
    specs = [preset(name).replace(num_classes=10 + i) for i in range(8) for name in names]

    def forget() -> None:
        for cached in (analyse, examine, diagnose):
            cached.cache_clear()

    forget()
    alone: list[ForwardPass] = [examine(spec).training for spec in specs]
    forget()
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda spec: (examine(spec).training, analyse(spec)), specs))
    assert [found for found, _ in together] == alone
    assert all(report.problem is None for _, report in together)
