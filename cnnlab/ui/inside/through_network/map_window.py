"""One map of a layer in large: the window arithmetic that made its values."""

import streamlit as st

from cnnlab.figures.inside.map_colours import coloured, data_url, enlarged, range_of, scale_in_words
from cnnlab.insight.one_layer.of_network import LayerWindow, has_window
from cnnlab.ui.components.pictures.pictures import Picture, pictures
from cnnlab.ui.components.step_through.step_through import step_through
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.inside.through_network.passages import layer_values, window_of
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence, joined

_ENLARGED = 320


@st.dialog("One map of the layer", width="large")
def show_map(subject: Subject, row: Layer, channel: int) -> None:
    """The map, and for a convolution or pooling its inputs, its kernel and their products, position by position."""
    st.markdown(plain(Sentence("Map {channel} of `{layer}`, {type}.", channel=channel, layer=row.path, type=row.type)))
    if has_window(row):
        window = window_of(subject, row.path, channel)
        step_through(
            (window.stage,),
            [],
            is_flipped=False,
            start=None,
            theme=theme(),
            key="inside.window",
            is_in_address=False,
        )
        st.caption(plain(_about_window(window, row)))
        return
    values = layer_values(subject, row.path)[channel]
    picture = data_url(enlarged(coloured(values, range_of(values), theme()), _ENLARGED))
    pictures([Picture(picture, Sentence("Map {channel}", channel=channel))], side=_ENLARGED, key="inside.enlarged")
    st.caption(plain(scale_in_words(range_of(values))))


def _about_window(window: LayerWindow, row: Layer) -> Sentence:
    """What is shown of the inputs and of the map, and what the rest is."""
    found = []
    hidden = window.num_inputs - len(window.shown)
    if hidden:
        found.append(
            Sentence(
                "Of {total} input channels, the {shown} that contribute most to this map are shown; what the other"
                " {hidden} add is one number.",
                total=window.num_inputs,
                shown=len(window.shown),
                hidden=hidden,
            )
        )
    top, left, bottom, right = window.cells
    if (bottom - top, right - left) != window.map_shape:
        found.append(
            Sentence(
                "Rows {top} to {bottom} and columns {left} to {right} of {height} × {width} are shown, around the"
                " strongest value.",
                top=top + 1,
                bottom=bottom,
                left=left + 1,
                right=right,
                height=window.map_shape[0],
                width=window.map_shape[1],
            )
        )
    if row.kind == "pooling":
        found.append(Sentence("A pooling has no weights, and keeps the channels apart."))
    else:
        found.append(
            Sentence("The products and the bias add up to the value of the map; what follows is another layer.")
        )
    return joined(found)
