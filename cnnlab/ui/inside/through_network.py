"""One image on its way through the network: what each layer makes of it."""

import streamlit as st

from cnnlab.insight.layers import layers_of
from cnnlab.ui.inside.subject import Subject
from cnnlab.words.numbers import shape


def show_through_network(subject: Subject) -> None:
    """The layers in their order, with the shapes of their outputs."""
    image_shape = (subject.images.shape[1], subject.images.shape[2], subject.images.shape[3])
    st.table(
        [
            {"layer": layer.path, "output": shape(layer.output_shape)}
            for layer in layers_of(subject.network, image_shape)
        ]
    )
