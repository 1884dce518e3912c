"""The images that a run was evaluated on as small pictures, made once for all visitors."""

import base64
import io

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from cnnlab.bounded_cache import bounded_cache
from cnnlab.data.adapted import grey, resized
from cnnlab.runs.results.answers import evaluated_part
from cnnlab.training.answers import EvaluatedPart
from cnnlab.ui.components.gallery.gallery import Sprite
from cnnlab.ui.state.store import run_store

LARGEST_SIDE = 96
"""Larger images are made as small as this, in pixels: they are shown no larger."""

PIXELATED_SIDE = 32
"""Of images up to this size the pixels are shown."""

MAX_BYTES = 48 * 2**20
"""The pictures that are kept in memory."""


@bounded_cache(size=lambda sprite: len(sprite.url), limit=MAX_BYTES)
def sprite_of(key: tuple[str, EvaluatedPart, tuple[int, ...]]) -> Sprite:
    """The images of those numbers, of that part of the run of that id. Raises `Refused` where the set is missing."""
    run_id, part, numbers = key
    images = evaluated_part(run_store().run(run_id), part).images(torch.tensor(numbers, dtype=torch.int64))
    small = resized(images if images.shape[1] == 3 else grey(images), min(images.shape[-1], LARGEST_SIDE))
    return Sprite(url=_data_url(small.numpy()), count=len(numbers), is_pixelated=small.shape[-1] <= PIXELATED_SIDE)


def _data_url(images: npt.NDArray[np.uint8]) -> str:
    """The images (N, C, H, H), of 1 or 3 channels, below each other; small ones exactly, larger ones as photographs."""
    count, channels, side, _ = images.shape
    column = images.transpose(0, 2, 3, 1).reshape(count * side, side, channels)
    kind = "png" if side <= PIXELATED_SIDE else "jpeg"
    file = io.BytesIO()
    Image.fromarray(column[:, :, 0] if channels == 1 else column).save(file, kind)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
