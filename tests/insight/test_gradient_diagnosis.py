"""Each rule of the diagnosis at its threshold."""

import math
from pathlib import Path

import pytest

from cnnlab.insight.gradient_diagnosis import (
    LARGEST_RATIO,
    LARGEST_RELATIVE,
    SMALLEST_RELATIVE,
    LayerGradient,
    Verdict,
    diagnose,
)


def layers(*norms: float, weight_norm: float = 1.0) -> list[LayerGradient]:
    return [
        LayerGradient(name=f"layer{i}", gradient_norm=norm, weight_norm=weight_norm) for i, norm in enumerate(norms)
    ]


@pytest.mark.parametrize(
    ("found", "verdict", "said"),
    [
        (layers(1.0, 2.0, 1.0), "fine", "reaches all 3 layers: its norm is from 1 in `layer0` to 2 in `layer1`"),
        (layers(0.3), "fine", "in the first layer 1 times that in the last"),
        (layers(1.0, LARGEST_RATIO), "fine", "reaches all"),
        (layers(1.0, 1.01 * LARGEST_RATIO), "vanishing", "in the last layer, `layer1`, its norm is 101 times that"),
        (layers(LARGEST_RATIO, 1.0), "fine", "reaches all"),
        (layers(1.01 * LARGEST_RATIO, 5.0, 1.0), "exploding", "in the first layer, `layer0`, its norm is 101 times"),
        (layers(LARGEST_RELATIVE, LARGEST_RELATIVE), "fine", "reaches all"),
        (layers(900.0, 1001.0), "exploding", "in `layer1` its norm is 1e+03, and that of the weights is 1"),
        (layers(1.0, 1.0, weight_norm=0.0), "exploding", "that of the weights is 0"),
        (layers(1e-7, SMALLEST_RELATIVE), "fine", "reaches all"),
        (layers(1e-7, 9e-7), "vanishing", "in all 2 layers: its norm is at most 9.0e-07 times"),
        (layers(1.0, 0.0, 1.0), "zero", "exactly 0 in 1 of 3 layers, such as `layer1`"),
        (layers(0.0, 0.0, weight_norm=0.0), "zero", "exactly 0 in 2 of 2 layers"),
        (layers(0.0, math.nan), "not_finite", "infinite or not a number in 1 of 2 layers, such as `layer1`"),
        (layers(math.inf, 1.0), "not_finite", "such as `layer0`"),
    ],
)
def test_rules(found: list[LayerGradient], verdict: Verdict, said: str) -> None:
    diagnosis = diagnose(found)
    assert diagnosis.verdict == verdict
    assert said in diagnosis.sentence


def test_the_documentation_has_the_thresholds() -> None:
    text = (Path(__file__).parents[2] / "docs/measures.md").read_text(encoding="utf-8")
    assert f"first layer is more than {LARGEST_RATIO:g} times that of the last" in text
    assert f"last layer is more than {LARGEST_RATIO:g} times that of the first" in text
    assert f"some layer more than {LARGEST_RELATIVE:g} times that of its weights" in text
    assert f"every layer less than {SMALLEST_RELATIVE:g} times that of its weights" in text
