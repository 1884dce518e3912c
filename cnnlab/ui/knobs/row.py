"""One knob: a widget for its kind of setting, a button that resets it, and its problems."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from cnnlab.spec import Problem, Scalar, Setting, Value, replace_entry
from cnnlab.ui.markdown import plain

Values = dict[str, Value]

STOPS_RATIO = 1000
"""From this ratio of its usual bounds on, a number is chosen by its order of magnitude."""

CHANGED = "•"
"""Behind the name of a knob that differs from its reference."""

_RENEWED, _ALL = "knobs renewed", ""


def renew_knobs(*keys: str) -> None:
    """Replaces the widgets below each of `keys`, or those of all panels, with new ones at the next drawing.

    For changes that no widget made: until the browser hears of them, its old widget sends the old value at every key.
    """
    counts = st.session_state.setdefault(_RENEWED, {})
    for key in keys or (_ALL,):
        counts[key] = counts.get(key, 0) + 1


@dataclass(frozen=True, slots=True)
class PanelState:
    """What the knobs of one panel share: their values, valid or not, and what those are compared with."""

    values: Values
    reference: Mapping[str, Value]
    problems: tuple[Problem, ...]
    key: str
    hidden: frozenset[str] = frozenset()

    def reset(self, usual: Mapping[str, Value], knobs: Iterable[str]) -> None:
        """Resets values that the widgets below the keys `knobs` show."""
        self.values.update(usual)
        renew_knobs(*knobs)

    def widget(self, knob: str, kind: str) -> str:
        """The key of the widget that is now the knob's."""
        counts = st.session_state.get(_RENEWED, {})
        renewed = counts.get(_ALL, 0) + counts.get(self.key, 0) + counts.get(knob, 0)
        return f"{knob}.{kind}.{renewed}" if renewed else f"{knob}.{kind}"


def entries_of(values: Mapping[str, Value], setting: Setting) -> tuple[Scalar, ...]:
    """The value of a setting that is a list."""
    entries = values[setting.name]
    assert isinstance(entries, tuple)
    return entries


