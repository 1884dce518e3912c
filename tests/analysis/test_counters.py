"""The totals that other counters would print are what the installed ones do print, to the integer."""

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable

import pytest
import torch
import torchinfo
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.analysis import analyse
from cnnlab.analysis.counters import COUNTERS, OUR_MACS, counts
from cnnlab.architectures import NetworkSpec, family_of, preset, preset_names
from cnnlab.building import arguments
from cnnlab.walk import skeleton

LISTED = [
    *("lenet5_d2l", "lenet5_tutorial", "alexnet", "alexnet_2012", "vgg16", "googlenet", "inception_v3"),
    *("resnet18", "resnet50", "xception", "densenet121", "mobilenet_v2", "mobilenet_v3_small"),
]
CHANGED = [
    preset("resnet18").replace(norm="group", activation="leaky_relu", image_size=64),
    preset("resnet18").replace(norm="layer", activation="gelu", image_size=64),
    preset("lenet5_rgb").replace(activation="relu6"),
    preset("lenet5_rgb").replace(activation="silu", pooling="average"),
    preset("vgg11_mnist").replace(head="global_pooling", pooling="average", image_size=56),
    preset("googlenet_mnist").replace(response_norm=True),
    preset("vgg11").replace(image_size=96, head_size=2),
]


def _torchinfo(network: nn.Module, image: Tensor) -> int:
    return torchinfo.summary(network, input_data=image, device="meta", mode="eval", verbose=0).total_mult_adds


def _flop_counter(network: nn.Module, image: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        network(image)
    return counter.get_total_flops()


def _fvcore(network: nn.Module, image: Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    found = FlopCountAnalysis(network, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(found.total())


def _ptflops(backend: str) -> Callable[[nn.Module, Tensor], int]:
    def run(network: nn.Module, image: Tensor) -> int:
        from ptflops import get_model_complexity_info

        options = {"as_strings": False, "print_per_layer_stat": False, "backend": backend}
        name = next(iter(inspect.signature(network.forward).parameters))  # it is given by name
        macs, _ = get_model_complexity_info(
            network, tuple(image.shape[1:]), input_constructor=lambda _: {name: image}, **options
        )
        return int(macs)

    return run


def _thop(network: nn.Module, image: Tensor) -> int:
    import thop

    return int(thop.profile(network, (image,), verbose=False)[0])


def _torchprofile(network: nn.Module, image: Tensor) -> int:
    from torchprofile import profile_macs

    return int(profile_macs(network, image))


TOOLS: dict[str, Callable[[nn.Module, Tensor], int]] = {
    "torchinfo": _torchinfo,
    "torch.utils.flop_counter": _flop_counter,
    "fvcore": _fvcore,
    "ptflops, PyTorch backend": _ptflops("pytorch"),
    "ptflops, ATen backend": _ptflops("aten"),
    "thop": _thop,
    "torchprofile": _torchprofile,
}

WEIGHTLESS = {"torchinfo", "torch.utils.flop_counter", "ptflops, ATen backend", "thop"}
"""These need no real numbers; the others trace, or count what the meta device does differently."""


def printed(tool: str, spec: NetworkSpec) -> int:
    """What the installed tool says of the network, whose weights are whatever the memory holds."""
    device = "meta" if tool in WEIGHTLESS else "cpu"
    network = skeleton(family_of(spec).network, arguments(spec)).eval().to_empty(device=device)
    image = torch.zeros(1, spec.in_channels, spec.image_size, spec.image_size, device=device)
    with torch.no_grad(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the tools' own, about modules of Python and operations they do not know
        return TOOLS[tool](network, image)


def test_every_counter_is_compared() -> None:
    assert list(TOOLS) == [counter.name for counter in COUNTERS]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", LISTED)
def test_totals_of_the_listed_networks(name: str, tool: str) -> None:
    spec = preset(name)
    found = {count.counter.name: count.total for count in counts(analyse(spec))}
    assert found[tool] == printed(tool, spec)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("spec", CHANGED, ids=lambda spec: f"{spec.noun}-{spec.norm}-{spec.activation}")
def test_totals_of_other_norms_activations_and_poolings(spec: NetworkSpec, tool: str) -> None:
    found = {count.counter.name: count.total for count in counts(analyse(spec))}
    assert found[tool] == printed(tool, spec)


@pytest.mark.sweep
@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", [name for name in preset_names() if name not in LISTED])
def test_totals_of_every_preset(name: str, tool: str) -> None:
    spec = preset(name)
    found = {count.counter.name: count.total for count in counts(analyse(spec))}
    assert found[tool] == printed(tool, spec)


@pytest.mark.parametrize("name", LISTED)
def test_the_first_part_is_ours(name: str) -> None:
    report = analyse(preset(name))
    for count in counts(report):
        assert count.contributions[0].name == OUR_MACS
        assert count.contributions[0].amount == report.macs
        assert all(one.amount for one in count.contributions)
