"""What a unit sees: the part of the image on which its value depends, in theory and as measured."""

from collections.abc import Mapping

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.figures.inside.field_picture import field_picture
from cnnlab.figures.inside.map_colours import data_url
from cnnlab.insight.field import EffectiveField
from cnnlab.insight.layers import is_map
from cnnlab.ui.components.pictures.pictures import Picture, pictures
from cnnlab.ui.inside.asking import answer_to
from cnnlab.ui.inside.explanations import Unit, epochs_beside, fields
from cnnlab.ui.inside.layer_choice import known_layer, pick_layer
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain
from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence, joined

SIDE = 300
"""Of the image on the page, in pixels."""


def show_unit(subject: Subject) -> None:
    """The layer, at first the last convolution, its channel and cell; then their field, untrained beside trained."""
    rows = analyse(subject.spec).rows
    mapped = [row for row in rows if is_map(row)]
    index = known_layer(subject, rows)
    usual = next((row for row in reversed(mapped) if row.kernel is not None), mapped[-1])
    named = usual if index is None else rows[index]
    if not is_map(named):
        sentence = Sentence(
            "`{layer}` has no map of several cells: each of its values depends on the whole image. Choose a layer"
            " before it.",
            layer=named.path,
        )
        st.info(plain(sentence), icon=":material/crop_free:")
        named = usual
    with st.container(border=True, key="inside.unit"):
        st.header("What a unit sees", anchor=False)
        row = pick_layer(mapped, named)
        _show_field(subject, row)


@st.fragment
def _show_field(subject: Subject, row: Layer) -> None:
    channels, height, width = row.output_shape
    with st.container(horizontal=True, gap="small"):
        channel = _number("channel", row, channels, None, "Channel")
        down = _number("row", row, height, height // 2, "Row") or 0
        right = _number("column", row, width, width // 2, "Column") or 0
    found = answer_to(fields(subject, Unit(row.path, channel, (down, right))))
    if found is None:
        return
    named = dict(zip(map(_called, epochs_beside(subject)), found, strict=True))
    shown = [
        Picture(
            data_url(field_picture(subject.images[0].numpy(), field.values.numpy(), field.box, SIDE)),
            Sentence("{name}: the pixels that the unit sees, and its theoretical field as a box", name=name),
            name,
        )
        for name, field in named.items()
        if field.problem is None
    ]
    pictures(shown, side=SIDE, abreast=2, key="inside.fields")
    for name, field in named.items():
        if field.problem is not None:
            st.info(plain(Sentence("{name}: {problem}", name=name, problem=field.problem)))
    st.markdown(plain(_in_words(named, row)))
    st.caption(
        "The more orange a pixel, the more it changes the unit's value (its gradient; Luo, Li, Urtasun and Zemel 2016);"
        " the blue frame is the theoretical receptive field, inside the image."
    )
    if subject.run is None:
        st.caption("This network is untrained. The same of a run shows how training changes what a unit sees.")
    elif subject.epoch and len(named) == 1:
        st.caption("The first weights of a fork are those of the run that it continues: choose that run to see them.")


def _number(what: str, row: Layer, count: int, first: int | None, label: str) -> int | None:
    """A number below `count`; None, which is all of them, if that is the first."""
    key = f"inside.unit.{what}.{row.path}"
    known = st.session_state.setdefault(key, first)
    # Another network may have fewer.
    st.session_state[key] = first if known is None else min(known, count - 1)
    found = st.number_input(label, min_value=0, max_value=count - 1, step=1, key=key, placeholder="all", width=140)
    return None if found is None else int(found)


def _called(epoch: int) -> Sentence:
    if epoch == 0:
        return Sentence("Untrained")
    return Sentence("Trained for {epoch} epochs" if epoch > 1 else "Trained for 1 epoch", epoch=epoch)


def _in_words(named: Mapping[Sentence, EffectiveField], row: Layer) -> Sentence:
    """The sizes in pixels."""
    field = next(iter(named.values()))
    height, width = field.theoretical.size
    sentences = [
        Sentence(
            "In theory a cell of `{layer}` depends on {height} × {width} pixels.",
            layer=row.path,
            height=height,
            width=width,
        )
        if not field.theoretical.is_whole
        else Sentence("In theory a cell of `{layer}` depends on the whole image.", layer=row.path)
    ]
    sentences += [
        Sentence("{name}: it sees about {size:.1f} × {size:.1f} pixels of this image.", name=name, size=each.size)
        for name, each in named.items()
        if each.problem is None
    ]
    return joined(sentences)
