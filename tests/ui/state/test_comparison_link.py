"""The address of a comparison: what is written is read back, and what is refused leaves the rest."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cnnlab.analysis.comparison.ready import READY_COMPARISONS
from cnnlab.analysis.entries import entry_of
from cnnlab.architectures import FAMILIES, Family, NetworkSpec, preset, preset_names
from cnnlab.building import diagnose
from cnnlab.spec import Problem, Refused
from cnnlab.ui.state import comparison_link
from cnnlab.ui.state.comparison_link import (
    MOST_NETWORKS,
    RUN,
    ComparedNetwork,
    Comparison,
    read_comparison,
    read_network,
    read_pasted,
    write_comparison,
    write_network,
)
from cnnlab.ui.state.comparison_view import options_of, read_view, write_view
from tests.strategies import specs

RESNET18 = preset("resnet18")
NARROW = RESNET18.replace(width=48, depths=(2, 2, 3, 2))


def _text(parameters: Mapping[str, str | list[str]]) -> str:
    """The part of a link behind the question mark, as a person would write it."""
    return urlencode(parameters, doseq=True, safe=",:=")


def there_and_back(comparison: Comparison) -> tuple[Comparison, tuple[Problem, ...]]:
    return read_comparison(parse_qs(_text(write_comparison(comparison))))


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_name_alone(name: str) -> None:
    assert write_network(ComparedNetwork(preset(name))) == name
    assert read_network(name) == ComparedNetwork(preset(name))


SLOW = {"inception_v3", "googlenet", "densenet", "xception", "torchvision"}


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, id=family.name, marks=pytest.mark.sweep if family.name in SLOW else [])
        for family in FAMILIES.values()
    ],
)
def test_any_network_goes_into_the_address_and_back(family: Family) -> None:
    @settings(max_examples=6)
    @given(specs(family))
    def there_and_back(spec: NetworkSpec) -> None:
        text = write_network(ComparedNetwork(spec, "h7k2m9"))
        if diagnose(spec) is None:
            assert read_network(text) == ComparedNetwork(spec, "h7k2m9")
        else:
            with pytest.raises(Refused):
                read_network(text)

    there_and_back()


@pytest.mark.parametrize("ready", READY_COMPARISONS.values(), ids=READY_COMPARISONS)
def test_ready_comparisons_go_into_the_address_and_back(ready: object) -> None:
    comparison = Comparison(tuple(map(ComparedNetwork, ready.networks)), baseline=1)  # type: ignore[attr-defined]
    assert there_and_back(comparison) == (comparison, ())


def test_a_person_can_read_it() -> None:
    comparison = Comparison(
        (ComparedNetwork(RESNET18), ComparedNetwork(NARROW), ComparedNetwork(RESNET18, "h7k2m9")), baseline=2
    )
    text = _text(write_comparison(comparison))
    assert text == "net=resnet18&net=resnet18:width=48:depths=2,2,3,2&net=resnet18:run=h7k2m9&baseline=3"
    assert there_and_back(comparison) == (comparison, ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("resnet19", "There is no preset 'resnet19': did you mean resnet18?"),
        ("resnet18:width", "A change is written field=value, and it is 'width': write resnet18:width=VALUE."),
        ("resnet18:width=lots", "Width of the first stage must be a whole number, and it is 'lots'"),
        ("resnet18:colour=red", "`colour` is not a knob of ResNet"),
        ("resnet18:width=2048", "A layer may have at most"),
        ("lenet5_tutorial:image_size=8", "too small for its"),
        ("", "There is no preset ''"),
    ],
)
def test_a_bad_part_is_a_sentence_and_the_rest_is_used(text: str, sentence: str) -> None:
    found, problems = read_comparison({"net": ["alexnet", text, "vgg16"], "baseline": ["3"]})
    assert found == Comparison((ComparedNetwork(preset("alexnet")), ComparedNetwork(preset("vgg16"))), baseline=1)
    (told,) = problems
    assert told.titled.startswith(f"Network 2 of the link, {text!r}: ")
    assert sentence in told.titled


@pytest.mark.parametrize("baseline", ["0", "3", "x", "-1", "1.0", "²", "", "9" * 300])
def test_a_baseline_that_is_not_there_is_a_sentence(baseline: str) -> None:
    found, problems = read_comparison({"net": ["alexnet", "vgg16"], "baseline": [baseline]})
    assert found.baseline == 0
    assert [problem.titled for problem in problems] == [
        f"`baseline` must be the number of a network, 1 to 2, and it is {baseline!r}: the first is used."
    ]


def test_more_than_eight_are_cut_with_a_sentence() -> None:
    names = preset_names()[: MOST_NETWORKS + 2]
    found, problems = read_comparison({"net": names})
    assert [write_network(network) for network in found.networks] == names[:MOST_NETWORKS]
    assert [problem.titled for problem in problems] == [
        "A comparison has at most 8 networks, and the link names 10: the first 8 are used."
    ]


def test_networks_that_are_cut_off_are_not_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(text: str) -> ComparedNetwork:
        read.append(text)
        return read_network(text)

    monkeypatch.setattr(comparison_link, "read_network", reading)
    names = [f"resnet18:width={width}" for width in range(1, 1001)]
    found, problems = read_comparison({"net": names, "baseline": ["900"]})
    assert read == names[:MOST_NETWORKS]
    assert len(found.networks) == MOST_NETWORKS
    assert problems[0].titled == "A comparison has at most 8 networks, and the link names 1000: the first 8 are used."
    assert problems[1].titled.startswith("`baseline` must be the number of a network, 1 to 8, and it is '900'")
    networks, (too_many,) = read_pasted(f"http://lab/compare?{'&'.join(f'net={name}' for name in names)}")
    assert not networks
    assert "at most 8 networks, and these are 1000" in too_many.titled
    assert read == names[:MOST_NETWORKS]


def test_nothing_asked_for_is_nothing_found() -> None:
    assert read_comparison({}) == (Comparison(), ())


@given(some.lists(some.text(max_size=30) | some.sampled_from(["resnet18:width=", "vgg11:run=", ":", "=", "a:b=c"])))
def test_no_address_is_too_strange(texts: list[str]) -> None:
    found, problems = read_comparison({"net": texts, "baseline": texts})
    assert len(found.networks) <= MOST_NETWORKS
    assert 0 <= found.baseline < max(len(found.networks), 1)
    assert all(problem.titled for problem in problems)


def test_no_field_of_a_network_is_called_like_a_run() -> None:
    assert not any(RUN in family.spec.settings() for family in FAMILIES.values())


class TestPasted:
    def test_links_of_all_pages_and_names(self) -> None:
        explore = "http://127.0.0.1:8501/?preset=resnet18&width=48&depths=2%2C2%2C3%2C2"
        train = "http://lab/train?preset=resnet18&width=48&depths=2,2,3,2&epochs=5&run=abc"
        narrow = (ComparedNetwork(NARROW),), ()
        assert read_pasted(explore) == read_pasted(train) == narrow
        assert read_pasted(" resnet18:width=48:depths=2,2,3,2 ") == narrow
        whole = "http://lab/compare?net=resnet18&net=resnet18%3Awidth%3D48%3Adepths%3D2%2C2%2C3%2C2&baseline=2"
        assert read_pasted(whole) == ((ComparedNetwork(RESNET18), ComparedNetwork(NARROW)), ())

    @pytest.mark.parametrize(
        "text",
        ["", "http://lab/", "http://lab/?x=1", "?preset=resnet19", "resnet 18", "?net=", "http://[x", "x" * 60_000],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        networks, problems = read_pasted(text)
        assert not networks
        assert problems

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("resnet19:width=48", "resnet18:width=48"),
            ("resnet18:width=0", "resnet18:width=1"),
            ("http://lab/?preset=resnet18&widht=48", "resnet18:width=48"),
            ("resnet18:depths=3,0,3", "resnet18:depths=3,1,3"),
            ("resnet18:depths=2,2,2,2,2,2,2", "resnet18:depths=2,2,2,2,2,2"),
            ("resnet18:activation=RELUU:width=48", "resnet18:activation=relu:width=48"),
            ("resnet18:width=64.4:num_classes=9", "resnet18:width=64:num_classes=9"),
            ("resnet18:convolution=grouped:groups=3", "resnet18:convolution=grouped:groups=2"),
            ("lenet5_tutorial:image_size=8:run=h7k2m9", "lenet5_tutorial:image_size=16:run=h7k2m9"),
        ],
    )
    def test_a_remedy_is_the_text_of_the_network_that_was_meant(self, text: str, meant: str) -> None:
        _, problems = read_pasted(text)
        remedy = problems[0].remedies[0]
        assert remedy.value == meant

    def test_valid_networks_beside_a_wrong_one_are_read(self) -> None:
        networks, (problem,) = read_pasted("http://lab/compare?net=vgg11&net=resnet18:width=0&net=alexnet")
        assert [write_network(network) for network in networks] == ["vgg11", "alexnet"]
        assert problem.index == 1


class TestComparison:
    three = Comparison(
        (ComparedNetwork(RESNET18), ComparedNetwork(NARROW), ComparedNetwork(preset("vgg11"))), baseline=1
    )

    def test_a_network_is_there_once_but_may_have_several_runs(self) -> None:
        assert self.three.with_network(ComparedNetwork(NARROW)) == self.three
        assert len(self.three.with_network(ComparedNetwork(NARROW, "h7k2m9")).networks) == 4

    def test_there_is_room_for_eight(self) -> None:
        full = Comparison(tuple(ComparedNetwork(preset(name)) for name in preset_names()[:MOST_NETWORKS]))
        with pytest.raises(Refused, match="at most 8 networks, and these are 9"):
            full.with_network(ComparedNetwork(NARROW))

    @pytest.mark.parametrize(("removed", "baseline"), [(0, 0), (1, 0), (2, 1)])
    def test_the_baseline_stays_the_baseline(self, removed: int, baseline: int) -> None:
        left = self.three.without(removed)
        assert left.baseline == baseline
        assert len(left.networks) == 2
        if removed != self.three.baseline:
            assert left.networks[baseline] == self.three.networks[self.three.baseline]


class TestView:
    fields = options_of([entry_of(RESNET18), entry_of(NARROW), entry_of(preset("vgg11"))], 1)

    def test_only_what_is_not_as_usual_is_written(self) -> None:
        usual = {field: options.usual for field, options in self.fields.items()}
        assert write_view(usual, self.fields) == {}
        chosen = {**usual, "x": "year", "along": "side", "other": "3"}
        assert write_view(chosen, self.fields) == {"x": "year", "along": "side", "other": "3"}
        assert read_view(write_view(chosen, self.fields), self.fields)[0] == {
            "x": "year",
            "along": "side",
            "other": "3",
        }

    def test_what_is_not_there_is_a_sentence(self) -> None:
        view, sentences = read_view({"x": "beauty", "other": "2", "y": "macs"}, self.fields)
        assert view == {"y": "macs"}
        assert sentences[0].startswith("`x` must be one of params, macs, ")
        assert "and it is 'beauty'" in sentences[0]
        assert "`other` must be one of 1, 3" in sentences[1]
