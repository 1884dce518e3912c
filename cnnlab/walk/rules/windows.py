"""How large a map is after a window has moved over it."""

import math

from cnnlab.walk.rules.answer import Pair, Shape, ShapesDoNotFit, Window


def pair(value: int | tuple[int, ...]) -> Pair:
    """(vertical, horizontal) of an argument that may be one number for both."""
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def map_sides(shape: Shape, window: Window, ceil_mode: bool = False) -> Pair:
    """Height and width of the output; raises `ShapesDoNotFit` where the window is larger than the padded map."""
    height, width = (
        _side(side, *axis, ceil_mode) for side, axis in zip(shape[-2:], zip(*window, strict=True), strict=True)
    )
    return height, width


def _side(side: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    span = side + 2 * padding - dilation * (kernel - 1) - 1
    steps = math.ceil(span / stride) if ceil_mode else span // stride
    if steps < 0:
        raise ShapesDoNotFit("window", have=side, need=kernel)
    # A last window that would start beyond the map and its padding is not taken (torch's rule for ceil_mode).
    return steps + 1 - int(ceil_mode and steps * stride >= side + padding)
