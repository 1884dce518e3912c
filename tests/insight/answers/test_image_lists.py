"""The lists of images hold those of their definitions, the most confident first."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.insight.answers.image_lists import (
    DOUBTFUL_CONFIDENCE,
    DOUBTFUL_EPOCHS,
    confident_mistakes,
    doubtful_labels,
    images_of_cell,
    one_right,
)

_ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 255)), min_size=1)


@settings(max_examples=50)
@given(_ROWS)
def test_each_list_is_that_of_its_definition(rows: list[tuple[int, int, int, int]]) -> None:
    labels, answers, others, confidences = map(np.array, zip(*rows, strict=True))
    mistakes = confident_mistakes(labels, answers, confidences).tolist()
    assert sorted(mistakes) == [i for i, (label, answer, *_) in enumerate(rows) if label != answer]
    cell = images_of_cell(labels, answers, confidences, label=1, answer=2).tolist()
    assert sorted(cell) == [i for i, (label, answer, *_) in enumerate(rows) if (label, answer) == (1, 2)]
    for found in (mistakes, cell):
        assert found == sorted(found, key=lambda i: (-confidences[i], i))
    alone = one_right(labels, answers, others, confidences_a=confidences, confidences_b=-confidences)
    only_a = [i for i, (label, a, b, _) in enumerate(rows) if a == label != b]
    only_b = [i for i, (label, a, b, _) in enumerate(rows) if b == label != a]
    assert alone.only_a.tolist() == sorted(only_a, key=lambda i: confidences[i])
    assert alone.only_b.tolist() == sorted(only_b, key=lambda i: -confidences[i])


def _doubted(answers: list[int], confidence: float, usual: float = 0.9) -> bool:
    """Whether the label 0 of an image is doubted, where class 1 is recognised with the `usual` confidence."""
    rows = [[answer, 1, 1] for answer in answers]
    return doubtful_labels([0, 1, 1], rows, [[confidence, usual, usual]] * len(rows)).tolist() == [0]


def test_a_label_is_doubted_by_each_part_of_the_rule() -> None:
    same = [1] * DOUBTFUL_EPOCHS
    assert _doubted(same, DOUBTFUL_CONFIDENCE)
    assert _doubted([0, 2, *same], 1.0)
    assert not _doubted(same[1:], 1.0)  # too few epochs
    assert not _doubted([0, *same[1:]], 1.0)  # it changed lately
    assert not _doubted(same, DOUBTFUL_CONFIDENCE - 0.01)
    assert not _doubted(same, 0.96, usual=0.97)  # less confident than where the class is recognised
    assert not _doubted([0] * DOUBTFUL_EPOCHS, 1.0)  # it is right


def test_a_class_that_is_never_recognised_has_the_lowest_threshold() -> None:
    rows, confidences = [[1, 0]] * DOUBTFUL_EPOCHS, [[0.96, 0.99]] * DOUBTFUL_EPOCHS
    assert doubtful_labels([0, 1], rows, confidences).tolist() == [1, 0]
