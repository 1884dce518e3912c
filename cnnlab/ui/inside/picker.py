"""The left side of the Inside page: which network, after which epoch, which image, and what the network answers."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from torch import Tensor

from cnnlab.data import title_of
from cnnlab.figures.inside.map_colours import data_url, enlarged
from cnnlab.figures.pictures import grid
from cnnlab.runs import NotPossible, Run, Store
from cnnlab.runs.results.trained import network_epochs
from cnnlab.runs.store.answers_file import read_answers
from cnnlab.runs.store.files import answers_file
from cnnlab.training.recipe import INITIALISATION_NAMES, Recipe
from cnnlab.ui.components.class_bars.class_bars import MAX_BARS, class_bars
from cnnlab.ui.components.pictures.pictures import Picture, pictures
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.inside import FIRST_PRESET, Place, go
from cnnlab.ui.state.network import chosen
from cnnlab.ui.state.recipe import take_recipe
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

UNTRAINED = "untrained"
_RUN, _EPOCH, _IMAGE, _WRONG, _INITIALISATION = (
    f"inside.{name}" for name in ("run", "epoch", "image", "wrong", "initialisation")
)
PICTURE_WIDTH = 220
"""Of the image beside its answer, in pixels."""

PHONE_WIDTH, PHONE_BARS = 96, 3
"""Of the image and of the classes that are shown on a phone, where they stand in a row."""


def pick_run(runs: Sequence[Run], shown: Run | None) -> None:
    """The run, or the untrained network that Explore shows."""
    names = {run.id: f"{run.name} · {title_of(run.recipe.dataset)} · {run.id[:4]}" for run in runs}
    names[UNTRAINED] = Sentence("Untrained: {name}", name=chosen(FIRST_PRESET)[0].preset)
    st.session_state[_RUN] = shown.id if shown else UNTRAINED
    st.selectbox("Network", list(names), format_func=names.__getitem__, key=_RUN, on_change=_take_run)


def _take_run() -> None:
    picked = st.session_state[_RUN]
    is_untrained = picked == UNTRAINED
    go(runs=() if is_untrained else (picked,), is_untrained=is_untrained, epoch="", problems=())


def pick_epoch(store: Store, run: Run, place: Place) -> int:
    """The epoch of the address, or the last one that is kept. Raises `NotPossible` where none is."""
    kept = network_epochs(run, store.folder)
    if not any(kept):
        template = "The run {name!r} has not finished an epoch: wait for it, or choose another one."
        if not run.active:
            template = "The run {name!r} has ended, and keeps no network of an epoch: choose another run."
        raise NotPossible(Sentence(template, name=run.name))
    epoch = kept[-1]
    if place.epoch:
        if place.epoch in map(str, kept):
            epoch = int(place.epoch)
        else:
            _warn(
                "`epoch` must be one of {kept}, and it is {value}: the last one is shown.",
                kept=", ".join(map(str, kept)),
                value=place.epoch,
            )
    st.session_state[_EPOCH] = epoch
    st.select_slider(
        "Epoch",
        kept,
        key=_EPOCH,
        on_change=lambda: go(epoch=str(st.session_state[_EPOCH])),
        help="Epoch 0 is before the first step.",
    )
    return epoch


def pick_initialisation(recipe: Recipe) -> None:
    """How the weights of an untrained network are drawn."""
    st.session_state[_INITIALISATION] = recipe.initialisation
    st.selectbox(
        "Initialisation",
        list(INITIALISATION_NAMES),
        format_func=INITIALISATION_NAMES.__getitem__,
        key=_INITIALISATION,
        on_change=lambda: take_recipe(recipe.replace(initialisation=st.session_state[_INITIALISATION])),
    )


def pick_image(store: Store, run: Run | None, epoch: int, place: Place, labels: Tensor) -> int:
    """The number of the test image, whose classes are `labels`; two buttons lead from mistake to mistake."""
    last = len(labels) - 1
    wrong = _wrong_answers(store, run, epoch, labels)
    index = wrong[0] if wrong else 0
    if place.image.isascii() and place.image.isdecimal() and int(place.image) <= last:
        index = int(place.image)
    elif place.image:
        _warn(
            "`image` must be a whole number from 0 to {last}, and it is {value}: image {index} is shown.",
            last=last,
            value=place.image,
            index=index,
        )
    st.session_state[_IMAGE] = index
    st.number_input(
        "Test image",
        min_value=0,
        max_value=last,
        step=1,
        key=_IMAGE,
        on_change=lambda: go(image=str(st.session_state[_IMAGE])),
    )
    if wrong:
        before = [i for i in wrong if i < index]
        after = [i for i in wrong if i > index]
        st.caption(Sentence("{count:,} of {total:,} answers are wrong.", count=len(wrong), total=len(labels)))
        with st.container(horizontal=True, gap="small", key=_WRONG):
            _step_to(before[-1] if before else wrong[-1], "Previous mistake", "chevron_left")
            _step_to(after[0] if after else wrong[0], "Next mistake", "chevron_right")
    return index


def _step_to(index: int, label: str, icon: str) -> None:
    st.button(
        label, icon=f":material/{icon}:", key=f"{_WRONG}.{icon}", on_click=lambda: go(image=str(index)), width="stretch"
    )


def show_answer(subject: Subject) -> None:
    """The image, what it is, and the network's answer as bars."""
    _show_image(subject, PICTURE_WIDTH, "inside.image_of_answer")
    st.markdown(
        plain(Sentence("No. {index}: it is {label}.", index=subject.index, label=subject.class_name(subject.label)))
    )
    st.markdown("**Answer**")
    _show_bars(subject, MAX_BARS, "inside.answer")


