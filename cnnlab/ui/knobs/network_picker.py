"""The widgets to choose a network: the family and the preset."""

import streamlit as st

from cnnlab.architectures import FAMILIES, family_of, preset
from cnnlab.ui.state.link import Choice
from cnnlab.ui.state.network import choose


def pick_network(choice: Choice, *, key: str) -> None:
    """Two select boxes: the family and the preset."""
    spec = preset(choice.preset)
    family = family_of(spec)
    family_key, preset_key = f"{key}.family", f"{key}.preset.{family.name}"
    st.session_state[family_key] = family.name
    st.selectbox(
        "Family",
        list(FAMILIES),
        format_func=lambda name: FAMILIES[name].dated,
        key=family_key,
        on_change=lambda: choose(next(iter(FAMILIES[st.session_state[family_key]].presets))),
    )
    st.session_state[preset_key] = choice.preset
    st.selectbox("Preset", list(family.presets), key=preset_key, on_change=lambda: choose(st.session_state[preset_key]))
