"""No address is too strange for a page: no exception, whatever its parameters are."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from cnnlab.architectures import FAMILIES
from cnnlab.data import DATASETS
from cnnlab.training import Recipe
from cnnlab.ui.convolution.link import PAGE_PARTS, PLACE
from cnnlab.ui.state.link import FILTER_PARAMETERS, INSIDE_PARAMETERS
from cnnlab.words.reading import LARGEST
from tests.ui.conftest import open_page

pytestmark = pytest.mark.usefixtures("store")

PAGES = ("explore", "compare", "convolution", "train", "runs", "inside")

SPECS = [Recipe, *PAGE_PARTS.values(), *(family.spec for family in FAMILIES.values())]
NAMES = sorted(
    {
        "preset",
        "net",
        "baseline",
        "run",
        "part",
        "x",
        "y",
        "other",
        "along",
        *PLACE,
        *FILTER_PARAMETERS,
        *INSIDE_PARAMETERS,
    }.union(*(s.settings() for s in SPECS))
)
"""Every name that some page reads."""

PRESETS = [next(iter(family.presets)) for family in FAMILIES.values() if not family.is_read_only]

DIGITS = [sign + "9" * count for count in (1, 9, 16, 20, 300, 4300, 4301, 60_000) for sign in ("", "-")]
NUMBERS = some.sampled_from([*DIGITS, "0", "1", str(LARGEST), str(LARGEST + 1), "1e308", "1e400", "inf", "nan", "1.5"])
BLOCKS = some.sampled_from(
    [
        f"convolution out_channels={'9' * 20}",
        f"pooling kernel_size={'9' * 5000}",
        "dropout p=nan",
        "dropout p=1e308",
        "dense out_features=-1",
        "flatten",
        "block",
        "dense_block num_layers=64 growth_rate=1",
        "",
    ]
)
TEXTS = some.one_of(
    NUMBERS,
    some.text(max_size=20),
    some.sampled_from(
        ["x" * 60_000, "true", "None", "[]", "{}", "%", "resnet18", "resnet18:width=", *PRESETS, *DATASETS]
    ),
    some.lists(NUMBERS, max_size=5).map(",".join),
    some.integers(1, 3000).map(lambda count: ",".join(["1"] * count)),
    some.lists(BLOCKS, max_size=101).map(",".join),
)
LINKS = some.builds(
    lambda preset, rest: {"preset": preset, **rest} if preset else rest,
    some.none() | some.sampled_from(PRESETS),
    some.dictionaries(some.sampled_from(NAMES) | some.text(min_size=1, max_size=9), TEXTS, max_size=8),
)
"""Some good and some bad parameters at once."""

WORST: list[Mapping[str, str]] = [
    dict.fromkeys(NAMES, "9" * 5000),
    dict.fromkeys(NAMES, "9" * 20),
    dict.fromkeys(NAMES, "x" * 60000),
    {name: ",".join(["1"] * 5000) for name in NAMES},
    {"preset": "custom_mnist", "blocks": f"convolution out_channels={'9' * 20},pooling stride={'9' * 5000}"},
    {"preset": "custom_mnist", "blocks": ",".join(["dense_block num_layers=64 growth_rate=1"] * 100)},
    {"part": "steps", "kernel": "typed", "weights": "9" * 60_000},
    {"part": "steps", "kernel": "typed", "weights": "9" * 40},
    {"step": "1", "map": "9" * 5000, "row": "1", "column": "9" * 20},
]


def opened(name: str, link: Mapping[str, str]) -> None:
    """Opens the page; fails on an exception, or on a sentence that nobody would read to its end."""
    test = open_page(name, **{key: text for key, text in link.items() if key not in ("name", "embed", "embed_options")})
    for element in (*test.warning, *test.error):
        assert max(map(len, element.value.split("\n"))) < 3000


@pytest.mark.parametrize("link", WORST, ids=range(len(WORST)))
@pytest.mark.parametrize("name", PAGES)
def test_the_worst_links_open(name: str, link: Mapping[str, str]) -> None:
    opened(name, link)


def fuzzed(name: str, count: int) -> None:
    """Opens as many random links."""

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(LINKS)
    def open_link(link: Mapping[str, str]) -> None:
        opened(name, link)

    open_link()


@pytest.mark.parametrize("name", PAGES)
def test_random_links_open(name: str) -> None:
    fuzzed(name, 6)


@pytest.mark.sweep
@pytest.mark.parametrize("name", PAGES)
def test_many_random_links_open(name: str) -> None:
    fuzzed(name, 1000)


@pytest.mark.parametrize("name", ["explore", "train", "convolution", "compare"])
def test_what_other_sites_add_to_a_link_is_kept_quietly(name: str) -> None:
    added = {"fbclid": "a", "gclid": "b", "utm_source": "c", "utm_campaign": "d"}
    test = open_page(name, **added)
    assert not [*test.warning, *test.error]
    assert {parameter: test.query_params[parameter] for parameter in added} == added


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("name", "link", "label", "meant"),
    [
        ("explore", {"preset": "resnet81", "width": "48"}, "Use resnet18", {"preset": "resnet18", "width": "48"}),
        ("explore", {"widht": "48", "depths": "3,2,2,2"}, "Set Width of the first stage to 48", {"width": "48"}),
        ("explore", {"depths": "3,0,3"}, "Set Blocks per stage to 3,1,3", {"depths": "3,1,3"}),
        ("explore", {"hide": "widht"}, "Hide Width of the first stage", {"hide": "width"}),
        ("train", {"batch_size": "0"}, "Set Batch size to 2", {"batch_size": "2"}),
        ("train", {"activation": "Sigmoids"}, "Set Activation to sigmoid", {"activation": "sigmoid"}),
        ("convolution", {"part": "costs", "padding": "3"}, "Show cost", {"part": "cost", "padding": "3"}),
        ("convolution", {"kernel": "Sobel-y"}, "Set Kernel to sobel_y", {"kernel": "sobel_y"}),
    ],
)
def test_what_a_link_meant_is_a_button(
    name: str, link: Mapping[str, str], label: str, meant: Mapping[str, str]
) -> None:
    test = open_page(name, **link)
    (button,) = (button for button in test.button if button.label.replace("\\", "") == label)
    button.click().run()
    assert not test.exception
    assert not test.warning
    written = test.query_params
    assert {field: [text] for field, text in meant.items()} == {field: as_list(written[field]) for field in meant}
