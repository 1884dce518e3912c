"""A drawing on a page: SVG that scales with the page down to where its letters could not be read, and then scrolls."""

from typing import Any

import streamlit as st

_HTML = """
<div class="drawing"></div>
"""

_CSS = """
.drawing { overflow-x: auto; overflow-y: hidden; }
.drawing svg { display: block; max-width: 100%; height: auto; }
"""

_JS = """
export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".drawing");
  if (node.dataset.drawn === data.svg) return;
  node.innerHTML = data.svg;
  node.dataset.drawn = data.svg;
  const svg = node.querySelector("svg");
  svg.style.minWidth = `${0.72 * svg.width.baseVal.value}px`;
}
"""

_mount: Any = st.components.v2.component("cnnlab_drawing", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def drawing(svg: str, *, key: str) -> None:
    """Shows the drawing, which must be of our own making and say in its own words what it shows."""
    _mount(data={"svg": svg}, key=key, height="content")
