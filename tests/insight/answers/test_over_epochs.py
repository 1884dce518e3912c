"""Each image is in one list, and each pair is learnt from the epoch that its definition names."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.insight.answers.confusion import NUM_PAIRS
from cnnlab.insight.answers.over_epochs import LEARNT_SHARE, images_over_epochs, pairs_over_epochs
from cnnlab.spec import Refused


@st.composite
def _trainings(draw: st.DrawFn) -> tuple[list[int], list[list[int]], int]:
    """Labels, a row of answers for each epoch, and the number of classes."""
    num_classes = draw(st.integers(2, 8))
    num_images = draw(st.integers(1, 30))
    row = st.lists(st.integers(0, num_classes - 1), min_size=num_images, max_size=num_images)
    return draw(row), draw(st.lists(row, min_size=1, max_size=6)), num_classes


@settings(max_examples=50)
@given(_trainings())
def test_every_image_is_in_the_list_of_its_definition(training: tuple[list[int], list[list[int]], int]) -> None:
    labels, rows, _ = training
    found = images_over_epochs(labels, rows)
    for i, label in enumerate(labels):
        right = [row[i] == label for row in rows]
        assert (i in found.learnt) == right[-1]
        assert (i in found.forgotten) == (not right[-1] and any(right))
        assert (i in found.never_learnt) == (not any(right))
    learnt_at = [
        next(e for e in range(len(rows)) if all(row[i] == labels[i] for row in rows[e:])) for i in found.learnt
    ]
    assert learnt_at == sorted(learnt_at, reverse=True)
    assert len(found.learnt) + len(found.forgotten) + len(found.never_learnt) == len(labels)


@settings(max_examples=50)
@given(_trainings())
def test_every_pair_is_learnt_when_its_definition_says(training: tuple[list[int], list[list[int]], int]) -> None:
    labels, rows, num_classes = training
    epochs = [2 * (i + 1) for i in range(len(rows))]
    found = pairs_over_epochs(labels, rows, epochs, num_classes)
    wanted = {}
    for a in range(num_classes):
        for b in range(a + 1, num_classes):
            size = sum(label in (a, b) for label in labels)
            counts = [sum({x, y} == {a, b} for x, y in zip(labels, row, strict=True)) for row in rows]
            if any(counts):
                wanted[a, b] = [count / size for count in counts]
    assert len(found) == min(len(wanted), NUM_PAIRS)
    totals = [sum(pair.confused) for pair in found]
    assert all(first > second - 1e-9 for first, second in pairwise(totals))
    for pair in found:
        shares = wanted[pair.first, pair.second]
        assert pair.confused == pytest.approx(shares)
        first = next((i for i in range(len(rows)) if all(s < LEARNT_SHARE for s in shares[i:])), None)
        assert pair.learnt_at == (None if first is None else epochs[first])


def test_a_class_without_images_has_no_share() -> None:
    assert pairs_over_epochs([0, 0], [[0, 0]], [1], 4) == ()
    (pair,) = pairs_over_epochs([0, 0], [[2, 0]], [1], 4)
    assert (pair.first, pair.second, pair.confused) == (0, 2, (0.5,))


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([0, 1], r"must have a row for each epoch .* their shape is \(2,\)"),
        (np.empty((0, 2), int), "use one row or more"),
        ([[0, 1], [0, 7]], "`answers` must be from 0 to 1, and one is 7"),
        ([[0]], "must be as long as `labels`, 2"),
    ],
)
def test_bad_input_has_a_sentence(answers: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        pairs_over_epochs([0, 1], answers, [1] * len(answers), 2)


def test_there_is_an_epoch_for_each_row() -> None:
    with pytest.raises(Refused, match="`epochs` must have one number for each row of answers, and it has 1 for 2 rows"):
        pairs_over_epochs([0, 1], [[0, 1], [0, 1]], [1], 2)
