"""Drawings that are prepared as the images of a data set were: where they lie, and that networks know them again."""

import numpy as np
import pytest
import torch
from PIL import Image

from cnnlab.architectures import preset
from cnnlab.data import DATASETS, load
from cnnlab.data.drawn import PREPARATIONS, Drawing, as_drawn, can_be_drawn, light_on_dark, prepared
from cnnlab.training import Recipe
from cnnlab.training.loop import Training

SIDE = 112


def drawn(image: Drawing, side: int, *, row: int = 0, column: int = 0) -> Drawing:
    """An image in another size, somewhere on a large pad."""
    pad = np.zeros((SIDE, SIDE), dtype=np.uint8)
    pad[row : row + side, column : column + side] = Image.fromarray(image).resize((side, side))
    return pad


def box(*, top: int, left: int, height: int, width: int) -> Drawing:
    pad = np.zeros((SIDE, SIDE), dtype=np.uint8)
    pad[top : top + height, left : left + width] = 255
    return pad


def covered(image: torch.Tensor) -> tuple[int, int, int, int]:
    """First row, last row, first column and last column that are not dark."""
    rows, columns = ((image[0] > 127).any(dim).nonzero().squeeze(1) for dim in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_what_mnist_contains_is_left_as_it_is() -> None:
    images = load("mnist5k").test_images[::10]
    change = [(prepared(image[0].numpy(), DATASETS["mnist5k"]).float() - image).abs().mean() for image in images]  # type: ignore[union-attr]
    assert np.median(change) == 0
    assert np.quantile(change, 0.9) < 1  # of 255; the mean of their ink is 34


@pytest.mark.parametrize(("height", "width"), [(60, 30), (30, 60), (8, 2), (100, 100), (112, 3)])
def test_a_drawing_fits_the_box_and_keeps_its_proportions(height: int, width: int) -> None:
    image = prepared(box(top=0, left=5, height=height, width=width), DATASETS["mnist"])
    assert image is not None
    assert (image.shape, image.dtype) == ((1, 28, 28), torch.uint8)
    top, bottom, left, right = covered(image)
    shape = (bottom - top + 1, right - left + 1)
    assert max(shape) == 20
    assert min(shape) == pytest.approx(20 * min(height, width) / max(height, width), abs=1)


def test_the_centre_is_that_of_the_mass_in_mnist_and_of_the_box_in_other_sets() -> None:
    # A thin line up, and a bar at its foot: most of its mass is below.
    drawing = box(top=10, left=20, height=60, width=6)
    drawing[60:70, 20:80] = 255
    by_mass, by_box = (prepared(drawing, DATASETS[name]) for name in ("mnist", "fashion_mnist"))
    assert by_mass is not None
    assert by_box is not None
    ink = by_mass[0].float()
    at = torch.arange(28.0)
    assert float((ink.sum(1) * at).sum() / ink.sum()) == pytest.approx(14, abs=0.6)
    assert float((ink.sum(0) * at).sum() / ink.sum()) == pytest.approx(14, abs=0.6)
    assert covered(by_box) == (0, 27, 0, 27)


def test_a_digit_of_8_pixels_fills_its_height() -> None:
    image = prepared(box(top=70, left=80, height=40, width=20), DATASETS["digits"])
    assert image is not None
    assert image.shape == (1, 8, 8)
    assert covered(image) == (0, 7, 2, 5)


def test_an_empty_pad_is_no_image() -> None:
    empty, faint = np.zeros((SIDE, SIDE), dtype=np.uint8), np.full((SIDE, SIDE), 10, dtype=np.uint8)
    for drawing in (empty, faint):
        assert prepared(drawing, DATASETS["mnist"]) is None
        assert as_drawn(drawing, DATASETS["mnist"]) is None


def test_ink_on_paper_becomes_light_on_dark() -> None:
    on_dark = box(top=30, left=40, height=50, width=20)
    assert np.array_equal(light_on_dark(on_dark), on_dark)
    assert np.array_equal(light_on_dark(255 - on_dark), on_dark)
    paper = np.linspace(180, 220, SIDE).astype(np.uint8) + np.zeros((SIDE, 1), dtype=np.uint8)
    found = light_on_dark(np.where(on_dark > 0, 40, paper).astype(np.uint8))
    assert (found[on_dark > 0] > 200).all()
    assert (found[on_dark == 0] == 0).all()
    assert not light_on_dark(np.full((SIDE, SIDE), 90, dtype=np.uint8)).any()


def test_every_set_of_one_channel_can_be_drawn() -> None:
    assert set(PREPARATIONS) == {name for name, card in DATASETS.items() if card.in_channels == 1}
    assert not can_be_drawn(DATASETS["cifar10"])


def test_a_network_knows_moved_and_scaled_digits_if_they_are_prepared() -> None:
    training = Training(preset("lenet5_tutorial"), Recipe(dataset="mnist5k", epochs=2, train_share=0.5, batch_size=32))
    for _ in training.events():
        pass
    network, data = training.network.eval(), training.data
    originals = load("mnist5k").test_images[::2, 0].numpy()
    labels = data.test_labels[::2]

    def accuracy(images: list[torch.Tensor | None]) -> float:
        kept = torch.cat([data.as_kept(image) for image in images if image is not None])
        assert len(kept) == len(labels)
        with torch.no_grad():
            answers = network(data.batch(kept, torch.arange(len(kept)))).argmax(1)
        return float((answers == labels).float().mean())

    random = np.random.default_rng(0)
    pads = []
    for image in originals:
        side = int(random.integers(40, SIDE))
        row, column = random.integers(0, SIDE - side, 2)
        pads.append(drawn(image, side, row=int(row), column=int(column)))
    original = accuracy([torch.from_numpy(image.copy())[None] for image in originals])
    moved = accuracy([prepared(pad, data.card) for pad in pads])
    photographed = accuracy([prepared(light_on_dark(210 - pad // 2), data.card) for pad in pads])
    unprepared = accuracy([as_drawn(pad, data.card) for pad in pads])
    assert original > 0.9
    assert moved > original - 0.02
    assert photographed > original - 0.03
    assert unprepared < 0.65
