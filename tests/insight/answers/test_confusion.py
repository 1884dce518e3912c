"""The matrix counts every image once, and its largest entries and rates are those of the definitions."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.insight.answers.confusion import NUM_LARGEST, NUM_PAIRS, confusion
from cnnlab.spec import Refused


@settings(max_examples=50)
@given(st.integers(2, 8), st.data())
def test_every_number_is_that_of_its_definition(num_classes: int, data: st.DataObject) -> None:
    one = st.integers(0, num_classes - 1)
    pairs = data.draw(st.lists(st.tuples(one, one), min_size=1, max_size=60))
    labels, answers = zip(*pairs, strict=True)
    found = confusion(torch.tensor(labels), np.array(answers), num_classes)
    counts = Counter(pairs)
    assert found.matrix.tolist() == [[counts[i, j] for j in range(num_classes)] for i in range(num_classes)]
    assert found.accuracy == pytest.approx(sum(i == j for i, j in pairs) / len(pairs))
    for score in found.classes:
        right = counts[score.label, score.label]
        assert score.num_images == labels.count(score.label)
        for rate, among in ((score.precision, answers.count(score.label)), (score.recall, score.num_images)):
            assert rate == (pytest.approx(right / among) if among else None)
    mistakes = sorted((-count, pair) for pair, count in counts.items() if pair[0] != pair[1])
    assert [(-pair.count, (pair.label, pair.answer)) for pair in found.largest] == mistakes[:NUM_LARGEST]
    either = Counter(
        {(i, j): counts[i, j] + counts[j, i] for i in range(num_classes) for j in range(i + 1, num_classes)}
    )
    confused = sorted((-count, pair) for pair, count in either.items() if count)
    assert [(-pair.count, (pair.label, pair.answer)) for pair in found.pairs] == confused[:NUM_PAIRS]


def test_what_it_says() -> None:
    found = confusion([0, 0, 0, 1], [0, 1, 1, 1], 3)
    assert found.sentence() == "50.0 % right. The most frequent mistake: 0 taken for 1, 2 of 3 times."
    assert "cat taken for dog" in found.sentence(["cat", "dog", "cow"])
    assert confusion([1], [1], 3).sentence() == "100.0 % right: no image was taken for one of another class."
    with pytest.raises(ValueError, match="read-only"):
        found.matrix[0, 0] = 1


@pytest.mark.parametrize(
    ("labels", "answers", "num_classes", "reason"),
    [
        ([], [], 2, "`labels` must be a row of whole numbers"),
        ([0.5], [0], 2, "the type float64"),
        ([[0]], [0], 2, r"it has the shape \(1, 1\)"),
        ([True], [0], 2, "the type bool"),
        (["cat"], [0], 2, "`labels` must be a row of whole numbers"),
        ([0, 1], [0], 2, "`answers` must be as long as `labels`, 2, and its length is 1"),
        ([0, 2], [0, 0], 2, "`labels` must be from 0 to 1, and one is 2"),
        ([0, 1], [0, -1], 2, "`answers` must be from 0 to 1, and one is -1"),
        ([0], [0], 1, "`num_classes` must be at least 2, and it is 1"),
    ],
)
def test_bad_input_has_a_sentence(labels: list[int], answers: list[int], num_classes: int, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        confusion(labels, answers, num_classes)
