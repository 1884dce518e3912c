"""The view of a comparison: which axes, which curve, which two networks. It is part of the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES, accuracies, axis_measures
from cnnlab.figures.comparison.depth import DEPTH_CURVES
from cnnlab.figures.comparison.scatter import missing
from cnnlab.figures.comparison.words import legend_labels
from cnnlab.ui.state.address import last_parameters, state_of_address
from cnnlab.words.sentence import Sentence

LONGEST_TITLE = 80
"""Characters of a network in a list to choose from, which shortens it itself."""

_CHOSEN, _REFUSED = "how the comparison is looked at", "refused ways to look at the comparison"


@dataclass(frozen=True, slots=True)
class Options:
    """The choices, as titles by name, and the default."""

    titles: Mapping[str, str]
    usual: str


def options_of(entries: Sequence[Entry], baseline: int) -> dict[str, Options]:
    """The choices of each field, by its name in the address."""
    known = accuracies(entries)
    measures = {name: measure.title for name, measure in axis_measures(entries).items()}
    shared = [name for name, measure in known.items() if len(entries) - len(missing(entries, measure)) > 1]
    titles = legend_labels([one.name for one in entries], longest=LONGEST_TITLE)
    others = {str(i + 1): title for i, title in enumerate(titles) if i != baseline}
    fields = {
        "y": Options(measures, shared[0] if shared else "params"),
        "x": Options(measures, "macs"),
        "around": Options({"nothing": "These networks", "published": "All published, in grey"}, "nothing"),
        "along": Options({name: curve.title for name, curve in DEPTH_CURVES.items()}, "macs_so_far"),
        "parts": Options({name: MEASURES[name].title for name in ("macs", "params")}, "macs"),
    }
    return {**fields, "other": Options(others, next(iter(others)))} if others else fields


def read_view(
    parameters: Mapping[str, str], fields: Mapping[str, Options]
) -> tuple[dict[str, str], tuple[Sentence, ...]]:
    """The choices of an address, and a sentence for each one that does not exist."""
    given = {field: parameters[field] for field in fields if field in parameters}
    sentences = [
        Sentence(
            "`{field}` must be one of {choices}, and it is {name!r}: the default is shown.",
            field=field,
            choices=", ".join(fields[field].titles),
            name=name,
        )
        for field, name in given.items()
        if name not in fields[field].titles
    ]
    return {field: name for field, name in given.items() if name in fields[field].titles}, tuple(sentences)


def take_view(fields: Mapping[str, Options]) -> tuple[dict[str, str], tuple[Sentence, ...]]:
    """The choice of each field, and the problems of the address.

    A choice that this comparison does not have is kept for one that does.
    """
    chosen = state_of_address(_CHOSEN, lambda: _read(fields))
    shown = {
        field: chosen[field] if chosen.get(field) in options.titles else options.usual
        for field, options in fields.items()
    }
    refused: tuple[Sentence, ...] = st.session_state[_REFUSED]
    return shown, refused


def forget_refused_view() -> None:
    """Drops the problems of the address, once the visitor has changed something."""
    st.session_state[_REFUSED] = ()


def _read(fields: Mapping[str, Options]) -> dict[str, str]:
    chosen, st.session_state[_REFUSED] = read_view(last_parameters(), fields)
    return chosen


def write_view(shown: Mapping[str, str], fields: Mapping[str, Options]) -> dict[str, str]:
    """The parameters of the address: the choices that differ from the defaults."""
    return {field: name for field, name in shown.items() if name != fields[field].usual}


def select(field: str, label: str, options: Options, shown: str, *, as_buttons: bool = False) -> None:
    """A widget that shows the choice and changes it."""
    key = f"compare.{field}"
    st.session_state[key] = shown

    def change() -> None:
        st.session_state[_CHOSEN][field] = st.session_state[key]
        forget_refused_view()

    if as_buttons:
        st.segmented_control(
            label,
            list(options.titles),
            format_func=options.titles.__getitem__,
            key=key,
            on_change=change,
            required=True,
            label_visibility="collapsed",
        )
    else:
        st.selectbox(label, list(options.titles), format_func=options.titles.__getitem__, key=key, on_change=change)
