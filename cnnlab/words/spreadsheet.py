"""What a spreadsheet makes of text in a CSV file."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a formula begins, which a spreadsheet would carry out (OWASP, CSV Injection)."""


def as_text(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula.

    >>> as_text("=1+1"), as_text("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
