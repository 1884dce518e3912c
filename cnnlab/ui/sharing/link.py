"""The link of the page that is open: copied at once, or as a QR code for a class."""

import io

import segno
import streamlit as st

from cnnlab.ui.components.link_buttons.link_buttons import link_buttons
from cnnlab.ui.sharing.reachable import for_others, is_address, is_local

QUIET_ZONE = 4
"""Modules of white on each side of a QR code, as its standard demands."""


def show_link() -> None:
    """The buttons that copy the address of the page and show its QR code."""
    with st.container(width="content"):
        _show_buttons()


@st.fragment
def _show_buttons() -> None:
    asked = link_buttons(key="link")
    if asked is not None and is_address(asked):
        _show_code(asked)


def qr_code(address: str) -> str | None:
    """The QR code of an address as SVG, dark on white; None if it is too long for one."""
    try:
        code = segno.make_qr(address, error="l", boost_error=False)
    except segno.DataOverflowError:
        return None
    svg = io.BytesIO()
    code.save(svg, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True, xmldecl=False)
    return svg.getvalue().decode()


@st.dialog("Link to this page")
def _show_code(asked: str) -> None:
    show_address(asked)


def show_address(asked: str) -> None:
    """An address as others reach it, and its QR code."""
    address = for_others(asked)
    if address is None:
        st.info(
            "This machine has no address in a network, so no other device can open its pages. Connect it, and open this"
            " again.",
            icon=":material/wifi_off:",
        )
        return
    code = qr_code(address)
    if code is None:
        st.info("The link is too long for a QR code: copy it instead.", icon=":material/qr_code_2:")
    else:
        st.image(code, width="stretch", alt="QR code of the link below")
    st.code(address, language=None, wrap_lines=True)
    if is_local(asked):
        st.warning(
            "The address in your browser works only on this machine: this is the machine's address in its network."
            " Others can open it only if the server listens there:",
            icon=":material/wifi:",
        )
        st.code("streamlit run app.py --server.address 0.0.0.0", language=None, wrap_lines=True)
