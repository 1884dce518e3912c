"""Fewer points for a curve than there are steps."""

from typing import Any

import numpy as np
import numpy.typing as npt


def thinned(values: npt.NDArray[Any], max_points: int) -> npt.NDArray[np.float64]:
    """Means over equal stretches along the first axis, at most `max_points` of them; the last point is the last value.

    A stretch is a power of 2 long, and begins where it began when there were fewer values: as a curve grows its old
    points stay where they are, until all stretches double.
    """
    assert max_points >= 2
    if len(values) <= max_points:
        return values.astype(np.float64)
    before_last = len(values) - 1
    stretch = 1
    while -(-before_last // stretch) + 1 > max_points:
        stretch *= 2
    starts = np.arange(0, before_last, stretch)
    lengths = np.diff(starts, append=before_last).reshape(-1, *(1,) * (values.ndim - 1))
    means = np.add.reduceat(values[:-1].astype(np.float64), starts) / lengths
    return np.concatenate([means, values[-1:]])
