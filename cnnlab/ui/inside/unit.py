"""What a unit sees: the part of the image on which its value depends, in theory and as measured."""

import streamlit as st
from torch import nn

from cnnlab.analysis import analyse
from cnnlab.bounded_cache import bounded_cache
from cnnlab.figures.inside.field_picture import field_picture
from cnnlab.figures.inside.map_colours import data_url
from cnnlab.insight.field import EffectiveField, effective_field
from cnnlab.insight.layers import is_map, last_map
from cnnlab.runs.trained import network_epochs
from cnnlab.ui.components.pictures.pictures import Picture, pictures
from cnnlab.ui.inside.layer_choice import known_layer, pick_layer
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.loaded_networks import loaded_network
from cnnlab.ui.state.store import run_store
from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence, joined

SIDE = 300
"""Of the image on the page, in pixels."""

ALL_CHANNELS = -1

_MAX_BYTES = 16 * 2**20

_Cell = tuple[int, int]


def show_unit(subject: Subject) -> None:
    """The layer, the channel and the cell; then their field on the image, untrained beside trained."""
    rows = analyse(subject.spec).rows
    mapped = [row for row in rows if is_map(row)]
    index = known_layer(subject, rows)
    named = rows[last_map(rows) if index is None else index]
    if not is_map(named):
        sentence = Sentence(
            "`{layer}` has no map of several cells: each of its values depends on the whole image. Choose a layer"
            " before it.",
            layer=named.path,
        )
        st.info(plain(sentence), icon=":material/crop_free:")
        named = rows[last_map(rows)]
    with st.container(border=True, key="inside.unit"):
        st.header("What a unit sees", anchor=False)
        row = pick_layer(mapped, named)
        _show_field(subject, row)


@st.fragment
def _show_field(subject: Subject, row: Layer) -> None:
    channels, height, width = row.output_shape
    with st.container(horizontal=True, gap="small"):
        channel = _number("channel", row, -1, channels - 1, ALL_CHANNELS, "Channel", "−1: the sum of all channels.")
        cell = (
            _number("row", row, 0, height - 1, height // 2, "Row"),
            _number("column", row, 0, width - 1, width // 2, "Column"),
        )
    fields = _fields(subject, row, None if channel == ALL_CHANNELS else channel, cell)
    shown = [
        Picture(
            data_url(field_picture(subject.images[0].numpy(), field.values.numpy(), field.box, SIDE)),
            Sentence("{name}: the pixels that the unit sees, and its theoretical field as a box", name=name),
            name,
        )
        for name, field in fields.items()
        if field.problem is None
    ]
    pictures(shown, side=SIDE, key="inside.fields")
    for name, field in fields.items():
        if field.problem is not None:
            st.info(plain(Sentence("{name}: {problem}", name=name, problem=field.problem)))
    st.markdown(plain(_in_words(fields, row)))
    st.caption(
        "The brighter a pixel, the more it changes the unit's value (its gradient; Luo, Li, Urtasun and Zemel 2016);"
        " the frame is the theoretical receptive field, inside the image."
    )
    if subject.run is None:
        st.caption("This network is untrained. The same of a run shows how training changes what a unit sees.")
    elif subject.epoch and len(fields) == 1:
        st.caption("The first weights of a fork are those of the run that it continues: choose that run to see them.")


def _number(what: str, row: Layer, low: int, high: int, first: int, label: str, words: str | None = None) -> int:
    key = f"inside.unit.{what}.{row.path}"
    st.session_state.setdefault(key, first)
    st.session_state[key] = min(max(st.session_state[key], low), high)
    return int(st.number_input(label, min_value=low, max_value=high, step=1, key=key, help=words, width=130))


def _fields(subject: Subject, row: Layer, channel: int | None, cell: _Cell) -> dict[str, EffectiveField]:
    """The fields by what they are called: before training, and after the epoch."""
    asked = (row.path, channel, cell)
    run, epoch = subject.run, subject.epoch
    if run is None or epoch == 0:
        return {Sentence("Untrained"): _field((*subject.key, asked), subject.network, subject)}
    fields = {}
    if 0 in network_epochs(run, run_store().folder):
        first = loaded_network((run.id, 0))
        fields[Sentence("Untrained")] = _field((run.id, 0, subject.index, asked), first, subject)
    trained = _field((*subject.key, asked), subject.network, subject)
    return {
        **fields,
        Sentence("Trained for {epoch} epochs" if epoch > 1 else "Trained for 1 epoch", epoch=epoch): trained,
    }


@bounded_cache(size=lambda field: field.values.nbytes, limit=_MAX_BYTES)
def _field(key: tuple[object, ...], network: nn.Module, subject: Subject) -> EffectiveField:
    layer, channel, cell = key[-1]  # type: ignore[misc]
    return effective_field(network, layer, subject.images, channel=channel, cell=cell)


def _in_words(fields: dict[str, EffectiveField], row: Layer) -> Sentence:
    """The sizes in pixels."""
    field = next(iter(fields.values()))
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
        for name, each in fields.items()
        if each.problem is None
    ]
    return joined(sentences)
