"""A chart that is drawn once and then updated in place: zoom and hidden curves survive new data."""

from typing import Any

import streamlit as st

from cnnlab.figures.style import Figure

_HTML = """
<div class="live-chart" role="img" tabindex="0"></div>
"""

_CSS = """
.live-chart { width: 100%; }
.live-chart .message { padding: 1rem; color: var(--st-text-color); }
"""

_JS = """
const loadPlotly = () => {
  window.cnnlabPlotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) { resolve(window.Plotly); return; }
    const script = document.createElement("script");
    script.src = new URL("plotly/plotly.min.js", document.baseURI.split("?")[0].replace(/[^/]*$/, "")).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return window.cnnlabPlotly;
};

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".live-chart");
  node.setAttribute("aria-label", data.alt);
  node.style.height = `${data.figure.layout.height}px`;
  const config = { responsive: true, displaylogo: false, displayModeBar: false, doubleClick: "reset" };
  loadPlotly().then(
    (plotly) => plotly.react(node, data.figure.data, data.figure.layout, config),
    () => { node.innerHTML = ""; const p = document.createElement("p"); p.className = "message";
            p.textContent = data.alt; node.append(p); },
  );
}
"""

_mount: Any = st.components.v2.component("cnnlab_live_chart", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def live_chart(figure: Figure, *, alt: str, key: str) -> None:
    """Draws `figure`, or updates the chart that `key` drew before; `alt` says in words what it shows."""
    _mount(data={"figure": figure, "alt": alt}, key=key, height="content")
