"""Fewer points of a curve than were measured, where a screen cannot show them apart."""

from cnnlab.runs.run import MAX_POINTS


def thinned_indices(count: int, max_points: int = MAX_POINTS) -> list[int]:
    """The indices of at most `max_points` among `count` values, and of the last: all, every second, every fourth, ….

    As more values come, those that were chosen stay, until every second is left out.

    >>> thinned_indices(4, 4), thinned_indices(6, 4)
    ([0, 1, 2, 3], [1, 3, 5])
    >>> thinned_indices(7, 4)
    [1, 3, 5, 6]
    """
    stride = stride_of(count, max_points)
    return [*range(stride - 1, count - 1, stride), *([count - 1] if count else [])]


def stride_of(count: int, max_points: int) -> int:
    """The power of two of which one value each is chosen, so that there are at most `max_points` among `count`."""
    stride = 1
    while count > stride * max_points:
        stride *= 2
    return stride
