"""Convolutions taken apart: the ratios of the papers, counted on real layers."""

from fractions import Fraction
from typing import get_args

import pytest
import torch

from cnnlab.analysis import analyse
from cnnlab.analysis.convolution.factorisations import (
    MODULES,
    PAIR_NAMES,
    Factorisation,
    FactorisationSpec,
    ModuleName,
    PairName,
    ParallelConvolutions,
    factorisation,
)
from cnnlab.architectures import preset
from cnnlab.spec import Refused


def squares(pair: Factorisation) -> tuple[Fraction, Fraction]:
    """The weights of both sides over the squared channels."""
    before, after = (Fraction(side.params, side.in_channels**2) for side in (pair.before, pair.after))
    return before, after


@pytest.mark.parametrize("channels", [16, 64, 192])
@pytest.mark.parametrize(
    ("pair", "length", "expected"),
    [
        ("5x5", 7, (25, 18)),
        ("7x7", 7, (49, 27)),
        ("lines", 7, (49, 14)),
        ("lines", 3, (9, 6)),
        ("lines", 5, (25, 10)),
        ("side_by_side", 7, (9, 6)),
        ("bottleneck", 7, (9, Fraction(17, 16))),
    ],
)
def test_the_papers_ratios(pair: PairName, length: int, expected: tuple[int, int], channels: int) -> None:
    found = factorisation(FactorisationSpec(pair=pair, channels=channels, length=length))
    assert squares(found) == expected
    # All layers keep the map, so that weights and MACs have one ratio.
    assert found.share == pytest.approx(expected[1] / expected[0])
    assert found.before.macs == found.before.params * 28 * 28


@pytest.mark.parametrize(("pair", "window"), [("5x5", 5), ("7x7", 7), ("lines", 7), ("bottleneck", 3)])
def test_both_sides_see_the_same_window_and_keep_the_channels(pair: PairName, window: int) -> None:
    found = factorisation(FactorisationSpec(pair=pair, channels=4))
    for side in (found.before, found.after):
        assert side.window == (window, window)
        assert side.out_channels == side.in_channels == 4


def test_the_window_is_what_one_output_pixel_depends_on() -> None:
    branch = ((1, 7, 1, 1), (7, 1, 1, 1))
    network = ParallelConvolutions(branches=(branch,))
    image = torch.zeros(1, 1, 15, 15, requires_grad=True)
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(1)
    network(image)[0, 0, 7, 7].backward()
    assert image.grad is not None
    seen = image.grad[0, 0].nonzero()
    assert (seen.amax(0) - seen.amin(0) + 1).tolist() == [7, 7]


def test_lines_side_by_side_make_twice_the_channels() -> None:
    assert factorisation(FactorisationSpec(pair="side_by_side", channels=8)).after.out_channels == 16


@pytest.mark.parametrize("module", MODULES)
def test_an_inception_module_is_that_of_googlenet(module: ModuleName) -> None:
    pair = factorisation(FactorisationSpec(pair="inception", module=module))
    report = analyse(preset("googlenet"))
    number = MODULES.index(module) + 1
    rows = [row for row in report.rows if f"module{number}" in row.path.split(".")]
    assert pair.after.macs == sum(row.macs for row in rows)
    assert pair.after.out_channels == rows[-1].output_shape[0]
    assert pair.after.macs < pair.before.macs
    assert pair.before.out_channels > pair.after.out_channels


def test_inception_3a_in_numbers() -> None:
    pair = factorisation(FactorisationSpec(pair="inception", module="3a"))
    assert pair.before.params == 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32
    assert pair.before.out_channels == 64 + 128 + 32 + 192
    # Table 1 of the paper: 64, 96 to 128, 16 to 32, pooling to 32; the model's 163,696 parameters have 368 biases.
    assert pair.after.params == 163_696 - 368
    assert [len(branch) for branch in pair.after.branches] == [1, 2, 2, 2]


def test_names_are_complete() -> None:
    assert set(get_args(PairName)) == set(PAIR_NAMES)
    assert get_args(ModuleName) == MODULES


@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_idle_fields_change_nothing(pair: PairName) -> None:
    usual = FactorisationSpec(pair=pair)
    others = FactorisationSpec(channels=32, length=5, reduction=2, module="4b", image_size=14)
    idle = {name for name, setting in FactorisationSpec.settings().items() if not setting.knob.matters(usual.values)}
    changed = usual.replace(**{name: others.values[name] for name in idle})
    assert factorisation(changed) == factorisation(usual)
    for name in others.values.keys() - idle - {"pair"}:
        assert factorisation(usual.replace(**{name: others.values[name]})) != factorisation(usual), name


def test_what_does_not_fit_says_what_would() -> None:
    with pytest.raises(Refused, match=r"`length` must be odd, .* and it is 6: set `length` to 5 or 7"):
        FactorisationSpec(pair="lines", length=6)
    with pytest.raises(Refused, match="64 / 3 is not a whole number: set `reduction` to 2 or 4"):
        FactorisationSpec(pair="bottleneck", reduction=3)
    # A value that changes nothing is not checked: two 3x3 on three channels, 18 C^2 against 25 C^2.
    pair = factorisation(FactorisationSpec(channels=3))
    assert (pair.before.params, pair.after.params) == (225, 162)
