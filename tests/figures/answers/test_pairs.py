"""The bars have the numbers of their pairs, in their order, and read no class name as HTML."""

import plotly.graph_objects as go
import pytest

from cnnlab.figures.answers.pairs import LearntPair, describe_learnt, describe_pairs, learnt_strip, pair_bars
from cnnlab.figures.palette import Theme

PAIRS = [
    LearntPair(first="4", second="9", learnt_at=6),
    LearntPair(first="<b>3", second="a long class name", learnt_at=None),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("is_narrow", [False, True])
def test_the_strip_is_green_from_the_epoch_at_which_a_pair_was_learnt(theme: Theme, is_narrow: bool) -> None:
    figure = learnt_strip(PAIRS, [2, 4, 6, 8], theme=theme, epoch=4, is_narrow=is_narrow)
    confused, apart = figure["data"]
    assert [base + length for base, length in zip(confused["base"], confused["x"], strict=True)] == [5.5, 8.5]
    assert apart["base"] == [5.5, 8.5]
    assert apart["x"] == [3.0, 0.0]
    assert figure["layout"]["shapes"][0]["x0"] == 4
    long = "&lt;b&gt;3 and a long…" if is_narrow else "&lt;b&gt;3 and a long class…"
    assert figure["layout"]["yaxis"]["ticktext"] == ["4 and 9", long]
    assert apart["customdata"] == ["4 and 9: from epoch 6", f"{long}: not yet"]
    assert figure["layout"]["xaxis"]["tickvals"] == [2, 4, 6, 8]
    notes = [note["text"] for note in figure["layout"]["annotations"]]
    assert notes == ([] if is_narrow else ["from epoch 6", "not yet"])
    go.Figure(figure)


def test_of_many_epochs_some_are_named_and_the_last_one_always() -> None:
    figure = learnt_strip(PAIRS, range(1, 31), theme="light", epoch=4)
    assert figure["layout"]["xaxis"]["tickvals"] == [2, 6, 10, 14, 18, 22, 26, 30]


def test_the_bars_have_the_counts() -> None:
    pairs = [("bee", "beetle", 1200), ("oak tree", "maple tree", 7)]
    figure = pair_bars(pairs, theme="light")
    assert figure["data"][0]["x"] == [1200, 7]
    assert figure["layout"]["yaxis"]["ticktext"] == ["bee and beetle", "oak tree and maple tree"]
    assert describe_pairs(pairs).endswith("bee and beetle 1\u202f200; oak tree and maple tree 7.")
    go.Figure(figure)


def test_the_strip_in_words() -> None:
    assert describe_learnt(PAIRS) == (
        "When pairs of classes are told apart: 4 and 9 from epoch 6; <b>3 and a long class name not yet."
    )
