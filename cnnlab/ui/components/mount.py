"""Reads the HTML, CSS and JavaScript that lie beside a component's Python file."""

from importlib.resources import files
from typing import Any

import streamlit as st


def component(module: str) -> Any:
    """A Streamlit component made of the `.html`, `.css` and `.js` files beside `module`, which is a `__name__`.

    Several scripts are one ES module, in the order of their names. Streamlit serves files only for components that are
    installed, so their text is passed on.
    """
    package, _, name = module.rpartition(".")
    beside = sorted(files(package).iterdir(), key=lambda file: file.name)

    def text(suffix: str) -> str:
        return "\n".join(file.read_text(encoding="utf-8") for file in beside if file.name.endswith(suffix))

    return st.components.v2.component(
        f"cnnlab_{name}", html=text(".html"), css=text(".css"), js=text(".js"), isolate_styles=False
    )