def show_answer_on_phone(subject: Subject) -> None:
    """The same in a row, which the style sheet hides where the sidebar is open beside the page."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="inside.on_phone"):
        with st.container(width=PHONE_WIDTH):
            _show_image(subject, PHONE_WIDTH, "inside.image_on_phone")
        with st.container():
            _show_bars(subject, PHONE_BARS, "inside.answer_on_phone")
        st.caption(plain(_answer_in_words(subject)))


def _answer_in_words(subject: Subject) -> Sentence:
    return Sentence(
        "Test image {index}, {label}: the answer is {answer} ({probability}).",
        index=subject.index,
        label=subject.class_name(subject.label),
        answer=subject.class_name(subject.answer),
        probability=share(float(subject.probabilities.max())),
    )


def _show_image(subject: Subject, width: int, key: str) -> None:
    shown = grid(subject.data.test_images[subject.index : subject.index + 1].numpy(), 1)
    name = Sentence("Test image {index}: {label}", index=subject.index, label=subject.class_name(subject.label))
    pictures([Picture(data_url(enlarged(shown, PICTURE_WIDTH)), name)], side=width, key=key)


def _show_bars(subject: Subject, most: int, key: str) -> None:
    class_bars(
        [subject.class_name(i) for i in range(len(subject.probabilities))],
        subject.probabilities.tolist(),
        true=subject.label,
        caption=Sentence("The probabilities of the classes"),
        theme=theme(),
        key=key,
        most=most,
    )


def _wrong_answers(store: Store, run: Run | None, epoch: int, labels: Tensor) -> list[int]:
    """The numbers of the images that were answered wrongly; none where answers are not kept."""
    found = read_answers(answers_file(store.folder, run.id), epoch).get("test") if run is not None else None
    if found is None or len(found.classes) != len(labels):
        return []
    wrong: list[int] = np.flatnonzero(found.classes != labels.numpy()).tolist()
    return wrong


def _warn(template: str, **values: object) -> None:
    st.warning(plain(Sentence(template, **values)), icon=":material/link_off:")