class KnobRow:
    """One knob of a panel: of a setting, or of the entry at `index` of one that is a list."""

    def __init__(self, setting: Setting, panel: PanelState, index: int | None = None) -> None:
        self.setting, self.panel, self.index = setting, panel, index
        self.problems = [p for p in panel.problems if p.field == setting.name and p.index == index]
        self.key = f"{panel.key}.{setting.name}" if index is None else f"{panel.key}.{setting.name}.{index}"
        self.original = self._entry(panel.reference[setting.name])

    def _entry(self, value: Value) -> Scalar | None:
        """The knob's own entry of a value; None where a list is too short to have one."""
        if self.index is None:
            assert not isinstance(value, tuple)
            return value
        assert isinstance(value, tuple)
        return value[self.index] if self.index < len(value) else None

    @property
    def value(self) -> Scalar:
        entry = self._entry(self.panel.values[self.setting.name])
        assert entry is not None
        return entry

    @property
    def is_changed(self) -> bool:
        return self.value != self.original

    @property
    def kind(self) -> str:
        """The kind of widget that shows the value: of a number, a slider where it reaches the value."""
        if self.setting.kind in ("choice", "switch", "text"):
            return self.setting.kind
        if stops := _stops(self.setting):
            return "stops" if self.value in stops else "number"
        return "slider" if self._slides else "number"

    @property
    def title(self) -> str:
        element = self.setting.knob.element
        return element.format((self.index or 0) + 1) if element else self.setting.title

    def set(self, value: Scalar) -> None:
        name = self.setting.name
        self.panel.values[name] = replace_entry(self.panel.values[name], self.index, value)

    def reset(self, original: Scalar) -> None:
        self.set(original)
        renew_knobs(self.key)

    def show(self) -> None:
        changed = self.is_changed
        self._widget(f"{self.title} {CHANGED}" if changed else self.title)
        if self.original is not None and changed:
            is_choice = self.setting.kind == "choice"
            usual = self.setting.written(self.original) if is_choice else str(self.original)
            show_reset(self.key, self.title, usual, partial(self.reset, self.original))
        for problem in self.problems:
            show_problem(problem)

    def _widget(self, label: str) -> None:
        """The widget for the kind of setting, which shows the value and stores a change."""
        setting, value = self.setting, self.value
        if self.kind == "choice":
            index = setting.choices.index(str(value))
            shown = {"format_func": setting.written, **self._tied("index", value, index)}
            st.selectbox(label, setting.choices, help=setting.help, **shown)
        elif self.kind == "switch":
            st.toggle(label, help=setting.help, **self._tied("value", value))
        elif self.kind == "text":
            st.text_input(label, help=setting.help, **self._tied("value", value))
        elif self.kind == "stops":
            shown = {"format_func": "{:g}".format, **self._tied("value", value)}
            st.select_slider(label, _stops(setting), help=setting.help, **shown)
        else:
            self._number(label)

    @property
    def _slides(self) -> bool:
        """Whether the usual range, in its steps, has the value."""
        soft, value = self.setting.knob.soft, self.value
        assert not isinstance(value, str)
        return soft is not None and soft[0] <= value <= soft[1] and _is_whole((value - soft[0]) / self._step)

    @property
    def _step(self) -> float:
        step = self.setting.knob.step or 1
        return int(step) if self.setting.kind == "whole" else float(step)

    def _number(self, label: str) -> None:
        """A slider over the usual range; a value that it cannot reach, as after a link, is typed instead."""
        setting, value, step, kind = self.setting, self.value, self._step, self.kind
        number = int if setting.kind == "whole" else float
        slides = kind == "slider"
        assert not isinstance(value, str)
        low, high = setting.knob.soft if slides and setting.knob.soft else (setting.minimum, setting.maximum)
        if not slides:  # a value beyond them is shown too, with its problem
            low, high = (None if low is None else min(low, value)), (None if high is None else max(high, value))
        show = st.slider if slides else st.number_input
        show(
            label,
            min_value=None if low is None else number(low),
            max_value=None if high is None else number(high),
            step=step,
            format="%d" if number is int else f"%.{_decimals(step)}f" if slides else "%g",
            help=setting.help,
            **self._tied("value", number(value)),
        )

    def _tied(self, parameter: str, value: Scalar, default: Scalar | None = None) -> dict[str, Any]:
        """The arguments that tie a widget to the entry: to `value`, which is `default` for its `parameter`."""
        widget = self.panel.widget(self.key, self.kind)
        shown = tie(parameter, widget, value, default)
        return {"key": widget, "on_change": partial(_store, self, self.kind, widget), **shown}


def _store(row: KnobRow, kind: str, widget: str) -> None:
    # The value of a widget that has been renewed since is out of date.
    if widget == row.panel.widget(row.key, kind):
        row.set(st.session_state[widget])


def tie(parameter: str, widget: str, value: Scalar, default: Scalar | None = None) -> dict[str, Any]:
    """What lets a widget show `value`: its default, which a new one shows, or, for one that shows another, its state.

    One that shows it already is left alone, or it would lose keys pressed meanwhile; and a state that is written for a
    new one is lost if the next key ends the run before the browser has heard of it.
    """
    if widget in st.session_state and st.session_state[widget] != value:
        st.session_state[widget] = value
        return {}
    return {parameter: value if default is None else default}


def show_reset(key: str, title: str, usual: str, reset: Callable[[], None]) -> None:
    """The button beside a changed knob, for which each leaves room, so that nothing moves when it appears."""
    st.button(
        f"Reset {title}",
        icon=":material/undo:",
        key=f"{key}.reset",
        type="tertiary",
        help=f"Back to {usual}",
        on_click=reset,
    )


def show_problem(problem: Problem) -> None:
    """A problem below its knob."""
    st.markdown(f":red[:material/error: {plain(problem.sentence)}]")


def _stops(setting: Setting) -> tuple[float, ...]:
    """1, 2 and 5 times the powers of ten, for a number of which the order of magnitude matters; none for others."""
    low, high = setting.knob.soft or (0, 0)
    if setting.kind != "real" or low <= 0 or high / low < STOPS_RATIO:
        return ()
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return tuple(stop for power in powers for digit in (1, 2, 5) if low <= (stop := float(f"{digit}e{power}")) <= high)


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6


def _decimals(step: float) -> int:
    """How many digits after the point a multiple of `step` has."""
    return next(digits for digits in range(16) if _is_whole(step * 10**digits))
