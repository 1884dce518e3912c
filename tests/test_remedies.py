"""What a sentence proposes is data: applied, it removes the problem; and pages name fields by their titles."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cnnlab.analysis.convolution.factorisations import FactorisationSpec
from cnnlab.analysis.convolution.one_layer import OneLayer
from cnnlab.analysis.largest_layers import largest_layers
from cnnlab.architectures import FAMILIES, NetworkSpec, preset
from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.building import diagnose
from cnnlab.insight.one_layer.kernel_learning import KernelTask
from cnnlab.insight.one_layer.window import Sliding
from cnnlab.spec import Problem, Refused, Spec
from cnnlab.training import Recipe
from tests.strategies import all_specs, any_values

KINDS: list[type[Spec]] = [
    *dict.fromkeys(family.spec for family in FAMILIES.values()),
    *(block for block in BLOCKS.values() if block.settings()),
    Recipe,
    OneLayer,
    FactorisationSpec,
    Sliding,
    KernelTask,
]


def named_fields(text: str, kind: type[Spec]) -> list[str]:
    """The fields whose names stand in the text: between backticks, or as words that only a program would write."""
    names = re.findall(r"`(\w+)(?:\[\d+\])?`", text) + re.findall(r"\b[a-z]+_\w+\b", text)
    return [name for name in names if name in kind.settings()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_remedies_of_values_remove_their_problems(kind: type[Spec]) -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    @given(any_values(kind))
    def follow(values: dict[str, Any]) -> None:
        for problem in kind.check(values)[1]:
            # Of a value that somebody wrote, an underscore stays.
            written = {str(value) for value in values.values() if isinstance(value, str)}
            assert not set(named_fields(problem.titled, kind)) - written, problem.titled
            for remedy in problem.remedies:
                left = kind.check(remedy.applied(values))[1]
                assert problem.sentence not in [one.sentence for one in left]

    follow()


def test_sentences_about_networks_have_titles() -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    @given(all_specs())
    def follow(spec: NetworkSpec) -> None:
        problem = diagnose(spec)
        if problem is not None:
            assert not named_fields(_without_layers(problem), type(spec)), problem.titled

    follow()


@pytest.mark.parametrize("name", ["resnet18", "lenet5_tutorial"])
def test_sentences_about_the_largest_layers_have_titles(name: str) -> None:
    spec = preset(name)
    for problem in largest_layers(spec):
        assert not named_fields(_without_layers(problem), type(spec)), problem.titled


def _without_layers(problem: Problem) -> str:
    return problem.titled.replace(f"`{problem.layer}`", "")


@pytest.mark.parametrize(
    ("given", "name", "title"),
    [
        ({"groups": 3, "convolution": "grouped"}, "set `groups` to 2 or 4", "set Groups to 2 or 4"),
        ({"width": 0}, "`width` must be at least 1", "Width of the first stage must be at least 1"),
        ({"depths": (2, 0, 2, 2)}, "`depths[1]` must be at least 1", "Blocks in stage 2 must be at least 1"),
        ({"depths": (2,) * 9}, "`depths` must have 1 to 6 values", "Blocks per stage must have 1 to 6 values"),
    ],
)
def test_the_library_writes_names_and_pages_write_titles(given: dict[str, Any], name: str, title: str) -> None:
    original = preset("resnet18")
    spec, problems = type(original).check({**original.values, **given})
    broken = None if spec is None else diagnose(spec)
    problem = problems[0] if broken is None else broken
    assert name in str(Refused([problem]))
    assert title in Refused([problem]).titled


def test_the_nearest_value_in_steps_is_proposed() -> None:
    for value, nearest in ((0, 1), (5000, 2048), (2.5, 2)):
        problem = type(preset("resnet18")).check({**preset("resnet18").values, "width": value})[1][0]
        assert [remedy.value for remedy in problem.remedies] == [nearest]
        assert problem.remedies[0].what == f"set `width` to {nearest}"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("resnet18", {"width": 2048}),
        ("resnet18", {"activation": "RELU"}),
        ("mobilenet_v1", {"widths": (1,) * 5, "width_multiplier": 0.1}),
        ("vgg16", {"widths": (64, 128, 256)}),
        ("vgg16", {"depths": (2,) * 9, "widths": (64,) * 9}),
        ("custom_mnist", {"blocks": ("convolutoin", "pooling padding=4 kernel_size=2", "dense")}),
        ("custom_mnist", {"blocks": ("flatten", "residual kernal_size=4")}),
        ("custom_mnist", {"blocks": ("dense_block num_layers=64 growth_rate=1",) * 100}),
    ],
)
def test_following_the_first_remedies_ends_with_a_valid_network(name: str, given: dict[str, Any]) -> None:
    kind, values = type(preset(name)), {**preset(name).values, **given}
    for _ in range(8):
        spec, problems = kind.check(values)
        if spec is not None:
            break
        values = problems[0].remedies[0].applied(values)
    assert spec is not None, problems


def test_texts_of_links_have_remedies_too() -> None:
    kind = type(preset("resnet18"))
    for text, value in (("64.4", 64), ("1e9", 2048), ("9" * 5000, 2048), ("-inf", 1)):
        assert kind.parse({"width": text})[1][0].remedies[0].value == value
    assert not kind.parse({"width": "nan"})[1][0].remedies
    assert not kind.parse({"activation": "x" * 60_000})[1][0].remedies
    (problem,) = kind.parse({"depths": "3,0,2000,2"})[1][:1]
    assert [remedy.value for remedy in problem.remedies] == [(3, 1, 64, 2)]
