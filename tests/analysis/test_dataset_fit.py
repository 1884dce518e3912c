"""Networks fitted to data sets: every preset to every card, or a sentence why not."""

from dataclasses import replace

import pytest

from cnnlab.analysis import dataset_fit
from cnnlab.analysis.dataset_fit import match_dataset, match_dataset_if_needed
from cnnlab.architectures import FAMILIES, preset
from cnnlab.data import DATASETS
from cnnlab.data.cards import DatasetCard
from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence

OWN = replace(DATASETS["digits"], name="own-x", title="x", origin="own")
CARDS = [
    *DATASETS.values(),
    *(replace(OWN, side=side, in_channels=channels) for side in (16, 48, 224) for channels in (1, 3)),
]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: f"{card.name}-{card.in_channels}x{card.side}")
def test_every_preset_is_fitted_to_every_data_set(card: DatasetCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_fit, "diagnose", lambda _: None)  # nothing is built
    for family in FAMILIES.values():
        for spec in family.presets.values():
            fitted = match_dataset(spec, card)
            assert fitted.num_classes == card.num_classes
            assert fitted.in_channels == (3 if family.is_read_only else card.in_channels)
            assert fitted.image_size >= card.side
            assert match_dataset_if_needed(spec, card) in (spec, fitted)


@pytest.mark.parametrize(
    "name", ["torchvision:squeezenet1_0", "torchvision:vit_b_16", "torchvision:shufflenet_v2_x0_5"]
)
def test_a_reference_takes_grey_images_as_colours(name: str) -> None:
    fitted = match_dataset(preset(name), DATASETS["mnist5k"])
    assert (fitted.in_channels, fitted.num_classes) == (3, 10)
    assert fitted.image_size < 100


def test_a_network_that_no_size_fits_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem("image_size", Sentence("It breaks."))
    monkeypatch.setattr(dataset_fit, "diagnose", lambda _: problem)
    with pytest.raises(Refused, match="works with none of the image sizes 28, 32, 64, 96, 128, 224, to which"):
        match_dataset(preset("resnet18"), DATASETS["mnist5k"])


def test_too_many_classes_are_a_sentence() -> None:
    many = replace(OWN, classes=tuple(map(str, range(30_000))))
    with pytest.raises(Refused, match="`num_classes` must be at most 21841, and it is 30000"):
        match_dataset(preset("resnet18"), many)
