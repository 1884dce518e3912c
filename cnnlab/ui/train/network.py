"""The network on the Train page: whether it can be trained on the data, and how it is fitted to them."""

from functools import partial

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.analysis.dataset_fit import match_dataset_if_needed
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.data import DatasetCard, fit_notes
from cnnlab.spec import Problem, Refused
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import EXPLORE
from cnnlab.ui.state.link import Choice, choice_of, write
from cnnlab.ui.state.network import spec_of, take


def trainable_network(choice: Choice, card: DatasetCard) -> tuple[NetworkSpec | None, tuple[Problem, ...]]:
    """The spec of the choice, or None if it has none, and why it cannot be trained on these data."""
    spec, problems = spec_of(choice)
    if spec is None:
        return None, problems
    broken = analyse(spec).problem
    if broken is not None:
        return spec, (broken,)
    try:
        fit_notes(card, spec)
    except Refused as refused:
        return spec, tuple(problem.of(spec.settings()) for problem in refused.problems)
    return spec, ()


def show_changes(choice: Choice) -> None:
    """How the network differs from its preset, and a link to the page that changes it."""
    original = preset(choice.preset)
    for field, setting in original.settings().items():
        value, default = choice.values[field], original.values[field]
        if value != default:
            st.caption(f"{setting.title}: **{_formatted(value)}** instead of {_formatted(default)}")
    st.page_link(EXPLORE, label="Edit its layers in Explore", icon=":material/tune:", query_params=write(choice))


def _formatted(value: object) -> str:
    return plain("-".join(map(str, value)) if isinstance(value, tuple) else str(value).replace("_", " "))


def show_fit(spec: NetworkSpec, card: DatasetCard) -> None:
    """What is done to the images for this network, and a button that fits the network to the images instead."""
    try:
        notes = fit_notes(card, spec)
    except Refused:
        notes = ()  # the page shows the error
    for note in notes:
        st.caption(plain(note))
    try:
        fitted = match_dataset_if_needed(spec, card)
    except Refused as refused:
        st.caption(plain(refused.titled))
        return
    if fitted == spec:
        return
    shape = f"{fitted.in_channels} × {fitted.image_size} × {fitted.image_size}"
    st.button(
        "Fit the network to the data",
        icon=":material/fit_screen:",
        key="train.fit",
        on_click=partial(take, choice_of(fitted)),
        help=f"The same layers for images of {shape} and {fitted.num_classes} classes.",
        width="stretch",
    )
