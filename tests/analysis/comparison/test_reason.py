"""The reason for a change of a cost is arithmetic that can be checked against the layers, for every knob."""

import math
import re
from fractions import Fraction

import pytest

from cnnlab.analysis import Analysis, analyse
from cnnlab.analysis.comparison.reason import reason
from cnnlab.analysis.outline import CostName
from cnnlab.architectures import FAMILIES, NetworkSpec, preset
from cnnlab.spec import Refused, Value


@pytest.mark.parametrize(
    ("name", "changes", "macs", "params"),
    [
        (
            "resnet18",
            {"width": 48},
            "(48/64)² = 0.56 of the weights where both sides changed: 43 % fewer MACs.",
            "(48/64)² = 0.56 of the weights where both sides changed: 43 % fewer parameters.",
        ),
        (
            "resnet18",
            {"image_size": 112},
            "(112/224)² = 0.25 of the positions in 15 of 21 layers: 3.7 times fewer MACs.",
            None,
        ),
        (
            "resnet18",
            {"depths": (3, 4, 6, 3)},
            "16 more convolution or dense layers: 2 times as many MACs.",
            "16 more convolution or dense layers: 86 % more parameters.",
        ),
        (
            "mobilenet_v1",
            {"convolution": "standard"},
            "Each separable 3×3 convolution with N output channels had 1/9 + 1/N of the weights: "
            "8.6 times as many MACs.",
            "Each separable 3×3 convolution with N output channels had 1/9 + 1/N of the weights: "
            "6.9 times as many parameters.",
        ),
        (
            "lenet5_tutorial",
            {"kernel_sizes": (3, 3)},
            "(3/5)² × (13/10)² = 0.61 of the multiplications of features.conv2: 34 % fewer MACs.",
            "576/400 = 1.44 of the weights of classifier.dense1: 32 % more parameters.",
        ),
        (
            "resnet18",
            {"width": 48, "image_size": 112},
            "(48/64)² × (112/224)² = 0.14 of the multiplications in 14 of 21 layers: 6.5 times fewer MACs.",
            "(48/64)² = 0.56 of the weights where both sides changed: 43 % fewer parameters.",
        ),
        ("resnet18", {"activation": "gelu"}, None, None),
    ],
)
def test_the_reason_names_the_factors(
    name: str, changes: dict[str, Value], macs: str | None, params: str | None
) -> None:
    old, new = analyse(preset(name)), analyse(preset(name).replace(**changes))
    said = [reason(new, old, "macs"), reason(new, old, "params")]
    assert [text and text.replace("\u00a0", " ") for text in said] == [macs, params]


def _single_changes(spec: NetworkSpec) -> list[NetworkSpec]:
    """The preset with each knob at the ends of its slider, or at each of its choices."""
    found = []
    for field, setting in spec.settings().items():
        value = spec.values[field]
        if isinstance(value, tuple):
            candidates: list[Value] = [(*value[:-1], value[-1] * 2), value[:-1]] if isinstance(value[-1], int) else []
        elif isinstance(value, bool):
            candidates = [not value]
        elif isinstance(value, str):
            candidates = list(setting.choices)
        else:
            candidates = [value * 2, value / 2 if isinstance(value, float) else value // 2]
        for candidate in candidates:
            try:
                found.append(spec.replace(**{field: candidate}))
            except Refused:
                continue
    return found


def _ratios(new: Analysis, old: Analysis, cost: CostName) -> list[Fraction]:
    name = "macs" if cost == "macs" else "weights"
    before = [row for row in old.rows if row.macs]
    after = [row for row in new.rows if row.macs]
    return [Fraction(getattr(a, name), getattr(b, name)) for a, b in zip(after, before, strict=True)]


_QUICK = ("lenet5_d2l", "vgg11", "resnet18", "mobilenet_v1")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in _QUICK else pytest.mark.sweep)
        for name in (next(iter(family.presets)) for family in FAMILIES.values() if not family.is_read_only)
    ],
)
def test_what_is_said_of_the_layers_is_true_for_every_knob(name: str) -> None:
    old = analyse(preset(name))
    for spec in _single_changes(preset(name)):
        new = analyse(spec)
        for cost in ("macs", "params"):
            said = reason(new, old, cost)
            if said is None:
                continue
            why = said.values["why"]
            if "value" in why.values:
                value = float(why.values["value"])
                layers = sum(math.isclose(ratio, value, rel_tol=0.06) for ratio in _ratios(new, old, cost))
                claimed = re.search(r"in (\d+) of", why)
                assert layers >= (int(claimed[1]) if claimed else 1), (spec, said)
                written = why.values["product"].replace("²", "**2").replace("×", "*")
                assert math.isclose(eval(written, {}), value, rel_tol=0.06), (spec, said)  # noqa: S307
            elif "count" in why.values:
                counts = [sum(row.macs > 0 for row in analysis.rows) for analysis in (new, old)]
                assert abs(counts[0] - counts[1]) == why.values["count"], (spec, said)
