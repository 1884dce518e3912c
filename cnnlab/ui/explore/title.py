"""The top of the Explore page: the name of the network, and the buttons for it."""

import streamlit as st

from cnnlab.architectures import preset
from cnnlab.export import export_code
from cnnlab.ui.explore.hints import show_hints
from cnnlab.ui.paths import COMPARE, TRAIN
from cnnlab.ui.sharing.fewer_knobs import show_fewer_knobs
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.comparison import add_explored
from cnnlab.ui.state.link import write
from cnnlab.ui.state.network import chosen, explored


def show_title(name: str) -> None:
    """The title, buttons for the network as it is when they are pressed, and hints on a first visit."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(name, anchor=False, width="stretch")
        show_link()
        show_fewer_knobs(preset(name).settings())
        if st.button("Code", icon=":material/code:", type="tertiary", key="explore.code"):
            _show_code()
        if st.button(
            "Compare",
            icon=":material/compare_arrows:",
            type="tertiary",
            key="explore.compare",
            help="Compares this network with its preset, or adds it to your comparison.",
        ):
            _compare()
        if st.button("Train this", icon=":material/play_arrow:", type="primary", key="explore.train"):
            st.switch_page(TRAIN, query_params=write(chosen()[0]))
    show_hints()


def _compare() -> None:
    spec = explored()
    if spec is None:
        st.toast(
            "A network that cannot be built has no cost to compare: correct its knobs first.", icon=":material/tune:"
        )
        return
    add_explored(spec, preset(chosen()[0].preset))
    st.switch_page(COMPARE)


@st.dialog("PyTorch code of exactly this network", width="large")
def _show_code() -> None:
    spec = explored()
    if spec is None:
        st.info("There is no code for a network that cannot be built.", icon=":material/tune:")
        return
    code = export_code(spec)
    st.caption("It needs only torch. Download it, or copy it with the button at the top right of the text.")
    st.download_button(
        "Download", code, file_name=f"{chosen()[0].preset}.py", mime="text/x-python", icon=":material/download:"
    )
    st.code(code, language="python", height=480)
