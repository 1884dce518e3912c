"""The largest networks that may be asked for: their rows are bounded, and what is beyond is a sentence."""

import pytest
from torch import nn

from cnnlab import building
from cnnlab.analysis import analyse, sensitivity, summary
from cnnlab.analysis.largest_layers import largest_layers
from cnnlab.analysis.summary import MOST_SUMMARISED_ROWS
from cnnlab.architectures import FAMILIES, Family, preset
from cnnlab.architectures.custom.block_problems import MOST_BLOCKS, MOST_DENSE_LAYERS
from cnnlab.architectures.custom.network import CustomSpec
from cnnlab.building import MOST_CACHED_ROWS, diagnose, examine
from cnnlab.spec import Refused, Setting, Value
from cnnlab.walk import skeleton

MOST_ROWS = 10_000
"""Of one pass: a few seconds of one core, and a tenth of what is kept for all visitors."""


def longest(setting: Setting) -> Value:
    """The value with the most layers: the longest list, of the deepest stages and the narrowest maps."""
    is_count = setting.name in ("depths", "num_layers") or setting.name.endswith("_depth")
    if not setting.is_list:
        return setting.maximum if is_count and setting.maximum is not None else setting.default  # type: ignore[return-value]
    entry = setting.maximum if is_count else setting.minimum
    default = setting.default
    assert isinstance(default, tuple)
    return (default[0] if entry is None else int(entry),) * setting.max_length


@pytest.mark.parametrize(
    "family",
    [f for f in FAMILIES.values() if f.name not in ("custom", "torchvision")],
    ids=lambda family: family.name,
)
def test_the_deepest_network_of_a_family_has_not_too_many_rows(family: Family) -> None:
    values = {s.name: longest(s) for s in family.spec.settings().values() if s.knob.per or s.name.endswith("depth")}
    usual = next(iter(family.presets.values()))
    spec, problems = type(usual).check({**usual.values, **values})
    if spec is None:  # the deepest is refused, with a sentence
        assert problems
        return
    rows = max(len(found.layers) for found in examine(spec))
    assert rows <= MOST_ROWS < MOST_CACHED_ROWS


def test_the_largest_custom_network_has_not_too_many_rows() -> None:
    deepest = ("dense_block num_layers=64 growth_rate=1",) * (MOST_DENSE_LAYERS // 64)
    one_of_each = preset("custom_one_of_each")
    assert isinstance(one_of_each, CustomSpec)
    inceptions = ("inception",) * (MOST_BLOCKS - len(deepest))
    spec = one_of_each.replace(blocks=(*deepest, *inceptions), convolution="depthwise_separable")
    assert max(len(found.layers) for found in examine(spec)) <= MOST_ROWS


def test_a_hundred_dense_blocks_are_refused_before_they_are_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnlab.building.skeleton", lambda *_: pytest.fail("it was built"))
    with pytest.raises(Refused) as caught:
        CustomSpec(blocks=("dense_block num_layers=64 growth_rate=1",) * 100)
    (problem,) = caught.value.problems
    assert problem.field == "blocks"
    assert problem.sentence == (
        "The dense blocks of a network may have 384 layers together, and these have 6400: set `num_layers` of"
        " each to at most 3, or use fewer of these blocks."
    )


def test_halving_each_knob_of_a_huge_network_is_refused_before_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = FAMILIES["mobilenet_v2"].presets["mobilenet_v2"]
    huge = spec.replace(depths=(64,) * len(spec.depths))  # type: ignore[attr-defined]
    assert len(analyse(huge).training_rows) > 3000
    monkeypatch.setattr(sensitivity, "examine", lambda _: pytest.fail("it was tried"))
    with pytest.raises(Refused, match=r"\d+ knobs of a network of \d+ layers and operations would be tried"):
        largest_layers(huge)


def test_a_remedy_for_a_huge_network_is_looked_for_nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    def counted(*arguments: object) -> nn.Module:
        built.append(arguments)
        return skeleton(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "skeleton", counted)
    spec = FAMILIES["resnet"].presets["resnet18"].replace(depths=(64,) * 6, image_size=1, kernel_size=30)
    assert diagnose(spec) is not None
    assert 0 < len(built) <= 3 + 4 * (building.MOST_TRIED_MODULES // len(examine(spec).training.modules))


def test_a_summary_of_thousands_of_rows_is_left_out_with_a_sentence() -> None:
    spec = preset("custom_mnist").replace(blocks=("dense_block num_layers=64 growth_rate=1",) * 6)
    assert len(analyse(spec).rows) > MOST_SUMMARISED_ROWS
    with pytest.raises(Refused, match="torchinfo's summary is left out for networks of more than 1000 layers"):
        summary(spec)
