"""Whole numbers that somebody has written, as in a link: none is larger than a browser or a table can show."""

LARGEST = 2**53 - 1
"""The largest whole number that JavaScript has, and every number below it."""

_MOST_SIGNS = 64
"""Enough for any number up to there, with a sign and underscores; Python itself reads a few thousand digits at most."""


def read_number(text: str, minimum: int = -LARGEST, maximum: int = LARGEST) -> int | None:
    """The whole number that `text` writes, in the digits 0 to 9; None if it is none, or is not in these bounds.

    >>> read_number("12", 1, 20)
    12
    >>> read_number("9" * 5000) is None
    True
    """
    if len(text) > _MOST_SIGNS or not text.isascii():
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if minimum <= number <= maximum else None
