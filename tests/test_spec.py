"""Specs: values, limits, sentences and their written form. The cases are derived from the declarations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.architectures import FAMILIES, preset
from cnnlab.architectures.base import MAX_CHANNELS
from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.architectures.lenet import LeNetSpec
from cnnlab.architectures.resnet import ResNetSpec
from cnnlab.architectures.vgg import VGGSpec
from cnnlab.spec import MOST_EXPLAINED, Problem, Refused, Setting, Spec, text_of
from cnnlab.training import Recipe
from cnnlab.words.sentence import Sentence
from tests.strategies import possible_values

KINDS: list[type[Spec]] = [*(family.spec for family in FAMILIES.values()), *BLOCKS.values(), Recipe]
SETTINGS = [(kind, setting) for kind in KINDS for setting in kind.settings().values()]
NAMES = [f"{kind.__name__}.{setting.name}" for kind, setting in SETTINGS]


def refused(kind: type[Spec], **values: object) -> Problem:
    """The one problem of these values."""
    with pytest.raises(Refused) as caught:
        kind(**values)
    (problem,) = caught.value.problems
    assert str(caught.value) == problem.sentence
    return problem


TOGETHER = [
    (family.spec, first, setting)
    for family in FAMILIES.values()
    for setting in family.spec.settings().values()
    if setting.knob.per and setting.min_length < setting.max_length
    for first in [next(s for s in family.spec.settings().values() if s.knob.per == setting.knob.per)]
    if first is not setting
]


@pytest.mark.parametrize(
    ("kind", "first", "setting"), TOGETHER, ids=[f"{kind.__name__}.{setting.name}" for kind, _, setting in TOGETHER]
)
def test_lists_that_belong_together_have_one_length(kind: type[Spec], first: Setting, setting: Setting) -> None:
    assert isinstance(setting.default, tuple)
    longer = len(setting.default) < setting.max_length
    values = (*setting.default, setting.default[-1]) if longer else setting.default[:-1]
    problem = refused(kind, **{setting.name: values})
    assert problem.field == setting.name
    assert problem.sentence == (
        f"`{setting.name}` must have one value for each of `{first.name}`, and they have {len(values)} and"
        f" {len(setting.default)}: add or remove some."
    )


@pytest.mark.parametrize(("kind", "setting"), SETTINGS, ids=NAMES)
class TestEverySetting:
    def test_it_says_what_it_is(self, kind: type[Spec], setting: Setting) -> None:
        assert setting.default == kind.model_fields[setting.name].default
        assert setting.title[0].isupper()
        assert setting.help.endswith(".")
        assert setting.knob.group
        assert setting.range
        for condition in setting.knob.conditions:
            for field, values in condition.items():
                other = kind.settings()[field]
                assert set(values) < set((True, False) if other.kind == "switch" else other.choices)
        if setting.kind in ("whole", "real") and setting.knob.soft is not None:
            assert setting.minimum is not None
            assert setting.maximum is not None
            assert setting.minimum <= setting.knob.soft[0] < setting.knob.soft[1] <= setting.maximum

    def test_it_has_soft_limits_if_it_is_a_number(self, kind: type[Spec], setting: Setting) -> None:
        is_fixed = setting.minimum is not None and setting.minimum == setting.maximum
        assert (setting.knob.soft is not None) == (setting.kind in ("whole", "real") and not is_fixed), kind

    def test_its_default_can_be_written_and_read(self, kind: type[Spec], setting: Setting) -> None:
        values, problems = kind.parse({setting.name: text_of(setting.default)})
        assert values == {setting.name: setting.default}
        assert not problems

    def test_beyond_its_limits_it_is_refused(self, kind: type[Spec], setting: Setting) -> None:
        for limit, beyond in ((setting.minimum, -1), (setting.maximum, 1)):
            if limit is None:
                continue
            value = limit + beyond
            value = int(value) if setting.kind == "whole" else float(value)
            default = setting.default
            given_value = (value, *default[1:]) if isinstance(default, tuple) else value
            problem = refused(kind, **{setting.name: given_value})
            assert problem.field == setting.name
            assert problem.index == (0 if setting.is_list else None)
            assert f"{limit:g}" in problem.sentence
            assert f"it is {value!r}" in problem.sentence

    def test_of_another_type_it_is_refused(self, kind: type[Spec], setting: Setting) -> None:
        wrong = {"whole": "3", "real": "0.5", "switch": 1, "choice": "plaid", "text": 5}[setting.kind]
        default = setting.default
        given_value = (wrong, *default[1:]) if isinstance(default, tuple) else wrong
        problem = refused(kind, **{setting.name: given_value})
        assert problem.field == setting.name
        assert repr(wrong) in problem.sentence
        for choice in setting.choices:
            assert choice in problem.sentence

    def test_a_list_has_a_length(self, kind: type[Spec], setting: Setting) -> None:
        if not setting.is_list:
            return
        assert isinstance(setting.default, tuple)
        problem = refused(kind, **{setting.name: (setting.default[0],) * (setting.max_length + 1)})
        assert f"{setting.min_length} to {setting.max_length} values" in problem.sentence
        assert f"it has {setting.max_length + 1}" in problem.sentence


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_what_is_written_is_what_is_read(self, kind: type[Spec]) -> None:
        @given(possible_values(kind))
        def there_and_back(values: dict[str, object]) -> None:
            texts = {name: text_of(value) for name, value in values.items()}  # type: ignore[arg-type]
            assert kind.parse(texts) == (values, ())

        there_and_back()

    def test_nonsense_is_explained_and_the_rest_is_used(self, kind: type[Spec]) -> None:
        @given(st.dictionaries(st.sampled_from([*kind.settings(), "speed"]), st.text(max_size=8), max_size=4))
        def parse(texts: dict[str, str]) -> None:
            values, problems = kind.parse(texts)
            assert {problem.field for problem in problems} == texts.keys() - values.keys()
            spec, relations = kind.check(values)
            assert (spec is None) == bool(relations)

        parse()

    def test_all_problems_come_at_once(self, kind: type[Spec]) -> None:
        wrong = {name: "?!" for name, setting in kind.settings().items() if not setting.is_list}
        spec, problems = kind.check({**wrong, "nonsense": 1})
        assert spec is None
        assert {problem.field for problem in problems} >= {"nonsense", *wrong} - {"device", "dataset"}


def test_a_spec_is_frozen_and_is_its_values() -> None:
    spec = preset("resnet18")
    with pytest.raises(ValueError, match="frozen"):
        spec.image_size = 3  # type: ignore[misc]
    assert spec == ResNetSpec()
    assert hash(spec) == hash(ResNetSpec())
    assert spec.replace(depths=[3, 3]).values["depths"] == (3, 3)
    assert spec.replace(width=48, bias=True).changes_from(spec) == {"width": 48, "bias": True}


def test_numbers_that_are_none() -> None:
    for value in (float("nan"), float("inf"), -float("inf")):
        assert refused(LeNetSpec, dropout=value).field == "dropout"
    assert refused(LeNetSpec, in_channels=True).field == "in_channels"
    assert refused(LeNetSpec, padding=2.0).field == "padding"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("On", True), ("false", False), (" off ", False)])
def test_switches_as_text(text: str, value: bool) -> None:
    assert ResNetSpec.parse({"bias": text}) == ({"bias": value}, ())


def test_lists_as_text() -> None:
    assert ResNetSpec.parse({"depths": "2, 2,2"}) == ({"depths": (2, 2, 2)}, ())
    assert LeNetSpec.parse({"dense_widths": " "}) == ({"dense_widths": ()}, ())
    _, (problem,) = ResNetSpec.parse({"depths": "2,x,2"})
    assert problem.sentence == "`depths` must be a whole number, and it is 'x': use 1 to 64."
    _, (problem,) = ResNetSpec.parse({"depths": "2,0"})
    assert (problem.field, problem.index) == ("depths", 1)
    assert problem.sentence == "`depths[1]` must be at least 1, and it is 0: use 1 to 64."


def test_an_unknown_field_has_a_near_match() -> None:
    problem = refused(ResNetSpec, depth=(2, 2))
    assert problem == Problem("depth", Sentence("`depth` is not a knob of ResNet: did you mean depths?"))
    assert "`zzz` is not a knob of ResNet: use " in refused(ResNetSpec, zzz=1).sentence


@pytest.mark.parametrize("digits", [17, 20, 4300, 4301, 60_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_that_no_browser_has_is_a_sentence(digits: int, sign: str) -> None:
    text = sign + "9" * digits
    for texts in ({"width": text}, {"depths": f"2,{text}"}):
        values, (problem,) = ResNetSpec.parse(texts)
        assert not values
        assert problem.field in texts
        assert "must be from -9007199254740991 to 9007199254740991, and it is '" in problem.sentence
        assert "use 1 to " in problem.sentence
        assert len(problem.sentence) < 600


@pytest.mark.parametrize("text", ["inf", "nan", "1e400", "9" * 60_000])
def test_a_number_that_is_not_finite_is_a_sentence(text: str) -> None:
    _, (problem,) = ResNetSpec.parse({"width_growth": text})
    assert problem.sentence.startswith("`width_growth` must be a finite number, and it is '")
    assert len(problem.sentence) < 500


def test_a_list_of_thousands_is_one_sentence() -> None:
    values, problems = ResNetSpec.parse({"depths": ",".join(["0"] * 30_000)})
    assert not values
    assert [problem.sentence for problem in problems] == [
        "`depths` must have 1 to 6 values, and it has 30000: add or remove some."
    ]


def test_a_thousand_unknown_names_are_a_few_sentences() -> None:
    _, problems = ResNetSpec.parse({f"name{i}": "1" for i in range(1000)})
    assert len(problems) == MOST_EXPLAINED + 1
    assert problems[0].sentence.startswith("`name0` is not a knob of ResNet: ")
    assert problems[-1].sentence == "990 more names are not knobs of ResNet: leave them out."


def test_an_unknown_preset_has_a_near_match() -> None:
    with pytest.raises(Refused, match=r"There is no preset 'resnet81': did you mean resnet\d+\?"):
        preset("resnet81")
    with pytest.raises(Refused, match="use lenet5_d2l, alexnet"):
        preset("")


class TestRelations:
    def test_lenet_lists_have_one_length(self) -> None:
        problem = refused(LeNetSpec, channels=(6, 16, 120))
        assert problem.field == "kernel_sizes"
        assert "they have 2 and 3" in problem.sentence

    def test_vgg_lists_have_one_length(self) -> None:
        problem = refused(VGGSpec, depths=(1, 2))
        assert problem.field == "widths"
        assert "they have 5 and 2" in problem.sentence

    def test_lenet_pools_follow_convolutions(self) -> None:
        problem = refused(LeNetSpec, num_pools=3)
        assert problem.field == "num_pools"
        assert "use 2 or less" in problem.sentence

    def test_resnet_stages_have_a_widest_and_a_narrowest(self) -> None:
        assert str(MAX_CHANNELS) in refused(ResNetSpec, width=2048, width_growth=4.0).sentence
        assert "at least one channel" in refused(ResNetSpec, width=1, width_growth=0.5).sentence
        widest = ResNetSpec(width=2048, width_growth=1.0, block="bottleneck", expansion=4, depths=(1,))
        assert widest.width * widest.expansion == MAX_CHANNELS
        assert "12288" in refused(ResNetSpec, **{**widest.values, "expansion": 6}).sentence
