"""Text for a terminal: what is safe to print, and aligned tables."""

import codecs
import unicodedata
from collections.abc import Iterable, Sequence

_COMMANDS = ("Cc", "Cf", "Cs")
"""The categories of signs that are none: control, format, surrogate."""


def printable(text: str) -> str:
    """The text without signs that a terminal would obey, or that turn the direction of writing; lines stay lines.

    >>> printable("red \x1b[31m")
    'red �[31m'
    """
    return "".join("�" if unicodedata.category(sign) in _COMMANDS and sign != "\n" else sign for sign in text)


_PLAIN = {"×": "x", "÷": "/", "−": "-", "–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'"}
"""Signs that an encoding may lack, as people type them."""

PLAIN = "cnnlab.plain"
"""How an output is told, as its `errors`, to write plain signs for those that its encoding lacks."""


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(map(_plain_sign, missing)), error.end


def _plain_sign(sign: str) -> str:
    without_marks = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return _PLAIN.get(sign, " " if sign.isspace() else without_marks or "?")


codecs.register_error(PLAIN, _plain)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Aligned text: the first `left` columns to the left, the numbers after them to the right."""
    lines = [[printable(cell) for cell in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
