"""The script that Streamlit runs for each visitor: the page settings and the navigation."""

import streamlit as st

from cnnlab.ui.components.history_steps.history_steps import steps_in_history
from cnnlab.ui.components.projector_switch.projector_switch import projector_switch
from cnnlab.ui.knobs.row import renew_knobs
from cnnlab.ui.paths import COMPARE, CONVOLUTION, EXPLORE, ICON, INSIDE, LOGO, RUNS, TRAIN, style_sheets
from cnnlab.ui.state.address import follow_history, is_projecting, project
from cnnlab.ui.state.inside import leave
from cnnlab.ui.visitors.visitor import theme

if follow_history():
    renew_knobs()
is_large = is_projecting()

st.set_page_config(
    page_title="CNN Lab",
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state="collapsed" if is_large else "auto",
)
st.logo(str(LOGO), size="large")
sheets = style_sheets(theme(), for_projector=is_large)
st.html(f"<style>{''.join(sheet.read_text(encoding='utf-8') for sheet in sheets)}</style>")
steps_in_history()
wanted = projector_switch(is_on=is_large)
if wanted is not None and wanted != is_large:
    project(is_on=wanted)
    st.rerun()

inside = st.Page(INSIDE, title="Inside")
page = st.navigation(
    [
        st.Page(EXPLORE, title="Explore", default=True),
        st.Page(COMPARE, title="Compare"),
        st.Page(CONVOLUTION, title="Convolution"),
        st.Page(TRAIN, title="Train"),
        st.Page(RUNS, title="Runs"),
        inside,
    ],
    position="top",
)
if page is not inside:
    leave()
page.run()
