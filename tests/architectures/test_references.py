"""torchvision's networks as references: which there are, what they cost, and what torchvision says of them."""

import pytest
import torch
from torchvision import models

from cnnlab.analysis import analyse
from cnnlab.architectures import FAMILIES, preset, preset_names
from cnnlab.building import build
from cnnlab.spec import Refused

REFERENCES = FAMILIES["torchvision"]
NAMED = (
    "squeezenet1_0",
    "shufflenet_v2_x1_0",
    "efficientnet_b0",
    "convnext_tiny",
    "regnet_y_400mf",
)
ATTENTION = ["torchvision:swin_t", "torchvision:vit_b_16"]
USUAL = [name for name in REFERENCES.presets if name.removeprefix("torchvision:") in NAMED]
LARGE_SPECS = [
    pytest.param(name, marks=pytest.mark.sweep) for name in REFERENCES.presets if name not in (*USUAL, *ATTENTION)
]


def test_every_classifier_of_torchvision_is_there() -> None:
    assert {f"torchvision:{name}" for name in models.list_models(module=models)} == REFERENCES.presets.keys()
    assert REFERENCES.published.keys() == REFERENCES.presets.keys()


@pytest.mark.parametrize("name", [*USUAL, *ATTENTION, *LARGE_SPECS])
def test_its_numbers_are_those_that_torchvision_publishes(name: str) -> None:
    report, published = analyse(preset(name)), REFERENCES.published[name]
    assert report.problem is None
    assert report.params == published.params
    assert published.macs is not None
    assert not report.unknown
    assert round(report.macs / 1e9, 3) * 1e9 == pytest.approx(published.macs)


@pytest.mark.parametrize("name", USUAL)
def test_it_is_torchvisions_network(name: str) -> None:
    torch.manual_seed(0)
    ours = build(preset(name).replace(num_classes=7)).eval()
    torch.manual_seed(0)
    theirs = models.get_model(name.removeprefix("torchvision:"), weights=None, num_classes=7).eval()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=0, atol=0)


def test_they_are_read_only_and_not_among_our_presets() -> None:
    assert [family.name for family in FAMILIES.values() if family.is_read_only] == ["torchvision"]
    assert not REFERENCES.presets.keys() & set(preset_names())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"in_channels": 1}, "`in_channels` must be at least 3, and it is 1"),
        ({"width": 3}, "`width` is not a knob of a reference"),
        (
            {"builder": "vit_b_16", "image_size": 100},
            "`image_size` must be a multiple of 16, the patch size of `vit_b_16`",
        ),
        ({"builder": "resnet19"}, "`builder` must be one of its choices, and it is 'resnet19'"),
    ],
)
def test_what_it_cannot_take_has_its_sentence(changes: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words.replace("(", r"\(")):
        preset("torchvision:squeezenet1_0").replace(**changes)


def test_an_image_that_is_too_small_has_its_sentence() -> None:
    with pytest.raises(Refused, match="too small for its 3x3 window: use images of at least"):
        build(preset("torchvision:squeezenet1_0").replace(image_size=16))


def test_an_unknown_name_is_met_with_a_near_one() -> None:
    with pytest.raises(Refused, match="did you mean torchvision:regnet_y_400mf"):
        preset("torchvision:regnet_y_400m")
