"""Settings become widgets: one for each field of a spec, marked where changed, with its problems beside it.

The values live in the caller's dict, valid or not; a widget only shows and changes its own entry.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import groupby
from typing import Any

import streamlit as st

from cnnlab.spec import Problem, Scalar, Setting, Value
from cnnlab.ui.list_table import in_tables
from cnnlab.ui.words import plain

Values = dict[str, Value]

FEW_TO_MANY = 1000
"""From this ratio of its usual bounds on, a number is chosen by its order of magnitude."""

FIRST_GROUP, LAST_GROUP = "Shape", "Input and output"

CHANGED = "•"
"""Behind the name of a knob that differs from its reference."""


def show_knobs(
    settings: Mapping[str, Setting],
    values: Values,
    *,
    reference: Mapping[str, Value],
    problems: Iterable[Problem],
    key: str,
    headed: bool = True,
) -> None:
    """All knobs by group, each showing and changing its entry of `values`; a mark says if it differs from `reference`.

    Lists that are too long for it are left to tables. `problems` are shown beside the knob of their field. `key` makes
    the widgets' keys unique. Groups have headings if they are `headed`.
    """
    found = list(problems)
    tables = [setting for members in in_tables(settings.values(), reference).values() for setting in members]
    shown = [setting for setting in settings.values() if _is_shown(setting, values) and setting not in tables]
    groups = list(dict.fromkeys(setting.knob.group for setting in shown))
    # A family's own knobs come last in its fields and first on the page: they are what makes it that family.
    for group in sorted(groups, key=lambda name: (name != FIRST_GROUP, name == LAST_GROUP)):
        if headed:
            st.markdown(f"##### {group}")
        members = [setting for setting in shown if setting.knob.group == group]
        for per, same in groupby(members, key=lambda setting: setting.knob.per):
            if per is None:
                for setting in same:
                    _Row(setting, values, reference, found, key).show()
            else:
                _show_lists(per, list(same), values, reference, found, key)


def _is_shown(setting: Setting, values: Values) -> bool:
    """Whether there is something to choose now; a list of texts has a table of its own."""
    only_when = setting.knob.only_when
    matters = only_when is None or values[only_when[0]] == only_when[1]
    is_fixed = setting.minimum is not None and setting.minimum == setting.maximum
    return matters and not is_fixed and not (setting.is_list and setting.kind == "text")


def _show_lists(
    per: str, settings: list[Setting], values: Values, reference: Mapping[str, Value], problems: list[Problem], key: str
) -> None:
    """Lists of one common length: how many entries, then a knob for each entry."""
    lengths = [len(_entries(values, setting)) for setting in settings]
    widget = f"{key}.{per}.count"
    _write(widget, lengths[0])
    usual: Values = {setting.name: reference[setting.name] for setting in settings}
    changed = any(len(_entries(values, setting)) != len(_entries(usual, setting)) for setting in settings)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall"):
        st.number_input(
            f"Number of {per} {CHANGED}" if changed else f"Number of {per}",
            min_value=settings[0].min_length,
            max_value=settings[0].max_length,
            value=None,
            key=widget,
            on_change=partial(_resize, settings, values, widget),
        )
        length = str(len(_entries(usual, settings[0])))
        title = f"number of {per}"
        _show_reset(f"{key}.{per}", title, length, changed=changed, take_back=partial(values.update, usual))
    for index in range(max(lengths)):
        for setting in settings:
            if index < len(_entries(values, setting)):
                _Row(setting, values, reference, problems, key, index).show()
    for setting in settings:
        for problem in problems:
            if problem.field == setting.name and problem.index is None:
                _show_problem(problem)


def _show_reset(key: str, title: str, usual: str, *, changed: bool, take_back: Callable[[], None]) -> None:
    """The button beside a knob; it is always there, so that nothing moves and the knob keeps the keyboard."""
    st.button(
        f"Reset {title}",
        icon=":material/undo:",
        key=f"{key}.reset",
        type="tertiary",
        disabled=not changed,
        help=f"Back to {usual}" if changed else None,
        on_click=take_back,
    )


def _entries(values: Values, setting: Setting) -> tuple[Scalar, ...]:
    entries = values[setting.name]
    assert isinstance(entries, tuple)
    return entries


def _resize(settings: list[Setting], values: Values, widget: str) -> None:
    """Entries that stay are kept; new ones repeat the last."""
    length = st.session_state[widget]
    if length is None:
        return  # the field was emptied: the list stays
    for setting in settings:
        entries = _entries(values, setting)
        last = entries[-1:] or (_middle(setting),)
        values[setting.name] = (*entries[:length], *(last * (length - len(entries))))


def _middle(setting: Setting) -> Scalar:
    """A value to begin a list with that has none: a quarter of the way along the slider."""
    low, high = setting.knob.soft or (setting.minimum or 0, setting.maximum or 1)
    return int(low + (high - low) // 4)


class _Row:
    """One knob: its widget, a button that takes the change back, and its problems."""

    def __init__(
        self,
        setting: Setting,
        values: Values,
        reference: Mapping[str, Value],
        problems: list[Problem],
        key: str,
        index: int | None = None,
    ) -> None:
        self.setting, self.values, self.index = setting, values, index
        self.problems = [p for p in problems if p.field == setting.name and p.index == index]
        self.key = f"{key}.{setting.name}" if index is None else f"{key}.{setting.name}.{index}"
        self.original = self._entry(reference[setting.name])

    def _entry(self, value: Value) -> Scalar | None:
        """The knob's own entry of a value; None where a list is too short to have one."""
        if self.index is None:
            assert not isinstance(value, tuple)
            return value
        assert isinstance(value, tuple)
        return value[self.index] if self.index < len(value) else None

    @property
    def value(self) -> Scalar:
        entry = self._entry(self.values[self.setting.name])
        assert entry is not None
        return entry

    def set(self, value: Scalar) -> None:
        entries = self.values[self.setting.name]
        if self.index is None:
            self.values[self.setting.name] = value
        else:
            assert isinstance(entries, tuple)
            self.values[self.setting.name] = (*entries[: self.index], value, *entries[self.index + 1 :])

    def show(self) -> None:
        changed = self.value != self.original
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", key=f"{self.key}.row"):
            self._widget(f"{self.title} {CHANGED}" if changed else self.title)
            if self.original is not None:
                written = self._written(self.original)
                _show_reset(self.key, self.title, written, changed=changed, take_back=partial(self.set, self.original))
        for problem in self.problems:
            _show_problem(problem)

    @property
    def title(self) -> str:
        element = self.setting.knob.element
        return element.format((self.index or 0) + 1) if element else self.setting.title

    def _written(self, value: Scalar) -> str:
        return self.setting.written(value) if self.setting.kind == "choice" else str(value)

    def _widget(self, label: str) -> None:
        """The widget for the kind of setting, which shows the value and on a change puts it back."""
        setting, value = self.setting, self.value
        if setting.kind == "choice":
            st.selectbox(
                label, setting.choices, format_func=setting.written, help=setting.help, **self._tied("choice", value)
            )
        elif setting.kind == "switch":
            st.toggle(label, help=setting.help, **self._tied("switch", value))
        elif setting.kind == "text":
            st.text_input(label, help=setting.help, **self._tied("text", value))
        elif value in (stops := _stops(setting)):
            st.select_slider(label, stops, format_func=_short, help=setting.help, **self._tied("stops", value))
        else:
            self._number(label)

    def _number(self, label: str) -> None:
        """A slider over the usual range; a value that it cannot reach, as after a link, is typed instead."""
        setting, value = self.setting, self.value
        number = int if setting.kind == "whole" else float
        assert not isinstance(value, str)
        step = number(setting.knob.step or 1)
        soft = None if _stops(setting) else setting.knob.soft
        slides = soft is not None and soft[0] <= value <= soft[1] and _is_whole((value - soft[0]) / step)
        low, high = soft if slides and soft else (setting.minimum, setting.maximum)
        # With None to fall back on, a field that is emptied is known as such; else it would take its minimum.
        show = st.slider if slides else partial(st.number_input, value=None)
        show(
            label,
            min_value=None if low is None else number(low),
            max_value=None if high is None else number(high),
            step=step,
            format="%d" if number is int else f"%.{_decimals(step)}f" if slides else "%g",
            help=setting.help,
            **self._tied("slider" if slides else "number", number(value)),
        )

    def _tied(self, kind: str, value: Scalar) -> dict[str, Any]:
        """The arguments that tie a widget to the entry."""
        widget = f"{self.key}.{kind}"
        _write(widget, value)
        return {"key": widget, "on_change": partial(_take, self, widget)}


def _write(widget: str, value: Scalar) -> None:
    """Lets a widget show `value`. One that does so already is left alone, or it would lose keys pressed meanwhile."""
    if widget not in st.session_state or st.session_state[widget] != value:
        st.session_state[widget] = value


def _take(row: _Row, widget: str) -> None:
    value = st.session_state[widget]
    # A field that was emptied has no value, and goes back to the one that it had.
    if value is not None:
        row.set(value)


def _stops(setting: Setting) -> tuple[float, ...]:
    """1, 2 and 5 times the powers of ten, for a number that people only know by its order; none for others."""
    low, high = setting.knob.soft or (0, 0)
    if setting.kind != "real" or low <= 0 or high / low < FEW_TO_MANY:
        return ()
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return tuple(stop for power in powers for digit in (1, 2, 5) if low <= (stop := float(f"{digit}e{power}")) <= high)


def _short(number: float) -> str:
    return f"{number:g}"


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6


def _decimals(step: float) -> int:
    """How many digits after the point a multiple of `step` has."""
    return next(digits for digits in range(16) if _is_whole(step * 10**digits))


def _show_problem(problem: Problem) -> None:
    st.markdown(f":red[:material/error: {plain(problem.sentence)}]")
