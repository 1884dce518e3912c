"""The knobs of numbers: rows of sliders, with a number field for what a slider does not reach."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from cnnlab.spec import Problem, Setting
from cnnlab.ui.components.sliders.sliders import Change, RowProblem, SliderRow, sliders
from cnnlab.ui.knobs.problems import label_of
from cnnlab.ui.knobs.row import KnobRow, PanelState
from cnnlab.ui.knobs.row_table import as_number

STOPS_RATIO = 1000
"""From this ratio of its usual bounds on, a number is chosen by its order of magnitude."""

Number = tuple[SliderRow, Callable[[Change], None]]
"""A row, and what takes its changes."""


def is_number(setting: Setting) -> bool:
    """Whether the values are numbers."""
    return setting.kind in ("whole", "real")


def show_numbers(numbers: Sequence[Number], panel: PanelState) -> None:
    """The rows, if there are any, as one element."""
    if numbers:
        take = {row.key: change for row, change in numbers}
        panel.take.update(take)
        rows = [row for row, _ in numbers]
        sliders(rows, key=f"{rows[0].key}.rows", is_live=panel.is_live, take=take)


def number_of(knob: KnobRow) -> Number:
    """The row of a knob: over its usual range, or over stops where its order of magnitude matters."""
    setting, value, usual = knob.setting, knob.value, knob.original
    assert not isinstance(value, str)
    assert not isinstance(usual, str)
    low, high = setting.knob.soft or (None, None)
    row = SliderRow(
        key=knob.key,
        title=knob.title,
        help=setting.help,
        value=value,
        usual=usual,
        low=low,
        high=high,
        step=setting.knob.step or 1,
        stops=_stops(setting),
        problems=tuple(map(row_problem, knob.problems)),
    )
    return row, partial(_take, knob)


def row_problem(problem: Problem) -> RowProblem:
    """A problem as it stands below its row."""
    return RowProblem(problem.titled, tuple(label_of(problem, remedy) for remedy in problem.remedies))


def _take(knob: KnobRow, change: Change) -> None:
    if change is None:
        if knob.original is not None:
            knob.set(knob.original)
    elif not isinstance(change, str):
        knob.set(as_number(knob.setting, change))
    else:
        proposed = [(problem, remedy) for problem in knob.problems for remedy in problem.remedies]
        for problem, remedy in proposed:
            if label_of(problem, remedy) == change:
                knob.panel.fix(remedy)


def _stops(setting: Setting) -> tuple[float, ...]:
    """1, 2 and 5 times the powers of ten, for a number of which the order of magnitude matters; none for others."""
    low, high = setting.knob.soft or (0, 0)
    if setting.kind != "real" or low <= 0 or high / low < STOPS_RATIO:
        return ()
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return tuple(stop for power in powers for digit in (1, 2, 5) if low <= (stop := float(f"{digit}e{power}")) <= high)
