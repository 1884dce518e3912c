"""Inception v3: its auxiliary head, its maps, and what factoring a window saves."""

import torch

from cnnlab.analysis import analyse, summary
from cnnlab.analysis.formula import formula
from cnnlab.architectures import preset
from cnnlab.building import build


def test_params_with_and_without_the_auxiliary_head() -> None:
    spec = preset("inception_v3")
    report = analyse(spec)
    assert report.params - report.auxiliary_params == analyse(spec.replace(aux=False)).params == 23_834_568
    assert f"Total params: {report.params:,}" in summary(spec)


def test_maps_are_those_of_table_1() -> None:
    outputs = {row.path: row.output_shape for row in analyse(preset("inception_v3")).rows}
    assert outputs["stem.pool2"] == (192, 35, 35)
    assert outputs["stages.0.module3"] == (288, 35, 35)
    assert outputs["stages.1.reduction"] == outputs["stages.1.module4"] == (768, 17, 17)
    assert outputs["stages.2.reduction"] == (1280, 8, 8)
    assert outputs["stages.2.module2"] == (2048, 8, 8)


def test_a_square_is_factored_into_two_lines() -> None:
    rows = {row.path: row for row in analyse(preset("inception_v3")).rows}
    lines = [rows[f"stages.1.module2.branch7x7.{name}.conv"] for name in ("row", "column")]
    assert [row.macs for row in lines] == [160 * 160 * 7 * 17 * 17, 160 * 192 * 7 * 17 * 17]
    assert [row.kernel for row in lines] == [(1, 7), (7, 1)]
    assert formula(lines[0]).startswith(
        "1×7 window × 160 input channels each × 160 output channels = 179\u202f200 parameters"
    )


def test_the_auxiliary_head_answers_in_train_mode_only() -> None:
    network = build(preset("inception_v3").replace(width_multiplier=0.05, num_classes=7))
    images = torch.randn(2, 3, 299, 299)
    assert [logits.shape for logits in network.train()(images)] == [(2, 7), (2, 7)]
    assert network.eval()(images).shape == (2, 7)
