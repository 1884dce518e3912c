"""The script that Streamlit runs for each visitor: the page settings and the navigation."""

import streamlit as st

from cnnlab.ui.paths import COMPARE, CONVOLUTION, DARK_PRINT_STYLE, EXPLORE, ICON, LOGO, PRINT_STYLE, RUNS, STYLE, TRAIN
from cnnlab.ui.visitor import theme

st.set_page_config(page_title="CNN Lab", page_icon=str(ICON), layout="wide")
st.logo(str(LOGO), size="large")
sheets = [STYLE, PRINT_STYLE, *([DARK_PRINT_STYLE] if theme() == "dark" else [])]
st.html(f"<style>{''.join(sheet.read_text(encoding='utf-8') for sheet in sheets)}</style>")

page = st.navigation(
    [
        st.Page(EXPLORE, title="Explore", default=True),
        st.Page(COMPARE, title="Compare"),
        st.Page(CONVOLUTION, title="Convolution"),
        st.Page(TRAIN, title="Train"),
        st.Page(RUNS, title="Runs"),
    ],
    position="top",
)
page.run()
