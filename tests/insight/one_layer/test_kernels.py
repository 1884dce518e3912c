"""Kernels with a name, and kernels as people type them."""

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.insight.one_layer.kernels import (
    FIXED_KERNELS,
    KERNEL_NAMES,
    LONGEST_SIDE,
    KernelName,
    named_kernel,
    read_kernel,
    write_kernel,
)
from cnnlab.insight.one_layer.window import Sliding

SIZES = st.integers(1, LONGEST_SIDE)


@given(st.integers(1, 3), SIZES, SIZES, st.data())
def test_what_is_written_is_read_back(slices: int, height: int, width: int, data: st.DataObject) -> None:
    numbers = st.integers(-9999, 9999).map(lambda number: number / 100)
    count = slices * height * width
    values = data.draw(st.lists(numbers, min_size=count, max_size=count))
    kernel = torch.tensor(values).view(slices, height, width)
    found = read_kernel(write_kernel(kernel))
    assert torch.allclose(found.expand(slices, -1, -1), kernel, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 0 -1", [[[1, 0, -1]]]),
        ("1,0;.5,+2;", [[[1, 0], [0.5, 2]]]),
        (" 1/4 -1/2 ; 3. 0.25", [[[0.25, -0.5], [3, 0.25]]]),
        ("1 | 2 | 3", [[[1]], [[2]], [[3]]]),
    ],
)
def test_ways_to_type_a_kernel(text: str, values: list[list[list[float]]]) -> None:
    assert read_kernel(text).tolist() == values


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no numbers"),
        (" ; ", "has no numbers"),
        ("1 2 | ", "has no numbers"),
        ("1 2; 3", "has rows of 1 and of 2 numbers"),
        ("1; 2 | 3", "has slices of 1 and of 2 rows"),
        ("1 x", "has 'x' for a number"),
        ("1e9", "has '1e9' for a number"),
        ("nan", "has 'nan' for a number"),
        ("1/0", "divides by zero"),
        ("123456", "has '123456' for a number"),
        ("<b>1</b>", "for a number"),
        ("1 " * 8, "has 8 numbers in a row or column: use at most 7"),
        ("1 ;" * 8, "has 8 numbers in a row or column"),
        ("1 " * 600, "is written with 1200 characters"),
    ],
)
def test_what_is_no_kernel_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^The kernel ") as refused:
        read_kernel(text)
    assert reason in str(refused.value)


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_any_text_is_a_kernel_or_has_a_reason(text: str) -> None:
    sliding, problems = Sliding.check({**Sliding().values, "kernel": "typed", "weights": text})
    assert (sliding is None) == bool(problems)
    assert all(problem.sentence.startswith("The kernel ") for problem in problems)


def test_equal_slices_are_written_once() -> None:
    assert write_kernel(torch.ones(3, 1, 2)) == "1 1"
    assert write_kernel(torch.tensor([[[1.0]], [[2.0]]])) == "1 | 2"


def test_names_are_complete() -> None:
    assert set(get_args(KernelName)) == set(KERNEL_NAMES) == {*FIXED_KERNELS, "blur", "random", "typed"}


@pytest.mark.parametrize("name", ["sobel_x", "sobel_y", "edges", "difference"])
def test_edge_kernels_see_nothing_where_nothing_changes(name: str) -> None:
    assert float(named_kernel(name, 3, 1, 0).sum()) == 0


@pytest.mark.parametrize("name", ["blur", "gaussian", "sharpen", "identity"])
def test_these_keep_the_brightness(name: str) -> None:
    assert float(named_kernel(name, 3, 1, 0).sum()) == pytest.approx(1)


def test_random_kernels_follow_their_seed() -> None:
    first, again, other = (named_kernel("random", 3, 2, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])
    assert named_kernel("blur", 5, 3, 0).shape == (3, 5, 5)
