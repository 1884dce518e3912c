"""Two networks part by part: parts are matched in order, and what one knob changed is told from what stayed."""

from itertools import pairwise

import pytest
from hypothesis import given, settings

from cnnlab.analysis import analyse
from cnnlab.analysis.comparison.diff import Diff, PartPair, diff, parts
from cnnlab.architectures import FAMILIES, Family, NetworkSpec, preset, preset_names
from tests.strategies import specs

RESNET18 = preset("resnet18")


def between(old: NetworkSpec, new: NetworkSpec) -> Diff:
    return diff(analyse(old), analyse(new))


def ways(found: Diff) -> dict[str, str]:
    """How each part changed, by its path in the old network, or in the new one where it is new."""
    return {(pair.old or pair.new).path: pair.change for pair in found.pairs}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", preset_names())
def test_a_network_is_the_same_as_itself(name: str) -> None:
    found = between(preset(name), preset(name))
    assert found.knobs == ()
    assert {pair.change for pair in found.pairs} == {"same"}


@pytest.mark.parametrize("name", preset_names())
def test_parts_cost_what_the_network_costs(name: str) -> None:
    report = analyse(preset(name))
    assert sum(part.macs for part in parts(report)) == report.macs
    assert sum(part.params for part in parts(report)) + report.auxiliary_params == report.params


OWN = [family for family in FAMILIES.values() if not family.is_read_only]
FIRST_PRESETS = [next(iter(family.presets)) for family in OWN]


@pytest.mark.parametrize("names", list(pairwise(FIRST_PRESETS)), ids=" to ".join)
def test_every_part_of_both_networks_is_there_once_and_in_order(names: tuple[str, str]) -> None:
    old, new = (analyse(preset(name)) for name in names)
    found = diff(old, new)
    assert tuple(pair.old for pair in found.pairs if pair.old) == parts(old)
    assert tuple(pair.new for pair in found.pairs if pair.new) == parts(new)
    assert found.knobs is None
    assert found.count("same", "input", "itself", "added", "removed") == len(found.pairs)


QUICK = {"lenet", "custom", "resnet"}


@pytest.mark.parametrize(
    "family",
    [pytest.param(family, id=family.name, marks=[] if family.name in QUICK else pytest.mark.sweep) for family in OWN],
)
def test_it_holds_for_any_two_networks_of_a_family(family: Family) -> None:
    @settings(max_examples=10)
    @given(specs(family), specs(family))
    def compare(old: NetworkSpec, new: NetworkSpec) -> None:
        found = between(old, new)
        assert tuple(pair.old for pair in found.pairs if pair.old) == parts(analyse(old))
        assert tuple(pair.new for pair in found.pairs if pair.new) == parts(analyse(new))
        assert {knob.field for knob in found.knobs or ()} == new.changes_from(old).keys()

    compare()


def test_the_other_way_round_new_parts_are_gone() -> None:
    deeper = preset("vgg19")
    there, back = between(preset("vgg16"), deeper), between(deeper, preset("vgg16"))
    added = [pair.new.path for pair in there.pairs if pair.new and pair.old is None]
    assert added == ["stages.2.conv4", "stages.3.conv4", "stages.4.conv4"]
    assert there.count("same") == len(there.pairs) - 3
    assert back.pairs == tuple(PartPair(pair.new, pair.old) for pair in there.pairs)


def test_one_more_block_changes_one_part() -> None:
    found = between(RESNET18, RESNET18.replace(depths=(2, 3, 2, 2)))
    assert {path: way for path, way in ways(found).items() if way != "same"} == {"stages.1.1": "itself"}
    (changed,) = (pair for pair in found.pairs if pair.change == "itself")
    assert changed.old is not None
    assert changed.new is not None
    assert (changed.old.repeat, changed.new.repeat) == (1, 2)


def test_a_larger_image_gives_every_part_another_map() -> None:
    found = between(RESNET18, RESNET18.replace(image_size=160))
    assert {path for path, way in ways(found).items() if way == "same"} == {"head.output"}
    assert found.count("input") == len(found.pairs) - 1


def test_a_stage_less_is_felt_downstream() -> None:
    found = between(RESNET18, RESNET18.replace(depths=(2, 2, 2)))
    assert {path: way for path, way in ways(found).items() if way != "same"} == {
        "stages.3.0": "removed",
        "stages.3.1": "removed",
        "head.pool": "input",
        "head.output": "input",
    }


def test_a_wider_stem_changes_layers_that_make_channels_and_feeds_the_others() -> None:
    found = between(RESNET18, RESNET18.replace(width=48))
    assert [(knob.title, knob.old, knob.new) for knob in found.knobs or ()] == [
        ("Width of the first stage", "64", "48")
    ]
    assert {path for path, way in ways(found).items() if way == "input"} == {"stem.pool", "head.pool", "head.output"}
    assert found.count("itself") == len(found.pairs) - 3


def test_a_separable_convolution_stands_in_the_place_of_the_whole_one() -> None:
    found = between(preset("vgg16"), preset("vgg16").replace(convolution="depthwise_separable"))
    assert [(knob.old, knob.new) for knob in found.knobs or ()] == [("standard", "depthwise-separable")]
    for pair in found.pairs:
        assert pair.old is not None
        assert pair.new is not None
        assert (pair.old.path, pair.old.input_shape, pair.old.output_shape) == (
            pair.new.path,
            pair.new.input_shape,
            pair.new.output_shape,
        )
    assert found.count("itself") == 12  # all convolutions but the first


def test_lists_are_written_with_commas() -> None:
    knobs = between(RESNET18, preset("resnet34")).knobs
    assert [(knob.field, knob.old, knob.new) for knob in knobs or ()] == [("depths", "2, 2, 2, 2", "3, 4, 6, 3")]
