"""The card of a data set: what is in it, what it looks like, where it comes from."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnlab.data import DatasetCard, is_here
from cnnlab.data.augment import augments
from cnnlab.data.catalogue import owner_of
from cnnlab.figures.training.class_balance import SPLITS, balance, describe_balance
from cnnlab.runs import Store
from cnnlab.runs.permissions import may_delete_set
from cnnlab.runs.store.housekeeping import delete_set
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.data.samples import augmentation_preview, facts_of, sheet
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.teacher import token
from cnnlab.ui.visitor import theme, visitor
from cnnlab.words.numbers import exact, shape

_REFUSED = "why the images were not deleted"

STRIP_WIDTH = 186
"""Of a class's images, in pixels."""


@st.dialog("The data", width="large")
def look_at_data(store: Store, card: DatasetCard, recipe: Recipe, choose: Callable[[str], None]) -> None:
    """The card, over the page. Where own images are deleted, `choose` is told of another set to take instead."""
    if not is_here(card.name):
        st.rerun()  # it was deleted just now
    show_card(card, recipe, key="data dialog")
    if card.origin == "own":
        _offer_deletion(store, card, choose)


def _offer_deletion(store: Store, card: DatasetCard, choose: Callable[[str], None]) -> None:
    if not may_delete_set(owner_of(card.name), store.settings(), owner=visitor(), token=token()):
        return
    with st.popover("Delete these images", icon=":material/delete:"):
        st.markdown("They are deleted for everybody on this machine, and for good.")
        delete = partial(_delete, store, card.name, choose)
        st.button("Delete them", type="primary", key="train.delete_set", on_click=delete)
    if _REFUSED in st.session_state:
        st.error(plain(st.session_state.pop(_REFUSED)), icon=":material/block:")


def _delete(store: Store, name: str, choose: Callable[[str], None]) -> None:
    try:
        delete_set(store, name)
    except Refused as refused:
        st.session_state[_REFUSED] = str(refused)
    else:
        choose(Recipe().dataset)


def show_card(card: DatasetCard, recipe: Recipe, *, key: str) -> None:
    """The numbers of the set as the recipe divides it, a sheet of samples, its balance and its source."""
    try:
        known = facts_of(recipe)
    except Refused as refused:
        st.error(plain(str(refused)), icon=":material/error:")
        return
    numbers = [
        ("Learn from", exact(known.num_train)),
        ("Validate on", exact(known.num_validation) if known.num_validation else "–"),
        ("Test on", exact(known.num_test)),
        ("Classes", exact(card.num_classes)),
        ("Image", shape((card.in_channels, card.side, card.side))),
    ]
    st.subheader(verbatim(card.title), anchor=False)
    with st.container(horizontal=True):
        for label, value in numbers:
            st.metric(label, value, border=True, width="stretch")
    show_sheet(card)
    if augments(recipe):
        st.markdown("##### As the network sees them")
        st.image(
            augmentation_preview(card.name, recipe),
            width="stretch",
            alt="Rows of images: first as it is, then changed at random in several ways.",
        )
        st.caption("Each row: an image as it is, then as the random changes of this recipe may show it.")
    counts = dict(zip(SPLITS, (known.train, known.test, known.validation), strict=True))
    st.markdown("##### Images of each class")
    live_chart(
        balance(card.classes, counts, theme=theme()), alt=describe_balance(card.classes, counts), key=f"{key}.balance"
    )
    mean, std = (", ".join(f"{value:.3f}" for value in values) for values in (known.mean, known.std))
    channels = "" if card.in_channels == 1 else " (red, green, blue)"
    st.markdown(f"Mean brightness{channels} **{mean}**, standard deviation **{std}**, from 0 for black to 1 for white.")
    show_source(card)


def show_sheet(card: DatasetCard) -> None:
    """A few images of each class, with its name."""
    rows = sheet(card.name)
    with st.container(horizontal=True, gap="medium"):
        for label, picture in rows:
            st.image(picture, caption=verbatim(label), width=STRIP_WIDTH, alt=f"Images of the class {label}")
    if len(rows) < card.num_classes:
        st.caption(f"And {card.num_classes - len(rows)} classes more.")


def show_source(card: DatasetCard) -> None:
    """Where the images come from, and what they may be used for."""
    link = f" [{plain(card.link)}]({card.link})" if card.link else ""
    st.caption(f"Source: {plain(card.source)}.{link} Licence: {plain(card.licence)}.")
