"""One knob: its value, and a widget for a choice, a switch or a text; those of numbers are in `numbers`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from cnnlab.spec import Problem, Remedy, Scalar, Setting, Value, replace_entry
from cnnlab.ui.components.sliders.sliders import Change
from cnnlab.ui.knobs.problems import show_problem

Values = dict[str, Value]

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


def fix_value(values: Values, remedy: Remedy, panel: str | None = None) -> None:
    """Changes the value; `panel` is the key of the knobs that show it, where there are any."""
    values.update(remedy.applied(values))
    if panel is not None:
        renew_knobs(_key_of(panel, remedy.field, remedy.index))


def _key_of(panel: str, field: str, index: int | None) -> str:
    return f"{panel}.{field}" if index is None else f"{panel}.{field}.{index}"


@dataclass(frozen=True, slots=True)
class PanelState:
    """What the knobs of one panel share: their values, valid or not, what those are compared with, and what takes the
    changes of those that are numbers."""

    values: Values
    reference: Mapping[str, Value]
    problems: tuple[Problem, ...]
    key: str
    is_live: bool
    hidden: frozenset[str] = frozenset()
    take: dict[str, Callable[[Change], None]] = field(default_factory=dict)

    def fix(self, remedy: Remedy) -> None:
        """Changes the value that a remedy proposes."""
        fix_value(self.values, remedy, self.key)

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
        self.key = _key_of(panel.key, setting.name, index)
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
    def title(self) -> str:
        return self.setting.title_of(self.index)

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
        for number, problem in enumerate(self.problems):
            show_problem(problem, key=f"{self.key}.{number}", fix=self.panel.fix)

    def _widget(self, label: str) -> None:
        """The widget for the kind of setting, which shows the value and stores a change."""
        setting, value = self.setting, self.value
        if setting.kind == "choice":
            index = setting.choices.index(str(value))
            shown = {"format_func": setting.written, **self._tied("index", value, index)}
            st.selectbox(label, setting.choices, help=setting.help, **shown)
        else:
            show = st.toggle if setting.kind == "switch" else st.text_input
            show(label, help=setting.help, **self._tied("value", value))

    def _tied(self, parameter: str, value: Scalar, default: Scalar | None = None) -> dict[str, Any]:
        """The arguments that tie a widget to the entry: to `value`, which is `default` for its `parameter`."""
        widget = self.panel.widget(self.key, self.setting.kind)
        shown = tie(parameter, widget, value, default)
        return {"key": widget, "on_change": partial(_store, self, widget), **shown}


def _store(row: KnobRow, widget: str) -> None:
    # The value of a widget that has been renewed since is out of date.
    if widget == row.panel.widget(row.key, row.setting.kind):
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
