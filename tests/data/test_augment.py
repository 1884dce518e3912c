"""Random changes of images: each does what its name says, all follow the random state, and none changes the shape."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data import augmented
from cnnlab.data.augment import augments
from cnnlab.training import Recipe


def how(crop_padding: int = 0, flip: bool = False, rotation: float = 0.0, erasing: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(crop_padding=crop_padding, flip=flip, rotation=rotation, erasing=erasing)


IMAGES = torch.arange(64 * 2 * 6 * 6, dtype=torch.int64).remainder(251).to(torch.uint8).view(64, 2, 6, 6)
FILL = torch.tensor([7.0, 9.0]).view(2, 1, 1)


def test_the_usual_recipe_changes_nothing() -> None:
    assert not augments(Recipe())
    assert augments(Recipe(flip=True))
    assert torch.equal(augmented(IMAGES, how(), FILL), IMAGES.float())


def test_half_of_the_images_are_flipped() -> None:
    changed = augmented(IMAGES, how(flip=True), FILL)
    flipped = [torch.equal(new, old.flip(-1)) for new, old in zip(changed, IMAGES.float(), strict=True)]
    same = [torch.equal(new, old) for new, old in zip(changed, IMAGES.float(), strict=True)]
    assert all(a != b for a, b in zip(flipped, same, strict=True))
    assert 16 < sum(flipped) < 48


def test_images_are_moved_by_whole_pixels_and_edges_repeated() -> None:
    changed = augmented(IMAGES, how(crop_padding=2), FILL)
    padded = torch.nn.functional.pad(IMAGES.float(), (2, 2, 2, 2), mode="replicate")
    seen = set()
    for new, old in zip(changed, padded, strict=True):
        places = [(r, c) for r in range(5) for c in range(5) if torch.equal(new, old[:, r : r + 6, c : c + 6])]
        assert places
        seen.update(places)
    assert len(seen) > 15


def test_a_rotation_leaves_the_middle_and_a_flat_image_alone() -> None:
    flat = torch.full((8, 1, 9, 9), 200, dtype=torch.uint8)
    torch.testing.assert_close(augmented(flat, how(rotation=45.0), FILL[:1]), flat.float())
    dot = torch.zeros(8, 1, 9, 9, dtype=torch.uint8)
    dot[:, :, 4, 4] = 100
    changed = augmented(dot, how(rotation=45.0), FILL[:1])
    torch.testing.assert_close(changed[:, :, 4, 4], torch.full((8, 1), 100.0))
    corner = torch.zeros(64, 1, 9, 9, dtype=torch.uint8)
    corner[:, :, 0, 4] = 100
    moved = augmented(corner, how(rotation=30.0), FILL[:1])
    assert (moved[:, 0, 0, 4] < 99).any()


def test_erasing_covers_a_rectangle_of_some() -> None:
    images = torch.full((400, 2, 24, 24), 200, dtype=torch.uint8)
    changed = augmented(images, how(erasing=0.5), FILL)
    covered = changed != 200
    assert set(changed[:, 0].unique().tolist()) == {7.0, 200.0}
    assert torch.equal(covered[:, 0], covered[:, 1])
    touched = covered.flatten(1).any(1)
    assert 140 < touched.sum() < 260
    for image in covered[touched, 0]:
        rows, columns = image.any(1), image.any(0)
        assert torch.equal(image, rows.unsqueeze(1) & columns)
        assert 3 <= rows.sum() <= 13
        assert 3 <= columns.sum() <= 13


@given(st.integers(0, 5), st.booleans(), st.sampled_from([0.0, 20.0]), st.sampled_from([0.0, 0.7]), st.integers(0, 99))
def test_the_random_state_decides(shift: int, flip: bool, rotation: float, erasing: float, seed: int) -> None:
    def once() -> torch.Tensor:
        torch.manual_seed(seed)
        return augmented(IMAGES, how(shift, flip, rotation, erasing), FILL)

    changed = once()
    assert changed.shape == IMAGES.shape
    assert changed.dtype == torch.float32
    assert torch.equal(changed, once())
    assert changed.min() >= 0
    assert changed.max() <= 255


@pytest.mark.parametrize("change", [{"crop_padding": 2}, {"flip": True}, {"rotation": 20.0}, {"erasing": 0.5}])
def test_a_generator_of_ones_own_decides_alone(change: dict[str, Any]) -> None:
    state = torch.get_rng_state()
    first, again, other = (
        augmented(IMAGES, how(**change), FILL, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("field", ["crop_padding", "rotation", "erasing"])
def test_recipes_have_what_is_asked_of_them(field: str) -> None:
    assert getattr(Recipe(), field) == 0
