"""Numbers as people say them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.words import numbers


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (7, "7"),
        (950, "950"),
        (999, "999"),
        (1_000, "1.00 k"),
        (61_706, "61.7 k"),
        (269_722, "270 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (6_590_000, "6.59 M"),
        (9_996_000, "10.0 M"),
        (11_689_512, "11.7 M"),
        (25_557_032, "25.6 M"),
        (-61_706, "-61.7 k"),
    ],
)
def test_count(number: int, written: str) -> None:
    assert numbers.count(number) == written


@given(st.integers(min_value=1, max_value=10**17))
def test_count_is_right_to_three_digits(number: int) -> None:
    digits, _, prefix = numbers.count(number).partition(" ")
    factor = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}[prefix]
    assert math.isclose(float(digits) * factor, number, rel_tol=0.0051)
    assert len(digits.replace(".", "")) <= 3


def test_units() -> None:
    assert numbers.macs(1_814_073_344) == "1.81 GMACs"
    assert numbers.macs(416_520) == "417 kMACs"
    assert numbers.macs(12) == "12 MACs"
    assert numbers.size(46_758_048) == "46.8 MB"
    assert numbers.size(512) == "512 B"
    assert numbers.shape((64, 112, 112)) == "64 × 112 × 112"
    assert numbers.shape((10,)) == "10"


def test_exact_keeps_every_digit() -> None:
    assert numbers.exact(1_814_073_344) == "1\u202f814\u202f073\u202f344"
    assert numbers.exact(999) == "999"


@pytest.mark.parametrize(
    ("new", "old", "written"),
    [
        (100, 100, "the same"),
        (0, 0, "the same"),
        (56, 100, "44\u00a0% fewer"),
        (112, 100, "12\u00a0% more"),
        (1015, 1000, "1.5\u00a0% more"),
        (999_999, 1_000_000, "under 0.1\u00a0% fewer"),
        (1_000_001, 1_000_000, "under 0.1\u00a0% more"),
        (1, 1_000_000, "over 99.9\u00a0% fewer"),
        (3, 1_000, "99.7\u00a0% fewer"),
        (0, 1_000, "100\u00a0% fewer"),
        (200, 100, "2 times"),
        (340, 100, "3.4 times"),
        (4_000, 100, "40 times"),
        (5_000, 0, "5.00 k more"),
    ],
)
def test_change(new: int, old: int, written: str) -> None:
    assert numbers.change(new, old) == written


def test_change_of_what_is_measured() -> None:
    assert numbers.change(50, 100, fewer="less") == "50\u00a0% less"


@pytest.mark.parametrize(
    ("part", "written"), [(0, "0.0 %"), (0.0004, "under 0.1 %"), (0.1234, "12.3 %"), (1, "100.0 %")]
)
def test_share(part: float, written: str) -> None:
    assert numbers.share(part) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.042, "42 ms"),
        (0.4, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (75, "1 min 15 s"),
        (3599.6, "1 h 0 min"),
        (3_720, "1 h 2 min"),
        (200_000, "2 d 8 h"),
    ],
)
def test_duration(seconds: float, written: str) -> None:
    assert numbers.duration(seconds) == written
