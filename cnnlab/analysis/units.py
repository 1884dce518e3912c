"""How numbers of each unit are written: to three digits, exactly, and against another number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cnnlab.words import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureUnit:
    """How the numbers of a unit are written.

    `short` writes a number to three digits. `exact` writes every digit, where three do not say it all. `axis` names the
    unit behind the title of an axis. `change` says how the first number differs from the second, where that is usual.
    """

    short: Callable[[float], str]
    exact: Callable[[float], str] | None = None
    axis: str = ""
    change: Callable[[float, float], str] | None = None
    is_whole: bool = False


_less = partial(numbers.change, fewer="less")


def _points(new: float, old: float) -> str:
    return "the same" if new == old else f"{new - old:+.1f}".replace("-", "−") + " points"


COUNT = MeasureUnit(
    short=numbers.count, exact=lambda number: numbers.exact(round(number)), change=numbers.change, is_whole=True
)
BYTES = MeasureUnit(
    short=numbers.size, exact=lambda number: f"{numbers.exact(round(number))} bytes", axis="bytes", change=_less
)
PIXELS = MeasureUnit(short=lambda number: f"{number:.0f} px", axis="pixels", change=_less, is_whole=True)
PERCENT = MeasureUnit(short=lambda number: f"{number:.1f} %", axis="%", change=_points)
YEAR = MeasureUnit(short=lambda number: f"{number:.0f}", is_whole=True)
SECONDS = MeasureUnit(
    short=lambda number: f"{1000 * number:.3g} ms" if number < 1 else numbers.duration(number),
    axis="seconds",
    change=_less,
)
