"""Maps as pictures: values that are never negative in grey, others by their sign."""

import base64
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme
from cnnlab.words.sentence import Sentence

Values = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
"""(height, width, 3) or, with transparency, 4."""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """The least and the largest finite value of maps, which decide their colours."""

    low: float
    high: float

    @property
    def is_signed(self) -> bool:
        return self.low < 0

    @property
    def largest(self) -> float:
        """The magnitude that gets the full colour."""
        return max(abs(self.low), abs(self.high))


def range_of(values: Values) -> ValueRange:
    """The range of all values that are finite; 0 to 0 where none is."""
    finite = values[np.isfinite(values)]
    return ValueRange(float(finite.min()), float(finite.max())) if finite.size else ValueRange(0.0, 0.0)


def coloured(values: Values, scale: ValueRange, theme: Theme) -> Picture:
    """The values as a picture of one more dimension of length 3: black is 0 and white the largest, or by their sign.

    A negative value is vermilion, a positive one blue, and 0 has the colour of the ground. What is not finite is as 0.
    """
    shares = np.nan_to_num(values / (scale.largest or 1), nan=0.0, posinf=0.0, neginf=0.0).clip(-1, 1)[..., None]
    if not scale.is_signed:
        return np.broadcast_to(np.rint(255 * shares), (*values.shape, 3)).astype(np.uint8)
    ground, positive, negative = (
        np.array(list(bytes.fromhex(colour[1:])))
        for colour in (
            SURFACES[theme]["background"],
            KIND_COLOURS[theme]["convolution"],
            KIND_COLOURS[theme]["shortcut"],
        )
    )
    ends = np.where(shares < 0, negative, positive)
    return np.rint(ground + np.abs(shares) * (ends - ground)).astype(np.uint8)


def image_picture(values: Values) -> Picture:
    """An image (C, H, W), whose darkest value is black and whose brightest is white; in colour if C is 3."""
    scale = range_of(values)
    bright = np.rint(255 * np.nan_to_num((values - scale.low) / ((scale.high - scale.low) or 1))).astype(np.uint8)
    shown = bright if len(bright) == 3 else bright[:1].repeat(3, axis=0)
    return shown.transpose(1, 2, 0)


def scale_in_words(scale: ValueRange) -> Sentence:
    """What the colours mean."""
    if scale.is_signed:
        return Sentence(
            "Blue is positive, vermilion negative, the ground 0; values from {low:.3g} to {high:.3g}.",
            low=scale.low,
            high=scale.high,
        )
    return Sentence(
        "Black is 0, white is {high:.3g}; values from {low:.3g} to {high:.3g}.", low=scale.low, high=scale.high
    )


def shrunk(maps: Values, most: int) -> Values:
    """Maps (N, H, W) of at most about `most` pixels per side: larger ones as the means of squares of pixels."""
    times = -(-max(maps.shape[1:]) // most)
    if times == 1:
        return maps
    height, width = (side // times * times for side in maps.shape[1:])
    cut = maps[:, :height, :width]
    return cut.reshape(len(cut), height // times, times, width // times, times).mean((2, 4))


def enlarged(picture: Picture, least: int) -> Picture:
    """The picture with each pixel as a square, so that its longer side has at least about so many."""
    times = max(least // max(picture.shape[:2]), 1)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def data_url(picture: Picture) -> str:
    """The picture as a PNG file that is its own address."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
