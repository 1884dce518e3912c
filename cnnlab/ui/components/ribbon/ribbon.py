"""The ribbon on the page: a drawing whose slabs can be chosen with a click or the keyboard."""

from collections.abc import Callable
from typing import Any

import streamlit as st

_HTML = """
<div class="ribbon"></div>
"""

_CSS = """
/* Where a part is out of sight, a shadow at the edge says so. */
.ribbon { overflow-x: auto; overflow-y: hidden; background:
    linear-gradient(to left, var(--st-background-color) 30%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to left, color-mix(in srgb, var(--st-gray-color) 35%, transparent), transparent) right / 1rem 100%
      no-repeat scroll; }
.ribbon svg { display: block; max-width: 100%; height: auto; }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".ribbon");
  if (node.dataset.drawn !== data.svg) {
    const focused = document.activeElement?.closest?.(".ribbon [data-path]")?.dataset.path;
    node.innerHTML = data.svg;
    node.dataset.drawn = data.svg;
    const svg = node.querySelector("svg");
    // Narrower than this the letters would be too small to read: then the drawing scrolls.
    svg.style.minWidth = `${0.72 * svg.width.baseVal.value}px`;
    if (focused) node.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  }
  const choose = (event) => {
    const unit = event.target.closest("[data-path]");
    if (!unit || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    setTriggerValue("chosen", unit.dataset.path);
  };
  node.onclick = choose;
  node.onkeydown = choose;
}
"""

_mount: Any = st.components.v2.component("cnnlab_ribbon", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def ribbon_view(svg: str, *, key: str, choose: Callable[[str], None] | None = None) -> None:
    """Shows the drawing, which must be of our own making; `choose` gets the path of a slab that is chosen."""

    def pass_on() -> None:
        path = st.session_state[key].chosen
        if choose is not None and path is not None:
            choose(path)

    _mount(data={"svg": svg}, key=key, on_chosen_change=pass_on, height="content")
