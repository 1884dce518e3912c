"""Settings become widgets: one for each field of a spec, marked where changed, with its problems beside it.

The values live in the caller's dict, valid or not; a widget only shows and changes its own entry.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import streamlit as st

from cnnlab.spec import Problem, Scalar, Setting, Value
from cnnlab.ui.knobs.list_table import in_tables
from cnnlab.ui.markdown import plain

Values = dict[str, Value]

FEW_TO_MANY = 1000
"""From this ratio of its usual bounds on, a number is chosen by its order of magnitude."""

FIRST_GROUP, LAST_GROUP = "Shape", "Input and output"

CHANGED = "•"
"""Behind the name of a knob that differs from its reference."""

_RENEWED = "knobs renewed"


def show_knobs(
    settings: Mapping[str, Setting],
    values: Values,
    *,
    reference: Mapping[str, Value],
    problems: Iterable[Problem],
    key: str,
    headed: bool = True,
    folded: Collection[str] = (),
) -> None:
    """All knobs by group, each showing and changing its entry of `values`; a mark says if it differs from `reference`.

    Lists that are too long for it are left to tables. `problems` are shown beside the knob of their field. `key` makes
    the widgets' keys unique. Groups have headings if they are `headed`; those that are `folded` are opened by whoever
    wants their knobs, or by a problem.
    """
    panel = _Panel(settings, values, reference, tuple(problems), key)
    shown = panel.shown
    groups = list(dict.fromkeys(setting.knob.group for setting in shown))
    # A family's own knobs come last in its fields and first on the page: they are what makes it that family.
    for group in sorted(groups, key=lambda name: (name != FIRST_GROUP, name == LAST_GROUP)):
        members = [setting for setting in shown if setting.knob.group == group]
        if group in folded:
            place = _folded(group, members, panel)
            if place.open:
                with place:
                    _show_group(members, panel)
            continue
        if headed:
            st.markdown(f"##### {group}")
        _show_group(members, panel)


def renew_knobs(*keys: str) -> None:
    """Gives the widgets below each of `keys` new ones in their place at the next drawing.

    For changes that no widget made: until the browser hears of them, its old widget says the old value at every key.
    """
    counts = st.session_state.setdefault(_RENEWED, {})
    for key in keys:
        counts[key] = counts.get(key, 0) + 1


def _show_group(members: list[Setting], panel: "_Panel") -> None:
    for per, same in groupby(members, key=lambda setting: setting.knob.per):
        if per is None:
            for setting in same:
                _Row(setting, panel).show()
        else:
            _show_lists(per, list(same), panel)


def _folded(group: str, members: list[Setting], panel: "_Panel") -> Any:
    """A group that is only its name until it is opened: each knob on a page costs time at every change."""
    changed = any(row.is_changed for setting in members for row in panel.rows(setting))
    names = {setting.name for setting in members}
    is_open = f"{panel.key}.{group}.open"
    if any(problem.field in names for problem in panel.problems):
        st.session_state[is_open] = True
    # To Streamlit it is another one when its name changes, which would be closed again.
    widget = f"{is_open}.{changed}"
    if st.session_state.get(widget) != st.session_state.setdefault(is_open, False):
        st.session_state[widget] = st.session_state[is_open]
    label = f"{group} {CHANGED}" if changed else group
    return st.expander(label, key=widget, on_change=partial(_remember, is_open, widget))


def _remember(is_open: str, widget: str) -> None:
    st.session_state[is_open] = st.session_state[widget]


@dataclass(frozen=True, slots=True)
class _Panel:
    """What all the knobs share."""

    settings: Mapping[str, Setting]
    values: Values
    reference: Mapping[str, Value]
    problems: tuple[Problem, ...]
    key: str

    @property
    def shown(self) -> list[Setting]:
        """The settings that have something to choose now, without the lists that have a table."""
        tables = in_tables(self.settings.values(), self.reference).values()
        elsewhere = {setting.name for members in tables for setting in members}
        shown = [setting for setting in self.settings.values() if _is_shown(setting, self.values)]
        return [setting for setting in shown if setting.name not in elsewhere]

    def rows(self, setting: Setting) -> "list[_Row]":
        """The knobs of a setting: one, or one for each entry of a list."""
        if not setting.is_list:
            return [_Row(setting, self)]
        return [_Row(setting, self, index) for index in range(len(self.entries(setting)))]

    def entries(self, setting: Setting) -> tuple[Scalar, ...]:
        """The value of a setting that is a list."""
        return _entries(self.values, setting)

    def take(self, changes: Mapping[str, Value]) -> None:
        """Changes values on behalf of a widget."""
        self.values.update(changes)

    def take_back(self, usual: Mapping[str, Value], knobs: Iterable[str]) -> None:
        """Changes values back, which the widgets below the keys `knobs` show."""
        self.take(usual)
        renew_knobs(*knobs)

    def widget(self, knob: str, kind: str) -> str:
        """The key of the widget that is now the knob's."""
        counts = st.session_state.get(_RENEWED, {})
        renewed = counts.get(self.key, 0) + counts.get(knob, 0)
        return f"{knob}.{kind}.{renewed}" if renewed else f"{knob}.{kind}"


