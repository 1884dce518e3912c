"""The script that Streamlit runs for each visitor: the page settings and the navigation."""

import streamlit as st

from cnnlab.ui.components.history_steps.history_steps import steps_in_history
from cnnlab.ui.knobs.row import renew_knobs
from cnnlab.ui.paths import COMPARE, CONVOLUTION, EXPLORE, ICON, LOGO, RUNS, STYLE, TRAIN
from cnnlab.ui.state.address import follow_history

st.set_page_config(page_title="CNN Lab", page_icon=str(ICON), layout="wide")
st.logo(str(LOGO), size="large")
st.html(STYLE)

steps_in_history()
if follow_history():
    renew_knobs()

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
