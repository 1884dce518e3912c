"""Names beside each other begin with what tells them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.words.names import labels, told_apart


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["resnet18 with width=48, norm=none"], [("resnet18", "width=48, norm=none")]),
        (["vgg16", "alexnet"], [("vgg16", ""), ("alexnet", "")]),
        (
            ["resnet18 with width=40, norm=none", "resnet18 with width=48, norm=none"],
            [("width=40", "resnet18 · norm=none"), ("width=48", "resnet18 · norm=none")],
        ),
        (
            ["resnet18", "resnet18 with width=48", "resnet34 with width=48", "resnet34"],
            [("resnet18", ""), ("width=48", "resnet18"), ("width=48", "resnet34"), ("resnet34", "")],
        ),
        (["vgg16", "resnet50 with width=48"], [("vgg16", ""), ("resnet50", "width=48")]),
        (["my run", "my run"], [("my run", ""), ("my run", "")]),
    ],
)
def test_the_rarest_part_comes_first(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert told_apart(names) == pairs


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8), st.integers(min_value=4, max_value=40))
def test_labels_are_short_and_in_the_same_order(names: list[str], longest: int) -> None:
    shown = labels(names, longest)
    assert len(shown) == len(names)
    assert max(map(len, shown)) <= longest


@given(st.sets(st.integers(min_value=10, max_value=99), min_size=2, max_size=8))
def test_variants_stay_different_when_they_are_cut(widths: set[int]) -> None:
    names = [f"a_preset_with_a_long_name with width={width}, norm=batch" for width in widths]
    assert len(set(labels(names, 12))) == len(widths)
