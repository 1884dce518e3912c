"""The card of a data set: its size, sample images, class balance and source."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnlab.data import DatasetCard, is_available
from cnnlab.data.augment import augments
from cnnlab.data.catalogue import owner_of
from cnnlab.figures.training.class_balance import SPLITS, balance, describe_balance
from cnnlab.runs import NotPossible, Store, StoreUnavailable
from cnnlab.runs.permissions import may_change
from cnnlab.runs.store.housekeeping import delete_set
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.data.samples import augmentation_preview, sample_rows, statistics_of
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import exact, shape

_REFUSED = "why the images were not deleted"

ROW_WIDTH = 186
"""Of the sample images of a class, in pixels."""


@st.dialog("The data", width="large")
def show_data(store: Store, card: DatasetCard, recipe: Recipe, choose: Callable[[str], None]) -> None:
    """A dialog with the card. When imported images are deleted, `choose` gets the name of the default set."""
    if not is_available(card.name):
        st.rerun()  # it was just deleted
    show_card(card, recipe, key="data dialog")
    if card.origin == "own":
        _offer_deletion(store, card, choose)


def _offer_deletion(store: Store, card: DatasetCard, choose: Callable[[str], None]) -> None:
    try:
        owner = owner_of(card.name)
    except Refused:
        owner = ""  # the file is damaged, and the card says so: the teacher may delete it
    try:
        if not may_change(owner, store.settings(), store.requester):
            return
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    with st.popover("Delete these images", icon=":material/delete:"):
        st.markdown("They are deleted permanently, for all users of this machine.")
        delete = partial(_delete, store, card.name, choose)
        st.button("Delete permanently", type="primary", key="train.delete_set", on_click=delete)
    if _REFUSED in st.session_state:
        st.error(plain(st.session_state.pop(_REFUSED)), icon=":material/block:")


def _delete(store: Store, name: str, choose: Callable[[str], None]) -> None:
    try:
        delete_set(store, name)
    except (NotPossible, Refused, StoreUnavailable) as refused:
        st.session_state[_REFUSED] = str(refused)
    else:
        choose(Recipe().dataset)


def show_card(card: DatasetCard, recipe: Recipe, *, key: str) -> None:
    """The numbers of the set with the recipe's splits, sample images, class balance and source; or why it has none."""
    try:
        _show_card(card, recipe, key)
    except Refused as refused:
        st.error(plain(refused.of(Recipe.settings()).titled), icon=":material/error:")


def _show_card(card: DatasetCard, recipe: Recipe, key: str) -> None:
    statistics = statistics_of(recipe)
    numbers = [
        ("Training", exact(statistics.num_train)),
        ("Validation", exact(statistics.num_validation) if statistics.num_validation else "–"),
        ("Test", exact(statistics.num_test)),
        ("Classes", exact(card.num_classes)),
        ("Image", shape((card.in_channels, card.side, card.side))),
    ]
    st.header(verbatim(card.title), anchor=False)
    with st.container(horizontal=True):
        for label, value in numbers:
            st.metric(label, value, border=True, width="stretch")
    for sentence in statistics.cautions:
        st.warning(plain(sentence), icon=":material/warning:")
    _show_samples(card)
    if augments(recipe):
        st.markdown("### With augmentation")
        st.image(
            augmentation_preview(card.name, recipe),
            width="stretch",
            alt="Rows of images: first the original, then augmented variants.",
        )
        st.caption("Each row: an original image, then variants with this recipe's augmentation.")
    counts = dict(zip(SPLITS, (statistics.train, statistics.test, statistics.validation), strict=True))
    st.markdown("### Images per class")
    live_chart(
        balance(card.classes, counts, theme=theme()), alt=describe_balance(card.classes, counts), key=f"{key}.balance"
    )
    mean, std = (", ".join(f"{value:.3f}" for value in values) for values in (statistics.mean, statistics.std))
    channels = "" if card.in_channels == 1 else " (red, green, blue)"
    st.markdown(
        f"Mean brightness{channels} **{mean}**, standard deviation **{std}**, on a scale from 0 (black) to 1 (white)."
    )
    _show_source(card)


def _show_samples(card: DatasetCard) -> None:
    """A few images of each class, with its name."""
    rows = sample_rows(card.name)
    with st.container(horizontal=True, gap="medium"):
        for label, picture in rows:
            st.image(picture, caption=verbatim(label), width=ROW_WIDTH, alt=f"Images of the class {label}")
    if len(rows) < card.num_classes:
        st.caption(f"And {card.num_classes - len(rows)} more classes.")


def _show_source(card: DatasetCard) -> None:
    """The source of the images and their licence."""
    link = f" [{plain(card.link)}]({card.link})" if card.link else ""
    st.caption(f"Source: {plain(card.source)}.{link} Licence: {plain(card.licence)}.")
