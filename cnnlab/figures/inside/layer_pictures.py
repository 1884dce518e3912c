"""The maps and the filters of a layer as small pictures: address, name in words, and caption of each."""

from collections.abc import Sequence

import numpy as np

from cnnlab.figures.inside.map_colours import (
    ValueRange,
    Values,
    coloured,
    data_url,
    range_of,
    scale_in_words,
    shrunk,
)
from cnnlab.figures.palette import Theme
from cnnlab.words.sentence import Sentence

MOST_SIDE, MOST_PIXELS = 64, 2**20
"""Of one map, larger ones being shrunk to it, and of all together."""

MOST_FILTERS = 512

Named = tuple[str, str, str]
"""Address, name and caption."""


def map_pictures(maps: Values, scale: ValueRange | None, *, theme: Theme) -> list[Named]:
    """A picture of each of the maps (channels, height, width), on this scale or each on its own."""
    most = min(MOST_SIDE, max(int((MOST_PIXELS / len(maps)) ** 0.5), 1))
    small = shrunk(maps, most)
    is_signed = range_of(maps).is_signed
    return [
        (
            data_url(coloured(part, scale or _own_scale(whole, is_signed), theme)),
            _name(number, whole),
            str(number),
        )
        for number, (part, whole) in enumerate(zip(small, maps, strict=True))
    ]


def _own_scale(values: Values, is_signed: bool) -> ValueRange:
    """Coloured by sign wherever the other maps of the layer are."""
    found = range_of(values)
    return ValueRange(-found.largest, found.largest) if is_signed else found


def _name(number: int, values: Values) -> Sentence:
    found = range_of(values)
    return Sentence("Map {number}: values from {low:.3g} to {high:.3g}", number=number, low=found.low, high=found.high)


def filter_pictures(weights: Values, channel: int | None, *, theme: Theme) -> tuple[list[Named], Sentence]:
    """Filters (out_channels, in_channels, height, width) as pictures, and what their colours mean.

    With a `channel`, those are the kernels of that filter, one for each input channel. Without one there is a picture
    of each filter: of three input channels in red, green and blue, of others by the sign of the first kernel.
    """
    if channel is None and weights.shape[1] == 3:
        return _in_colour(weights)
    kernels = weights[:, 0] if channel is None else weights[channel]
    scale = range_of(kernels)
    around_0 = ValueRange(-scale.largest, scale.largest)
    words = Sentence(
        "One scale for all kernels. {scale}", scale=scale_in_words(ValueRange(min(scale.low, 0), scale.high))
    )
    if scale.low >= 0:
        words = Sentence(
            "One scale for all kernels: the stronger the blue, the larger; up to {high:.3g}.", high=scale.high
        )
    template = "Filter of map {number}" if channel is None else "Kernel for input map {number}"
    return [
        (data_url(coloured(kernel, around_0, theme)), Sentence(template, number=number), str(number))
        for number, kernel in enumerate(kernels[:MOST_FILTERS])
    ], words


def _in_colour(weights: Values) -> tuple[list[Named], Sentence]:
    largest = float(np.abs(weights).max()) or 1.0
    bright = np.rint(255 * (0.5 + np.nan_to_num(weights) / (2 * largest))).clip(0, 255).astype(np.uint8)
    found: Sequence[Named] = [
        (data_url(one.transpose(1, 2, 0)), Sentence("Filter of map {number}", number=number), str(number))
        for number, one in enumerate(bright[:MOST_FILTERS])
    ]
    return list(found), Sentence(
        "Each filter as a picture of its weights for red, green and blue. All are normalised together: grey is 0, and"
        " the brightest or darkest a weight of magnitude {largest:.3g}.",
        largest=largest,
    )