def _is_shown(setting: Setting, values: Values) -> bool:
    """Whether there is something to choose now; a list of texts has a table of its own."""
    is_fixed = setting.minimum is not None and setting.minimum == setting.maximum
    return setting.knob.matters(values) and not is_fixed and not (setting.is_list and setting.kind == "text")


def _show_lists(per: str, settings: list[Setting], panel: _Panel) -> None:
    """Lists of one common length: how many entries, then a knob for each entry."""
    lengths = [len(panel.entries(setting)) for setting in settings]
    knob = f"{panel.key}.{per}"
    widget = panel.widget(knob, "count")
    usual: Values = {setting.name: panel.reference[setting.name] for setting in settings}
    changed = any(len(panel.entries(setting)) != len(_entries(usual, setting)) for setting in settings)
    st.number_input(
        f"Number of {per} {CHANGED}" if changed else f"Number of {per}",
        min_value=min(settings[0].min_length, lengths[0]),
        max_value=max(settings[0].max_length, lengths[0]),
        key=widget,
        on_change=partial(_resize, settings, panel, widget),
        **_shown("value", widget, lengths[0]),
    )
    length = str(len(_entries(usual, settings[0])))
    knobs = [knob, *(row.key for setting in settings for row in panel.rows(setting))]
    take_back = partial(panel.take_back, usual, knobs)
    _show_reset(knob, f"number of {per}", length, changed=changed, take_back=take_back)
    for index in range(max(lengths)):
        for setting in settings:
            if index < len(panel.entries(setting)):
                _Row(setting, panel, index).show()
    for setting in settings:
        for problem in panel.problems:
            if problem.field == setting.name and problem.index is None:
                _show_problem(problem)


def _show_reset(key: str, title: str, usual: str, *, changed: bool, take_back: Callable[[], None]) -> None:
    """The button beside a changed knob, for which each leaves room, so that nothing moves when it comes."""
    if not changed:
        return
    st.button(
        f"Reset {title}",
        icon=":material/undo:",
        key=f"{key}.reset",
        type="tertiary",
        help=f"Back to {usual}",
        on_click=take_back,
    )


def _entries(values: Mapping[str, Value], setting: Setting) -> tuple[Scalar, ...]:
    entries = values[setting.name]
    assert isinstance(entries, tuple)
    return entries


def _resize(settings: list[Setting], panel: _Panel, widget: str) -> None:
    """Entries that stay are kept; new ones repeat the last."""
    if widget != panel.widget(f"{panel.key}.{settings[0].knob.per}", "count"):
        return
    length = st.session_state[widget]
    changes: Values = {}
    for setting in settings:
        entries = panel.entries(setting)
        last = entries[-1:] or (_middle(setting),)
        changes[setting.name] = (*entries[:length], *(last * (length - len(entries))))
    panel.take(changes)


def _middle(setting: Setting) -> Scalar:
    """A value to begin a list with that has none: a quarter of the way along the slider."""
    low, high = setting.knob.soft or (setting.minimum or 0, setting.maximum or 1)
    return int(low + (high - low) // 4)


class _Row:
    """One knob: its widget, a button that takes the change back, and its problems."""

    def __init__(self, setting: Setting, panel: _Panel, index: int | None = None) -> None:
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

    def set(self, value: Scalar) -> None:
        name, index = self.setting.name, self.index
        if index is None:
            self.panel.take({name: value})
        else:
            entries = self.panel.entries(self.setting)
            self.panel.take({name: (*entries[:index], value, *entries[index + 1 :])})

    def take_back(self, original: Scalar) -> None:
        self.set(original)
        renew_knobs(self.key)

    def show(self) -> None:
        changed = self.is_changed
        self._widget(f"{self.title} {CHANGED}" if changed else self.title)
        if self.original is not None:
            written, take_back = self._written(self.original), partial(self.take_back, self.original)
            _show_reset(self.key, self.title, written, changed=changed, take_back=take_back)
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
        if self.kind == "choice":
            index = setting.choices.index(str(value))
            shown = {"format_func": setting.written, **self._tied("index", value, index)}
            st.selectbox(label, setting.choices, help=setting.help, **shown)
        elif self.kind == "switch":
            st.toggle(label, help=setting.help, **self._tied("value", value))
        elif self.kind == "text":
            st.text_input(label, help=setting.help, **self._tied("value", value))
        elif self.kind == "stops":
            shown = {"format_func": _short, **self._tied("value", value)}
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
        shown = _shown(parameter, widget, value, default)
        return {"key": widget, "on_change": partial(_take, self, self.kind, widget), **shown}


def _shown(parameter: str, widget: str, value: Scalar, default: Scalar | None = None) -> dict[str, Any]:
    """What lets a widget show `value`: its default, which a new one shows, or, for one that shows another, its state.

    One that shows it already is left alone, or it would lose keys pressed meanwhile; and a state that is written for a
    new one is lost if the next key ends the run before the browser has heard of it.
    """
    if widget in st.session_state and st.session_state[widget] != value:
        st.session_state[widget] = value
        return {}
    return {parameter: value if default is None else default}


def _take(row: _Row, kind: str, widget: str) -> None:
    # What a widget says that has been renewed is from before that.
    if widget == row.panel.widget(row.key, kind):
        row.set(st.session_state[widget])


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
