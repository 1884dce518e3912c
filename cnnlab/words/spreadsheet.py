"""What a spreadsheet makes of a CSV file, and of the text in it."""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""How a formula begins, which a spreadsheet would carry out (OWASP, CSV Injection)."""


def as_text(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula.

    >>> as_text("=1+1"), as_text("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_file(text: str) -> bytes:
    """A file with this text, which begins with a byte order mark: without one, Excel takes UTF-8 for a code page.

    >>> csv_file("é")
    b'\\xef\\xbb\\xbf\\xc3\\xa9'
    """
    return text.encode("utf-8-sig")
