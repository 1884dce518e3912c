"""The MobileNet papers' tables, and what the separable form saves."""

import pytest
import torch

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.architectures.mobilenet_v2 import InvertedResidual, multiple_of_8
from cnnlab.architectures.mobilenet_v3 import SqueezeExcitation
from cnnlab.building import build

TABLES = [
    ({"depths": (1, 2, 2, 1, 2)}, 307, 2.9),
    ({"width_multiplier": 0.75}, 325, 2.6),
    ({"width_multiplier": 0.5}, 149, 1.3),
    ({"width_multiplier": 0.25}, 41, 0.5),
    ({"image_size": 192}, 418, 4.2),
    ({"image_size": 160}, 290, 4.2),
    ({"image_size": 128}, 186, 4.2),
]
"""What is changed, and millions of multiply-accumulates and parameters in tables 5, 6 and 7 of Howard et al. 2017."""


@pytest.mark.parametrize(("changes", "macs", "params"), TABLES)
def test_the_tables_of_mobilenet_v1(changes: dict[str, object], macs: int, params: float) -> None:
    report = analyse(preset("mobilenet_v1").replace(**changes))
    # The paper cuts decimals off in some of its rows and rounds in others.
    assert abs(report.macs / 1e6 - macs) < 1
    assert round(report.params / 1e6, 1) == params


def test_every_block_of_mobilenet_v1_is_a_depthwise_and_a_pointwise_convolution() -> None:
    kinds = [row.kind for row in analyse(preset("mobilenet_v1")).rows if row.macs]
    assert kinds == ["convolution", *["depthwise", "pointwise"] * 13, "dense"]


@pytest.mark.parametrize(
    ("channels", "rounded"), [(1, 8), (11, 16), (12, 16), (19, 24), (20, 24), (24, 24), (33.6, 32), (1792, 1792)]
)
def test_channels_are_multiples_of_8(channels: float, rounded: int) -> None:
    assert multiple_of_8(channels) == rounded
    assert rounded >= 0.9 * channels


def test_narrow_ends_have_no_activation_and_are_added_where_they_fit() -> None:
    blocks = [module for module in build(preset("mobilenet_v2")).modules() if isinstance(module, InvertedResidual)]
    assert len(blocks) == 17
    assert sum(block.shortcut is not None for block in blocks) == 10
    assert [name for block in blocks for name, _ in block.project.named_children()] == ["conv", "norm"] * 17


def test_a_shortcut_around_every_block() -> None:
    network = build(preset("mobilenet_v2").replace(shortcut="projection", shortcut_everywhere=True))
    assert all(m.shortcut is not None for m in network.modules() if isinstance(m, InvertedResidual))


def test_a_gate_weighs_channels_by_their_means() -> None:
    gate = SqueezeExcitation(4, 2).eval()
    x = torch.rand(2, 4, 5, 5)
    with torch.no_grad():
        gate.excite.weight.zero_()
        gate.excite.bias.copy_(torch.tensor([-9.0, 0.0, 9.0, 1.5]))
        weights = torch.tensor([0, 0.5, 1, 0.75]).view(1, 4, 1, 1)
        torch.testing.assert_close(gate(x), x * weights)


def test_the_first_blocks_of_mobilenet_v3_have_a_relu() -> None:
    rows = [row for row in analyse(preset("mobilenet_v3_large")).rows if row.path.endswith("depthwise.activation")]
    assert [row.type for row in rows] == ["ReLU"] * 6 + ["Hardswish"] * 9


def test_an_even_kernel_is_named_with_its_block() -> None:
    kernels = (3, 3, 4, *preset("mobilenet_v3_large").values["kernel_sizes"][3:])
    problem = analyse(preset("mobilenet_v3_large").replace(kernel_sizes=kernels)).problem
    assert problem is not None
    assert (problem.field, problem.index, problem.layer) == ("kernel_sizes", 2, "stages.1.1")
    assert problem.sentence.endswith("set `kernel_sizes[2]` to 3 or 5.")
