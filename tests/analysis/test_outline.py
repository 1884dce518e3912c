"""The outline has every layer once, and counts equal blocks in a row."""

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.formula import formula
from cnnlab.analysis.outline import outline
from cnnlab.architectures import preset, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_units_add_up_to_the_network(name: str) -> None:
    report = analyse(preset(name))
    sections = outline(report)
    assert sum(section.params for section in sections) == report.params - report.auxiliary_params
    assert sum(section.macs for section in sections) == report.macs
    assert sum(len(section.rows) * section.repeat for section in sections) == len(report.rows)


def test_repeated_blocks_are_one_unit() -> None:
    stages = [(section.title, section.repeat) for section in outline(analyse(preset("resnet152"))) if section.is_block]
    assert stages == [
        *(("stage 1", 1), ("stage 1", 2)),
        *(("stage 2", 1), ("stage 2", 7)),
        *(("stage 3", 1), ("stage 3", 35)),
        *(("stage 4", 1), ("stage 4", 2)),
    ]


def test_lenet_is_drawn_layer_by_layer() -> None:
    titles = [section.title for section in outline(analyse(preset("lenet5_d2l")))]
    assert titles == ["conv1 5×5", "average /2", "conv2 5×5", "average /2", "dense1", "dense2", "output"]


def test_a_unit_knows_its_shortcut() -> None:
    plain = preset("resnet18").replace(shortcut="none")
    assert all(section.has_shortcut for section in outline(analyse(preset("resnet18"))) if section.is_block)
    assert not any(section.has_shortcut for section in outline(analyse(plain)))


def test_before_a_break_only_what_worked_is_drawn() -> None:
    broken = analyse(preset("lenet5_rgb").replace(image_size=20))
    assert [section.title for section in outline(broken)] == ["conv1 5×5", "max pool /2", "conv2 5×5", "max pool /2"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "features.conv2",
            "5×5 window × 6 input channels each × 16 output channels + 16 biases = 2\u202f416 parameters;"
            " × 10×10 positions = 240\u202f000 MACs",
        ),
        ("classifier.dense1", "400 inputs × 120 outputs + 120 biases = 48\u202f120 parameters"),
        ("features.pool1", None),
    ],
)
def test_formula_has_the_numbers_of_its_layer(path: str, words: str | None) -> None:
    row = next(row for row in analyse(preset("lenet5_d2l")).rows if row.path == path)
    assert formula(row) == words


def test_formula_of_grouped_and_depthwise_convolutions() -> None:
    grouped = preset("resnet18").replace(convolution="grouped", groups=4)
    row = next(row for row in analyse(grouped).rows if row.path == "stages.0.0.conv1")
    assert formula(row).startswith("3×3 window × 16 input channels each × 64 output channels = 9\u202f216 parameters")
    separable = analyse(preset("resnet18").replace(convolution="depthwise_separable"))
    row = next(row for row in separable.rows if row.kind == "depthwise")
    assert formula(row).startswith("3×3 window × 1 input channel each × 64 output channels = 576 parameters")
