"""A link to this page that hides knobs: for a lesson in which only some of them matter."""

from collections.abc import Mapping

import streamlit as st

from cnnlab.spec import Setting
from cnnlab.ui.sharing.link import show_address
from cnnlab.ui.state.address import address_with
from cnnlab.ui.state.hiding import Hiding, hiding, write_hiding
from cnnlab.ui.state.link import HIDE, ONLY

_WAYS = {ONLY: "Show only these knobs", HIDE: "Hide these knobs"}


def show_fewer_knobs(settings: Mapping[str, Setting]) -> None:
    """A button that opens the dialog in which such a link is made; `settings` are those of the page's knobs."""
    with st.container(width="content"):
        _show_button(settings)


@st.fragment
def _show_button(settings: Mapping[str, Setting]) -> None:
    if st.button(
        "Link with fewer knobs",
        icon=":material/visibility_off:",
        type="tertiary",
        key="fewer_knobs",
        help="Makes a link to this page that hides knobs",
    ):
        _make_link(settings)


@st.dialog("Link with fewer knobs")
def _make_link(settings: Mapping[str, Setting]) -> None:
    known = hiding()
    way: str = st.segmented_control(
        "What the link does with the knobs",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        default=HIDE if known.names and not known.is_only else ONLY,
        required=True,
        key="fewer_knobs.way",
        label_visibility="collapsed",
    )
    names = st.multiselect(
        "Knobs",
        list(settings),
        default=[name for name in known.names if name in settings],
        format_func=lambda name: settings[name].title,
        key="fewer_knobs.names",
        placeholder="Choose knobs",
    )
    st.caption("Hidden knobs keep their values, which are those of this page.")
    address = address_with(**{HIDE: "", ONLY: "", **write_hiding(Hiding(tuple(names), way == ONLY))})
    if names and address is not None:
        show_address(address)
