"""Reads the HTML, CSS and JavaScript beside a component's Python file."""

import re
from importlib.resources import files
from typing import Any

import streamlit as st


def component(module: str) -> Any:
    """A Streamlit component made of the `.html`, `.css` and `.js` files beside `module`, which is a `__name__`.

    Streamlit serves files only for components that are installed, so their text is passed on. A component is one ES
    module: several scripts are joined in the order of their names, each of which imports only from those before it.
    """
    package, _, name = module.rpartition(".")
    beside = sorted(files(package).iterdir(), key=lambda file: file.name)

    def text(suffix: str) -> str:
        return "\n".join(file.read_text(encoding="utf-8") for file in beside if file.name.endswith(suffix))

    script = re.sub(r"^import .*\n|^export (?!default )", "", text(".js"), flags=re.MULTILINE)
    return st.components.v2.component(
        f"cnnlab_{name}", html=text(".html"), css=text(".css"), js=script, isolate_styles=False
    )
