"""What somebody has drawn, or photographed, as an image of a data set: prepared in the way in which its images were.

MNIST's digits were scaled into a box of 20x20 pixels, with their proportions kept and grey edges, and then moved so
that the centre of their mass is that of a field of 28x28 (LeCun, Cortes, Burges 1998,
https://yann.lecun.org/exdb/mnist/). A network that has only seen such images does not recognise a digit in a corner.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnnlab.data.cards import DatasetCard

Drawing = NDArray[np.uint8]
"""A drawing, (H, W), light on dark: 0 is the ground, and 255 the ink."""

FAINT = 24
"""What is not lighter than this is ground: the shadows of a photo, and the softest edge of a stroke."""

_IS_INK = [0] * (FAINT + 1) + [255] * (255 - FAINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How the images of a set were made: scaled to fit `box`, and centred in a square field of `field`.

    The centre is that of their mass, or else the middle of what they cover; both are in pixels. The field is reduced to
    the side of the set's images.
    """

    field: int
    box: int
    by_mass: bool


_MNIST = Preparation(field=28, box=20, by_mass=True)
# The longest edge has the length of the field (Xiao, Rasul, Vollgraf 2017, section 2).
_FILLING = Preparation(field=28, box=28, by_mass=False)

PREPARATIONS: dict[str, Preparation] = {
    # Bitmaps of 32x32, which the digit fills, counted in blocks of 4x4 (Alpaydin, Kaynak 1998).
    "digits": Preparation(field=32, box=32, by_mass=False),
    "mnist5k": _MNIST,
    "mnist": _MNIST,
    "fashion_mnist": _FILLING,
    "kmnist": _FILLING,
}
"""By the name of the set: those of one channel, whose images are light on dark."""


def can_be_drawn(card: DatasetCard) -> bool:
    """Whether a drawing can look like the images of the set."""
    return card.name in PREPARATIONS


def prepared(drawing: Drawing, card: DatasetCard) -> Tensor | None:
    """The drawing as the images of the set are, uint8 (1, side, side); None if nothing is drawn.

    >>> import numpy as np
    >>> from cnnlab.data import DATASETS
    >>> corner = np.zeros((112, 112), dtype=np.uint8)
    >>> corner[4:24, 4:24] = 255
    >>> image = prepared(corner, DATASETS["mnist"])
    >>> image.shape, [round(float(i)) for i in image[0].nonzero().float().mean(0)]
    (torch.Size([1, 28, 28]), [14, 14])
    """
    whole = Image.fromarray(drawing)
    covered = _inked(whole)
    if covered is None:
        return None
    how = PREPARATIONS[card.name]
    left, top, right, bottom = covered
    scale = how.box / max(bottom - top, right - left)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    ink = whole.resize(size, Image.Resampling.BILINEAR, box=covered)
    field = Image.new("L", (how.field, how.field))
    field.paste(ink, _corner(np.asarray(ink), how))
    return _image(field, card)


def as_drawn(drawing: Drawing, card: DatasetCard) -> Tensor | None:
    """The whole drawing in the size of the set's images, uint8 (1, side, side); None if nothing is drawn."""
    whole = Image.fromarray(drawing)
    return None if _inked(whole) is None else _image(whole, card)


def light_on_dark(picture: NDArray[np.uint8]) -> Drawing:
    """A photo or a scan, (H, W), as a drawing: what its edge shows is the ground, 0, and the ink is up to 255."""
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    ink = np.abs(picture.astype(np.float32) - np.median(edge))
    # Paper is not evenly lit: what differs from its edge as the edge itself does is no ink.
    shadow = max(float(FAINT), 2 * float(np.abs(edge - np.median(edge)).mean()))
    strongest = float(ink.max())
    if strongest <= shadow:
        return np.zeros_like(picture)
    return np.clip((ink - shadow) * (255 / (strongest - shadow)), 0, 255).round().astype(np.uint8)


def _inked(drawing: Image.Image) -> tuple[int, int, int, int] | None:
    """What the ink covers, as left, top, right and bottom; None without any."""
    return drawing.point(_IS_INK).getbbox()


def _corner(ink: NDArray[np.uint8], how: Preparation) -> tuple[int, int]:
    """Where the upper left corner of the ink lies in the field, as column and row."""
    height, width = ink.shape
    if not how.by_mass:
        return (how.field - width) // 2, (how.field - height) // 2
    mass = max(float(ink.sum(dtype=np.float64)), 1.0)
    column, row = ink.sum(0) @ np.arange(width) / mass, ink.sum(1) @ np.arange(height) / mass
    # Of MNIST's own images the mean is the pixel of that index, not the line before it.
    return round(how.field / 2 - column), round(how.field / 2 - row)


def _image(drawn: Image.Image, card: DatasetCard) -> Tensor:
    side = (card.side, card.side)
    reduced = drawn if drawn.size == side else drawn.resize(side, Image.Resampling.BOX)
    return torch.from_numpy(np.array(reduced))[None]
