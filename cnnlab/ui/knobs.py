"""Settings become widgets: one for each field of a spec, marked where changed, with its problems beside it.

The values live in the caller's dict, valid or not; a widget only shows and changes its own entry.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import groupby

import streamlit as st

from cnnlab.spec import Problem, Scalar, Setting, Value
from cnnlab.ui.words import plain

Values = dict[str, Value]

FIRST_GROUP = "Shape"


def show_knobs(
    settings: Mapping[str, Setting],
    values: Values,
    *,
    reference: Mapping[str, Value],
    problems: Iterable[Problem],
    key: str,
) -> None:
    """All knobs by group, each showing and changing its entry of `values`; a mark says where it differs from `reference`.

    `problems` are shown beside the knob of their field. `key` makes the widgets' keys unique.
    """
    found = list(problems)
    shown = [s for s in settings.values() if s.knob.only_when is None or values[s.knob.only_when[0]] == s.knob.only_when[1]]
    groups = list(dict.fromkeys(setting.knob.group for setting in shown))
    # A family's own knobs come last in its fields and first on the page: they are what makes it that family.
    for group in sorted(groups, key=lambda name: name != FIRST_GROUP):
        st.markdown(f"##### {group}")
        members = [setting for setting in shown if setting.knob.group == group]
        for per, same in groupby(members, key=lambda setting: setting.knob.per):
            if per is None:
                for setting in same:
                    _Row(setting, values, reference, found, key).show()
            else:
                _show_lists(per, list(same), values, reference, found, key)


def _show_lists(
    per: str, settings: list[Setting], values: Values, reference: Mapping[str, Value], problems: list[Problem], key: str
) -> None:
    """Lists of one common length: how many entries, then a knob for each entry."""
    lengths = [len(_entries(values, setting)) for setting in settings]
    widget = f"{key}.{per}.count"
    st.session_state[widget] = lengths[0]
    st.number_input(
        f"Number of {per}",
        min_value=settings[0].min_length,
        max_value=settings[0].max_length,
        key=widget,
        on_change=partial(_resize, settings, values, widget),
    )
    for index in range(max(lengths)):
        for setting in settings:
            if index < len(_entries(values, setting)):
                _Row(setting, values, reference, problems, key, index).show()
    for setting in settings:
        for problem in problems:
            if problem.field == setting.name and problem.index is None:
                _show_problem(problem)


def _entries(values: Values, setting: Setting) -> tuple[Scalar, ...]:
    entries = values[setting.name]
    assert isinstance(entries, tuple)
    return entries


def _resize(settings: list[Setting], values: Values, widget: str) -> None:
    """Entries that stay are kept; new ones repeat the last."""
    length = st.session_state[widget]
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
            self._widget(f"{self.title} :orange-badge[changed]" if changed else self.title)
            if self.original is not None:
                # The button is always there, so that nothing moves and the slider keeps the keyboard.
                st.button(
                    "",
                    icon=":material/undo:",
                    key=f"{self.key}.reset",
                    type="tertiary",
                    disabled=not changed,
                    help=f"Back to {self._written(self.original)}" if changed else None,
                    on_click=partial(self.set, self.original),
                )
        for problem in self.problems:
            _show_problem(problem)

    @property
    def title(self) -> str:
        element = self.setting.knob.element
        return element.format((self.index or 0) + 1) if element else self.setting.title

    def _written(self, value: Scalar) -> str:
        return self.setting.written(value) if self.setting.kind == "choice" else str(value)

    def _widget(self, label: str) -> None:
        """The widget for the kind of setting; its state is set from the values before each run, and back on a change."""
        setting, value = self.setting, self.value
        soft = setting.knob.soft
        if setting.kind == "choice":
            widget = f"{self.key}.choice"
            st.session_state[widget] = value
            st.selectbox(
                label,
                setting.choices,
                format_func=setting.written,
                key=widget,
                help=setting.help,
                on_change=self._take(widget),
            )
        elif setting.kind == "switch":
            widget = f"{self.key}.switch"
            st.session_state[widget] = value
            st.toggle(label, key=widget, help=setting.help, on_change=self._take(widget))
        elif setting.kind == "text":
            widget = f"{self.key}.text"
            st.session_state[widget] = value
            st.text_input(label, key=widget, help=setting.help, on_change=self._take(widget))
        else:
            number = int if setting.kind == "whole" else float
            step = number(setting.knob.step or 1)
            assert not isinstance(value, str)
            # Beyond the slider's reach, as after a link, the value is typed.
            slides = soft is not None and soft[0] <= value <= soft[1]
            widget = f"{self.key}.slider" if slides else f"{self.key}.number"
            st.session_state[widget] = number(value)
            low, high = soft if slides and soft else (setting.minimum, setting.maximum)
            st_number = st.slider if slides else st.number_input
            st_number(
                label,
                min_value=None if low is None else number(low),
                max_value=None if high is None else number(high),
                step=step,
                key=widget,
                help=setting.help,
                on_change=self._take(widget),
            )

    def _take(self, widget: str) -> "partial[None]":
        return partial(_take_value, self, widget)


def _take_value(row: _Row, widget: str) -> None:
    value = st.session_state[widget]
    if value is not None:
        row.set(value)


def _show_problem(problem: Problem) -> None:
    st.markdown(f":red[:material/error: {plain(problem.sentence)}]")
