"""timm's networks, which the lab knows nothing of, cost what torch's own counter says.

They are built on the meta device, one at a time, and need `pip install -r requirements-sweep.txt`.
"""

import importlib.util
import warnings

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnnlab
from cnnlab.walk import meta_copy

pytestmark = [pytest.mark.sweep, pytest.mark.filterwarnings("ignore")]


def names() -> list[str]:
    """All networks of timm, if it is installed; importing it takes seconds."""
    if importlib.util.find_spec("timm") is None:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import timm

        found: list[str] = timm.list_models()
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sweep" not in metafunc.config.option.markexpr and not any("::" in name for name in metafunc.config.args):
        metafunc.parametrize("name", [])
    else:
        metafunc.parametrize("name", names())


def built(name: str) -> nn.Module:
    import timm

    try:
        with torch.device("meta"):
            network: nn.Module = timm.create_model(name)
    except (RuntimeError, NotImplementedError):  # its constructor computes with values
        network = timm.create_model(name)
    return network.eval()


def test_macs_and_parameters(name: str) -> None:
    network = built(name)
    size = getattr(network, "default_cfg", {}).get("input_size", (3, 224, 224))
    image = torch.empty(1, *size, device="meta")
    report = cnnlab.analyse(network, inputs=image)
    assert report.problem is None
    assert not report.unknown
    assert report.params == sum(p.numel() for p in network.parameters())
    # torch's counter looks for gradients of what passes between modules.
    copied = meta_copy(network).requires_grad_(requires_grad=False)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        copied(image)
    assert 2 * report.macs == counter.get_total_flops()
