"""How much of the image each layer's values can depend on, through all branches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cnnlab.walk import IMAGE, Layer, Shape


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The receptive field of one cell of a map, in pixels of the image, as (vertical, horizontal).

    That of the first cell is `size` pixels from `offset` on, which is negative where it begins in the padding; that of
    the next cell begins `stride` pixels further. `is_whole` is true where the map has been reduced to one value per
    channel, which depends on the whole image, and where a layer has combined all positions, as attention does.
    """

    size: tuple[int, int]
    stride: tuple[float, float]
    offset: tuple[int, int]
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class _Reach:
    """One direction: the first cell depends on the pixels from `low` to `high`, the next is `step` pixels further."""

    low: float = 0
    high: float = 0
    step: float = 1

    def through(self, kernel: float, stride: float, padding: int, dilation: int) -> "_Reach":
        """After a window; Araujo, Norris and Sim 2019, "Computing receptive fields", equations 1 to 5."""
        margin = padding * self.step
        beyond = dilation * (kernel - 1) * self.step
        return _Reach(self.low - margin, self.high - margin + beyond, self.step * stride)

    def joined(self, other: "_Reach") -> "_Reach":
        return _Reach(min(self.low, other.low), max(self.high, other.high), max(self.step, other.step))


_State = tuple[_Reach, _Reach, bool]
_IMAGE_STATE: _State = (_Reach(), _Reach(), False)
_NO_STATE: _State = (_Reach(step=0), _Reach(step=0), False)
"""What is computed of parameters alone."""
_WHOLE: _State = (_Reach(), _Reach(), True)
"""What combines all positions, as attention does."""


def receptive_fields(rows: Sequence[Layer]) -> tuple[ReceptiveField, ...]:
    """The receptive field of each row's output: theoretical, as if maps had no edges.

    Only windows enlarge it. A normalisation over the map, or a gate computed from the mean of the map, makes each value
    depend a little on all others, and is not considered, as in the literature.
    """
    states: list[_State] = []
    for row in rows:
        sources = [
            (_IMAGE_STATE, row.input_shape) if i == IMAGE else (states[i], rows[i].output_shape) for i in row.sources
        ]
        states.append(_after(row, sources))
    return tuple(
        ReceptiveField(
            size=(math.ceil(down.high - down.low) + 1, math.ceil(across.high - across.low) + 1),
            stride=(down.step, across.step),
            offset=(math.floor(down.low), math.floor(across.low)),
            is_whole=is_whole,
        )
        for down, across, is_whole in states
    )


def _after(row: Layer, sources: list[tuple[_State, Shape]]) -> _State:
    if not sources:
        return _NO_STATE
    if row.mixes:
        return _WHOLE
    sources = [(state, shape) for state, shape in sources if state != _NO_STATE] or sources
    # A gate has one value for each channel of the map that it multiplies.
    spatial = [(state, shape) for state, shape in sources if not state[2]] or sources
    (down, across, is_whole), shape = spatial[0]
    for (other_down, other_across, _), _ in spatial[1:]:
        down, across = down.joined(other_down), across.joined(other_across)
    if len(shape) < 3 or is_whole:
        return down, across, is_whole
    height, width = shape[-2:]
    if row.geometry is not None and row.function.startswith("conv_transpose"):
        # A value gets those of the input whose windows reach it, about kernel / stride.
        down, across = (
            reach.through(math.ceil(row.geometry.kernel[i] / row.geometry.stride[i]), 1 / row.geometry.stride[i], 0, 1)
            for i, reach in enumerate((down, across))
        )
    elif row.geometry is not None:
        window = row.geometry
        down, across = (
            reach.through(window.kernel[i], window.stride[i], window.padding[i], window.dilation[i])
            for i, reach in enumerate((down, across))
        )
    elif row.is_global or len(row.output_shape) < 3:
        down, across, is_whole = down.through(height, 1, 0, 1), across.through(width, 1, 0, 1), True
    elif row.kind == "pooling":
        down = _adapted(down, height, row.output_shape[-2])
        across = _adapted(across, width, row.output_shape[-1])
    elif row.function == "pad":
        # A shortcut without parameters takes every second cell, or pads and crops the map a little.
        down = down.through(1, max(round(height / row.output_shape[-2]), 1), 0, 1)
        across = across.through(1, max(round(width / row.output_shape[-1]), 1), 0, 1)
    return down, across, is_whole


def _adapted(reach: _Reach, before: int, after: int) -> _Reach:
    """A pooling to `after` cells: cell i takes those from floor(i n / m) up to ceil((i + 1) n / m)."""
    cells = max(math.ceil((i + 1) * before / after) - i * before // after for i in range(after))
    return reach.through(cells, before / after, 0, 1)
