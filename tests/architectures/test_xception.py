"""Xception's structure and its two parameter counts."""

from torch import nn

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.architectures.xception import XceptionBlock
from cnnlab.building import build

KERAS = 22_910_480


def test_keras_counts_the_running_statistics_too() -> None:
    network = build(preset("xception"))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    statistics = sum(norm.running_mean.numel() + norm.running_var.numel() for norm in norms)
    assert statistics == 54_528
    assert analyse(preset("xception")).params + statistics == KERAS


def test_thirty_six_convolutions_in_fourteen_modules() -> None:
    """As the paper says in section 4; a separable convolution is one of them."""
    report = analyse(preset("xception"))
    rows = [row for row in report.rows if row.kind in ("convolution", "depthwise")]
    assert len(rows) == 36
    shortcuts = [row for row in report.rows if row.type == "add"]
    assert len(shortcuts) == 12


def test_the_maps_of_the_paper() -> None:
    """299 pixels become 19 in the middle flow and 10 at the end (figure 5)."""
    rows = [row for row in analyse(preset("xception")).rows if row.type == "add"]
    assert [row.output_shape for row in rows[3:11]] == [(728, 19, 19)] * 8
    assert rows[11].output_shape == (1024, 10, 10)


def test_only_the_first_block_begins_with_a_convolution() -> None:
    blocks = [module for module in build(preset("xception_mnist")).modules() if isinstance(module, XceptionBlock)]
    assert [next(iter(block.function._modules)) for block in blocks] == ["conv1"] + ["activation1"] * 4


def test_standard_convolutions_cost_about_nine_times_as_much() -> None:
    separable, standard = (
        analyse(preset("xception").replace(convolution=kind)) for kind in ("depthwise_separable", "standard")
    )
    assert 7 < standard.macs / separable.macs < 9
