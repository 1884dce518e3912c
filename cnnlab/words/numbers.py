"""Numbers as text: three digits and a unit, sizes in decimal units as torchinfo has them."""

from typing import Any

THIN_SPACE = "\u202f"
"""Between the thousands of an exact number: a narrow space at which no line is broken."""

NO_BREAK = "\u00a0"
"""Between a number and its unit: a space at which no line is broken."""

PLOTLY_SEPARATORS = f".{THIN_SPACE}"
"""Plotly's setting for the decimal point and for what stands between the thousands."""

_PREFIXES = ("", "k", "M", "G", "T", "P")


def _scaled(number: float) -> tuple[str, str]:
    """`number` to three digits, and the prefix of its unit: 6590000 is ("6.59", "M")."""
    scaled, power = float(number), 0
    # 999.5 would be written as 1000, which is 1.00 of the next unit.
    while abs(scaled) >= 999.5 and power < len(_PREFIXES) - 1:
        scaled, power = scaled / 1000, power + 1
    if power == 0 and float(number).is_integer():
        return f"{scaled:.0f}", ""
    return _three_digits(scaled), _PREFIXES[power]


def _three_digits(number: float) -> str:
    decimals = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    return f"{number:.{decimals}f}"


def count(number: float) -> str:
    """How many of something.

    >>> count(6_590_000)
    '6.59 M'
    >>> count(950)
    '950'
    """
    return " ".join(filter(None, _scaled(number)))


def macs(number: float) -> str:
    """Multiply-accumulates.

    >>> macs(1_040_000_000)
    '1.04 GMACs'
    """
    digits, prefix = _scaled(number)
    return f"{digits} {prefix}MACs"


def size(num_bytes: float) -> str:
    """Bytes, in decimal units: a megabyte is a million.

    >>> size(16_600_000)
    '16.6 MB'
    """
    digits, prefix = _scaled(num_bytes)
    return f"{digits} {prefix}B"


def exact(number: int) -> str:
    """Every digit, with thin spaces between the thousands.

    >>> exact(1_814_073_344).split(THIN_SPACE)
    ['1', '814', '073', '344']
    """
    return grouped(number, ",")


def grouped(value: Any, format_spec: str) -> str:
    """The value in Python's format; where that has commas between the thousands, with thin spaces instead.

    >>> grouped(65_535.25, ",.1f").split(THIN_SPACE)
    ['65', '535.2']
    """
    text = format(value, format_spec)
    return text.replace(",", THIN_SPACE) if "," in format_spec else text


def share(part: float) -> str:
    """A part of one whole, in per cent.

    >>> share(0.1234)
    '12.3 %'
    """
    return "under 0.1 %" if 0 < part < 0.001 else f"{100 * part:.1f} %"


def change(new: float, old: float, *, fewer: str = "fewer") -> str:
    """How `new` differs from `old`; `fewer` is "less" for what is measured, not counted.

    >>> change(56, 100).replace(NO_BREAK, " ")
    '44 % fewer'
    >>> change(112, 100).replace(NO_BREAK, " ")
    '12 % more'
    >>> change(300, 100)
    '3 times'
    """
    if new == old:
        return "the same"
    if old == 0:
        return f"{count(new)} more"
    if new >= 2 * old:
        return f"{_short(new / old)} times"
    percent = 100 * abs(new - old) / old
    if percent < 0.1:
        written = "under 0.1"
    elif percent < 99.5 or new <= 0:
        written = _short(percent)
    else:
        written = f"{percent:.1f}" if percent < 99.95 else "over 99.9"
    return f"{written}{NO_BREAK}% {'more' if new > old else fewer}"


def ratio(new: float, old: float) -> str:
    """`new` over `old`, as a factor or a divisor; "" where it is not defined.

    >>> ratio(300, 100), ratio(25, 100), ratio(100, 100)
    ('× 3.00', '÷ 4.00', 'the same')
    """
    if new == old:
        return "the same"
    if new <= 0 or old <= 0:
        return ""
    sign, factor = ("×", new / old) if new > old else ("÷", old / new)
    return f"{sign} {_three_digits(factor) if factor >= 1.005 else '1.00…'}"


def times(new: float, old: float, *, fewer: str = "fewer") -> str:
    """How `new` differs from `old`, as a factor where it is large: "8.6 times fewer", and else as `change` does.

    >>> times(10, 86), times(86, 10), times(90, 100).replace(NO_BREAK, " ")
    ('8.6 times fewer', '8.6 times as many', '10 % fewer')
    """
    if 0 < new <= old / 2:
        return f"{_short(old / new)} times {fewer}"
    if new >= 2 * old > 0:
        return f"{_short(new / old)} times as {'many' if fewer == 'fewer' else 'much'}"
    return change(new, old, fewer=fewer)


def _short(number: float) -> str:
    """One decimal below ten, unless it is 0; none above."""
    return f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:.0f}"


def shape(sides: tuple[int, ...]) -> str:
    """Channels, height and width.

    >>> shape((64, 112, 112))
    '64 × 112 × 112'
    """
    return " × ".join(map(str, sides))


def duration(seconds: float) -> str:
    """A time, in its two largest units.

    >>> duration(75)
    '1 min 15 s'
    """
    if seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"
