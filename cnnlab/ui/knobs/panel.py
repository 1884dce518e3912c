"""The settings of a spec as a panel of knobs, by group: one for each field, or for each entry of a list.

The values live in the caller's dict, valid or not; a widget only shows and changes its own entry.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any

import streamlit as st

from cnnlab.spec import Problem, Scalar, Setting, Value
from cnnlab.ui.components.sliders.sliders import Change, SliderRow, Take
from cnnlab.ui.knobs.list_table import in_tables
from cnnlab.ui.knobs.numbers import Number, is_number, number_of, row_problem, show_numbers
from cnnlab.ui.knobs.row import CHANGED, KnobRow, PanelState, Values, entries_of

FIRST_GROUP, LAST_GROUP = "Shape", "Input and output"


def show_knobs(
    settings: Mapping[str, Setting],
    values: Values,
    *,
    reference: Mapping[str, Value],
    problems: Iterable[Problem],
    key: str,
    headed: bool = True,
    folded: Collection[str] = (),
    hidden: Collection[str] = (),
    is_live: bool = False,
) -> Take:
    """All knobs by group, each showing and changing its entry of `values`; a mark says if it differs from `reference`.

    Lists that are too long for it are left to tables. `problems` are shown beside the knob of their field. `key` makes
    the widgets' keys unique. Groups have headings if they are `headed`; those that are `folded` are closed until they
    are opened by hand, or by a problem. Knobs that are `hidden` are left out. Numbers that are live change while they
    are dragged, not only when they are released. Returns what takes the changes of numbers.
    """
    panel = PanelState(values, reference, tuple(problems), key, is_live, frozenset(hidden))
    tables = in_tables(settings.values(), reference).values()
    elsewhere = {setting.name for members in tables for setting in members}
    here = [setting for setting in settings.values() if setting.name not in elsewhere and _is_shown(setting, values)]
    # Lists of one length stay together, as long as one of them is shown.
    lists = {setting.knob.per for setting in here if setting.knob.per and setting.name not in panel.hidden}
    shown = [setting for setting in here if setting.name not in panel.hidden or setting.knob.per in lists]
    groups = dict.fromkeys(setting.knob.group for setting in shown)
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
            st.markdown(f"## {group}")
        _show_group(members, panel)
    return panel.take


def _is_shown(setting: Setting, values: Values) -> bool:
    """Whether there is something to choose now; a list of texts has a table of its own."""
    is_fixed = setting.minimum is not None and setting.minimum == setting.maximum
    return setting.knob.matters(values) and not is_fixed and not (setting.is_list and setting.kind == "text")


def _show_group(members: list[Setting], panel: PanelState) -> None:
    """The knobs in their order; neighbours that are numbers are one element of the page."""
    numbers: list[Number] = []
    for _, same in groupby(members, key=lambda setting: setting.knob.per):
        for part in _parts(same, panel):
            if not isinstance(part, KnobRow):
                numbers.append(part)
                continue
            show_numbers(numbers, panel)
            numbers = []
            part.show()
    show_numbers(numbers, panel)


def _parts(settings: Iterable[Setting], panel: PanelState) -> Iterator[Number | KnobRow]:
    """What shows settings that share a `per`, or that have none: rows of numbers, and knobs of their own."""
    same = list(settings)
    if same[0].knob.per is not None:
        yield _count(same, panel)
    knobs = (row for setting in same if setting.name not in panel.hidden for row in _rows(setting, panel))
    for knob in sorted(knobs, key=lambda row: row.index or 0):  # the first entries of all lists, then the second
        yield number_of(knob) if is_number(knob.setting) else knob


def _rows(setting: Setting, panel: PanelState) -> list[KnobRow]:
    """The knobs of a setting: one, or one for each entry of a list."""
    if not setting.is_list:
        return [KnobRow(setting, panel)]
    return [KnobRow(setting, panel, index) for index in range(len(entries_of(panel.values, setting)))]


def _folded(group: str, members: list[Setting], panel: PanelState) -> Any:
    """A group that is closed until it is opened: each knob on a page costs time at every change."""
    changed = any(row.is_changed for setting in members for row in _rows(setting, panel))
    names = {setting.name for setting in members}
    is_open = f"{panel.key}.{group}.open"
    if any(problem.field in names for problem in panel.problems):
        st.session_state[is_open] = True
    # To Streamlit it is another expander when its label changes, which would be closed again.
    widget = f"{is_open}.{changed}"
    if st.session_state.get(widget) != st.session_state.setdefault(is_open, False):
        st.session_state[widget] = st.session_state[is_open]
    label = f"{group} {CHANGED}" if changed else group
    return st.expander(label, key=widget, on_change=partial(_remember, is_open, widget))


def _remember(is_open: str, widget: str) -> None:
    st.session_state[is_open] = st.session_state[widget]


def _count(settings: list[Setting], panel: PanelState) -> Number:
    """How many entries lists of one common length have, and the problems of the lists as such."""
    first = settings[0]
    usual = len(entries_of(panel.reference, first))
    lengths = [len(entries_of(panel.values, setting)) for setting in settings]
    length = next((length for length in lengths if length != usual), usual)
    # A list that is too short or too long, as after a link, is shown too, with its problem.
    least, most = min(first.min_length, length), max(first.max_length, length)
    names = {setting.name for setting in settings}
    row = SliderRow(
        key=f"{panel.key}.{first.knob.per}",
        title=f"Number of {first.knob.per}",
        help="",
        value=length,
        usual=usual,
        low=least,
        high=most,
        step=1,
        limits=(least, most),
        problems=tuple(row_problem(p) for p in panel.problems if p.field in names and p.index is None),
    )
    return row, partial(_resize, settings, panel, range(least, most + 1))


def _resize(settings: list[Setting], panel: PanelState, lengths: range, length: Change) -> None:
    """Entries that stay are kept; new ones repeat the last."""
    if length is None:
        panel.values.update({setting.name: panel.reference[setting.name] for setting in settings})
    if not isinstance(length, int) or length not in lengths:
        return
    for setting in settings:
        entries = entries_of(panel.values, setting)
        last = entries[-1:] or (_middle(setting),)
        panel.values[setting.name] = (*entries[:length], *(last * (length - len(entries))))


def _middle(setting: Setting) -> Scalar:
    """A value to begin a list with that has none: a quarter of the way along the slider."""
    low, high = setting.knob.soft or (setting.minimum or 0, setting.maximum or 1)
    return int(low + (high - low) // 4)
