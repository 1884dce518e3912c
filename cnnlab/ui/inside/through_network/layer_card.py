"""One layer of a network at work: all its maps for this image, its filters, or its numbers."""

import numpy as np
import streamlit as st
from torch import nn

from cnnlab.bounded_cache import bounded_cache
from cnnlab.figures.inside.layer_pictures import filter_pictures, map_pictures
from cnnlab.figures.inside.map_colours import Values, range_of, scale_in_words
from cnnlab.figures.inside.numbers import describe_numbers, number_bars
from cnnlab.insight.one_layer.of_network import has_window
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.components.pictures.pictures import Picture, pictures
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.inside.through_network.map_window import show_map
from cnnlab.ui.inside.through_network.passages import layer_values
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.walk import IMAGE, Layer
from cnnlab.words.sentence import Sentence, joined

FIRST_MAPS = 64
"""Maps that are shown before all are asked for."""

SIDES = ((8, 128), (32, 96), (10**9, 72))
"""How wide a map is in pixels where there are at most so many."""

_SCALE, _ALL, _WHAT, _OPENED = (f"inside.{name}" for name in ("scale", "all", "what", "opened"))
_ONE, _EACH = "One scale for all maps", "One scale per map"
_MAPS, _FILTERS = "Maps", "Filters"
_MAX_LETTERS = 32 * 2**20


@st.fragment
def show_layer(subject: Subject, row: Layer) -> None:
    """The maps of the layer, or its filters; of a layer without a map, its numbers as bars."""
    values = layer_values(subject, row.path)
    if values.ndim != 3 or values.shape[1:] == (1, 1):
        numbers = values.reshape(-1)
        names = [subject.class_name(i) for i in range(len(numbers))] if _is_answer(subject, row) else None
        words = describe_numbers(numbers, names)
        live_chart(number_bars(numbers, names, theme=theme()), alt=words, key="inside.numbers")
        st.caption(plain(words))
        return
    module = subject.network.get_submodule(row.path)
    filters = module if isinstance(module, nn.Conv2d) and row.kernel is not None else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        what = _switch(_WHAT, (_MAPS, _FILTERS)) if filters is not None else _MAPS
        scale = _switch(_SCALE, (_ONE, _EACH)) if what == _MAPS else _ONE
        is_all = what == _MAPS and len(values) > FIRST_MAPS and _show_all(len(values))
    if filters is not None and what == _FILTERS:
        _show_filters(row, filters)
        return
    shown = _map_pictures((*subject.key, row.path, theme(), scale == _EACH, is_all), subject)
    pictures(shown, side=next(side for most, side in SIDES if len(shown) <= most), key="inside.maps", choose=_open)
    st.caption(plain(_about_maps(values.shape[0], len(shown), scale == _EACH, values)))
    opened = st.session_state.pop(_OPENED, None)
    if opened is not None and opened < len(values):
        show_map(subject, row, opened)
    if has_window(row):
        st.caption("Choose a map to see the window arithmetic behind each of its values.")


def _is_answer(subject: Subject, row: Layer) -> bool:
    return row.kind == "dense" and row.output_shape == (len(subject.probabilities),)


def _switch(key: str, names: tuple[str, str]) -> str:
    st.session_state.setdefault(key, names[0])
    return str(st.segmented_control("Show", names, required=True, key=key, label_visibility="collapsed"))


def _show_all(count: int) -> bool:
    return st.toggle(Sentence("Show all {count} maps", count=count), key=_ALL)


def _open(channel: int) -> None:
    st.session_state[_OPENED] = channel


def _about_maps(total: int, shown: int, is_each: bool, values: Values) -> Sentence:
    """The scale of the maps in words, with the range of the values, and how many there are."""
    scale = range_of(values)
    sentences = [Sentence("{shown} of {total} maps.", shown=shown, total=total)]
    if is_each and scale.is_signed:
        sentences.append(
            Sentence(
                "Each map has its own scale: blue is positive, vermilion negative, the ground 0; values of the layer"
                " from {low:.3g} to {high:.3g}.",
                low=scale.low,
                high=scale.high,
            )
        )
    elif is_each:
        sentences.append(
            Sentence(
                "Each map has its own scale: black is 0, white its largest value; values of the layer from {low:.3g} to"
                " {high:.3g}.",
                low=scale.low,
                high=scale.high,
            )
        )
    else:
        sentences.append(Sentence("All maps have one scale. {scale}", scale=scale_in_words(scale)))
    broken = int(values.size - np.isfinite(values).sum())
    if broken:
        sentences.append(Sentence("{broken} values are not finite, and drawn as 0.", broken=broken))
    return joined(sentences)


def _show_filters(row: Layer, module: nn.Conv2d) -> None:
    """Of the first layer all filters; of others the kernels of one of them, a picture for each input channel."""
    weights = module.weight.detach().numpy()
    channel = None
    if row.sources != (IMAGE,) and weights.shape[1] > 1:
        channel = int(
            st.number_input(
                "Filter of map", min_value=0, max_value=len(weights) - 1, step=1, key=f"inside.filter.{row.path}"
            )
        )
    shown, words = filter_pictures(weights, channel, theme=theme())
    pictures([Picture(*each) for each in shown], side=56, key="inside.filters")
    st.caption(plain(words))


@bounded_cache(size=lambda found: sum(len(each.source) for each in found), limit=_MAX_LETTERS)
def _map_pictures(key: tuple[object, ...], subject: Subject) -> list[Picture]:
    *_, path, shown_theme, is_each, is_all = key
    values = layer_values(subject, str(path))
    some = values if is_all else values[:FIRST_MAPS]
    found = map_pictures(
        some, None if is_each else range_of(values), theme="dark" if shown_theme == "dark" else "light"
    )
    return [Picture(*each) for each in found]
