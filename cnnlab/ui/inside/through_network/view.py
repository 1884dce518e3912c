"""One image on its way through the network: what each section makes of it, and the layers of one."""

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.analysis.outline import outline, rows_of_sections
from cnnlab.bounded_cache import bounded_cache
from cnnlab.figures.inside.maps_ribbon import maps_ribbon
from cnnlab.figures.palette import Theme
from cnnlab.ui.components.ribbon.ribbon import ribbon_view
from cnnlab.ui.inside.layer_choice import known_layer, pick_layer
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.inside.through_network.layer_card import show_layer
from cnnlab.ui.inside.through_network.passages import passages
from cnnlab.ui.state.inside import go
from cnnlab.ui.visitors.visitor import theme

_MAX_LETTERS = 16 * 2**20
"""Of drawings that are kept."""


def show_through_network(subject: Subject) -> None:
    """The drawing of all sections, and the maps of the layer that the address names, or of the first one."""
    analysis = analyse(subject.spec)
    sections, rows = outline(analysis), rows_of_sections(analysis)
    index = known_layer(subject, analysis.rows)
    number = next(i for i, of_section in enumerate(rows) if (index or 0) in of_section)
    with st.container(border=True, key="inside.through"):
        st.header("From image to answer", anchor=False)
        ribbon_view(
            _drawing((*subject.key, theme(), sections[number].path), subject),
            key="inside.sections",
            choose=lambda path: _open(subject, path),
        )
        st.caption(
            "Real values: each section has a scale of its own; of many maps, those are shown that vary most."
            " Choose a section to see its layers."
        )
    with st.container(border=True, key="inside.layer"):
        row = pick_layer([analysis.rows[i] for i in rows[number]], analysis.rows[index or 0])
        show_layer(subject, row)


def _open(subject: Subject, path: str) -> None:
    analysis = analyse(subject.spec)
    sections = outline(analysis)
    number = next(i for i, section in enumerate(sections) if section.path == path)
    go(layer=analysis.rows[rows_of_sections(analysis)[number][0]].path)


@bounded_cache(size=len, limit=_MAX_LETTERS)
def _drawing(key: tuple[object, ...], subject: Subject) -> str:
    *_, shown, path = key
    of_theme: Theme = "dark" if shown == "dark" else "light"
    return maps_ribbon(passages(subject), theme=of_theme, selected=str(path))
