"""Times of one layer: every kind has its turn in each round, and nothing global is changed."""

import pytest
import torch

from cnnlab.analysis.convolution.one_layer import KINDS, OneLayer, layer_costs
from cnnlab.analysis.timing import layer_time
from cnnlab.analysis.timing.layer_time import MAX_MACS, ROUNDS, Times, time_kinds, too_large

SMALL = OneLayer(in_channels=4, out_channels=4, groups=2, image_size=8)


def test_each_round_measures_every_kind() -> None:
    for number, times in enumerate(time_kinds(SMALL), start=1):
        assert times.keys() == set(KINDS)
        assert {len(of_kind.seconds) for of_kind in times.values()} == {number}
    assert number == ROUNDS
    assert all(seconds > 0 for of_kind in times.values() for seconds in of_kind.seconds)


def test_no_round_begins_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_time, "MAX_SECONDS", 0.0)
    assert len(list(time_kinds(SMALL))) == 1


def test_random_numbers_and_threads_are_left_as_they_are() -> None:
    before, num_threads = torch.random.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        rounds = time_kinds(SMALL)
        next(rounds)
        assert torch.get_num_threads() == 1
        rounds.close()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(num_threads)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_median_and_middle_half() -> None:
    times = Times((1.0, 2.0, 3.0, 4.0, 100.0))
    assert times.median == 3
    assert times.spread[0] < times.median < times.spread[1] < 100
    assert Times((1.0,)).spread == (1.0, 1.0)


def test_a_layer_that_is_too_large_is_not_measured() -> None:
    assert too_large(SMALL) is None
    large = OneLayer(in_channels=512, out_channels=512, image_size=112)
    assert layer_costs(large)["standard"].macs > MAX_MACS
    problem = too_large(large)
    assert problem is not None
    assert "29.6 GMACs" in problem.sentence
    wide = too_large(OneLayer(in_channels=1024, out_channels=1, groups=1, kernel_size=1, padding=0, image_size=512))
    assert wide is not None
