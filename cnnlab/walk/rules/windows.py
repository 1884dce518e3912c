"""How large a map is after a window has moved over it."""

import math
from collections.abc import Sequence

from cnnlab.walk.rules.answer import Pair, Shape, ShapesDoNotFit, Window


def pair(value: int | tuple[int, ...]) -> Pair:
    """(vertical, horizontal) of an argument that may be one number for both."""
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def map_sides(shape: Shape, window: Window, ceil_mode: bool = False) -> Pair:
    """Height and width of the output; raises `ShapesDoNotFit` where the window is larger than the padded map."""
    height, width = (
        window_steps(side, *axis, ceil_mode) for side, axis in zip(shape[-2:], zip(*window, strict=True), strict=True)
    )
    return height, width


def each_side(value: int | tuple[int, ...], num_sides: int) -> Shape:
    """A setting for each side of an argument that may be one number for all."""
    if isinstance(value, int):
        return (value,) * num_sides
    return tuple(value) if len(value) == num_sides else tuple(value) * num_sides


def in_the_plane(settings: Sequence[Shape]) -> Window:
    """The window of settings for one or three sides; a line is a plane of height 1."""
    neutral = (1, 1, 0, 1)
    both = [(one, *sides)[-2:] for one, sides in zip(neutral, settings, strict=True)]
    kernel, stride, padding, dilation = (pair(sides) for sides in both)
    return Window(kernel, stride, padding, dilation)


def window_steps(side: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool = False) -> int:
    """How many places a window has along a side."""
    span = side + 2 * padding - dilation * (kernel - 1) - 1
    steps = math.ceil(span / stride) if ceil_mode else span // stride
    if steps < 0:
        raise ShapesDoNotFit("window", have=side, need=kernel)
    # A last window that would start beyond the map and its padding is not taken (torch's rule for ceil_mode).
    return steps + 1 - int(ceil_mode and steps * stride >= side + padding)
