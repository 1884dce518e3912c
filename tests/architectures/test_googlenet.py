"""GoogLeNet: table 1 of the paper, row by row, and the auxiliary heads."""

import pytest
import torch

from cnnlab.analysis import analyse, summary
from cnnlab.architectures import preset
from cnnlab.building import build

TABLE_1 = [
    ("stem.conv2", 112, 360),
    ("stages.0.module1", 159, 128),
    ("stages.0.module2", 380, 304),
    ("stages.1.module3", 364, 73),
    ("stages.1.module4", 437, 88),
    ("stages.1.module5", 463, 100),
    ("stages.1.module6", 580, 119),
    ("stages.1.module7", 840, 170),
    ("stages.2.module8", 1072, 54),
    ("stages.2.module9", 1388, 71),
    ("head.output", 1000, 1),
]
"""Module, parameters in units of 1024, and operations in millions, as printed; the reduction belongs to stem.conv2."""

PARAMS_NOT_OF_THE_WIDTHS = {
    "stages.1.module3": 366.75,
    "stages.1.module5": 497.5,
    "stages.1.module6": 590.5,
    "stages.1.module7": 847,
    "stages.2.module8": 1018,
    "stages.2.module9": 1409,
}
"""Rows whose printed parameters are not those of the printed widths, and what these make, in units of 1024."""


def _costs(path: str) -> tuple[int, int]:
    """Weights without biases, and multiply-accumulates, of a row of the table."""
    paths = ("stem.reduce", "stem.conv2") if path == "stem.conv2" else (path,)
    rows = [row for row in analyse(preset("googlenet")).rows if row.path.startswith(paths)]
    biases = sum(row.output_shape[0] for row in rows if row.macs)
    return sum(row.params for row in rows) - biases, sum(row.macs for row in rows)


@pytest.mark.parametrize(("path", "kilo", "mega"), TABLE_1, ids=[row[0] for row in TABLE_1])
def test_table_1_row_by_row(path: str, kilo: int, mega: int) -> None:
    """Within one of the last digit: the paper sometimes rounds and sometimes cuts."""
    params, macs = _costs(path)
    if path in PARAMS_NOT_OF_THE_WIDTHS:
        assert params / 1024 == pytest.approx(PARAMS_NOT_OF_THE_WIDTHS[path], abs=0.5)
        assert abs(params / 1024 - kilo) > 1
    else:
        assert abs(params / 1024 - kilo) <= 1
    if path == "stages.2.module8":
        # The printed operations of this row are those of its printed parameters on a 7x7 map.
        assert (round(macs / 1e6), round(1024 * kilo * 7 * 7 / 1e6)) == (51, mega)
    else:
        assert abs(macs / 1e6 - mega) <= 1


def test_the_first_row_of_table_1_is_not_that_of_a_7x7_convolution() -> None:
    """2.7 K and 34 M are those of 7 + 7 weights for each pair of channels, as if the window were two lines."""
    params, macs = _costs("stem.conv1")
    assert (params, macs) == (64 * 3 * 7 * 7, 64 * 3 * 7 * 7 * 112 * 112)
    assert round(params * 14 / 49 / 1000, 1) == 2.7
    assert round(macs * 14 / 49 / 1e6) == 34


class TestAuxiliaryHeads:
    def test_the_paper_has_them_after_4a_and_4d(self) -> None:
        network = build(preset("googlenet").replace(aux=True))
        assert list(network.auxiliary) == ["module3", "module6"]

    def test_they_answer_in_train_mode_only(self) -> None:
        network = build(preset("googlenet_mnist").replace(aux=True))
        images = torch.randn(2, 1, 28, 28)
        assert [logits.shape for logits in network.train()(images)] == [(2, 10)] * 3
        assert network.eval()(images).shape == (2, 10)

    def test_their_params_are_shown_apart(self) -> None:
        spec = preset("googlenet")
        plain, report = analyse(spec), analyse(spec.replace(aux=True))
        heads = sum((512 + 16 * i) * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 for i in (0, 1))
        assert (plain.auxiliary_params, report.auxiliary_params) == (0, heads)
        assert report.params == plain.params + heads == sum(p.numel() for p in build(report.spec).parameters())
        assert (report.macs, report.rows) == (plain.macs, plain.rows)
        assert report.activation_bytes > plain.activation_bytes
        assert f"Total params: {report.params:,}" in summary(report.spec)
