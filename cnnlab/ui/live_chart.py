"""A chart that is drawn once and then updated in place: zoom and hidden curves survive new data."""

from typing import Any

import streamlit as st

from cnnlab.figures.style import Figure

_HTML = """
<div class="live-chart"></div>
"""

_CSS = """
.live-chart { width: 100%; }
.live-chart .message { padding: 1rem; color: var(--st-text-color); }
"""

_JS = """
const loadPlotly = () => {
  window.cnnlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("plotly/plotly.min.js", document.baseURI.split("?")[0].replace(/[^/]*$/, "")).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.cnnlabPlotly = undefined; reject(new Error(script.src)); };
    document.head.append(script);
  });
  return window.cnnlabPlotly;
};

// For each chart: its figure, and whether somebody has zoomed into it.
const charts = new WeakMap();

const begin = (plotly, node) => {
  const chart = { figure: null, zoomed: false };
  charts.set(node, chart);
  node.on("plotly_relayout", (change) => {
    chart.zoomed ||= Object.keys(change).some((name) => name.includes("axis.range"));
  });
  node.on("plotly_doubleclick", () => { chart.zoomed = false; update(plotly, node, chart.figure); });
  chart.observer = new ResizeObserver(() => node.offsetWidth && plotly.Plots.resize(node));
  chart.observer.observe(node);
  return chart;
};

// Plotly itself forgets the zoom when new data bring new ranges; it remembers the hidden curves.
const update = (plotly, node, figure) => {
  const chart = charts.get(node);
  const layout = { ...figure.layout };
  if (chart?.figure && chart.figure.layout.uirevision !== layout.uirevision) chart.zoomed = false;
  if (chart?.zoomed) {
    for (const axis of ["xaxis", "yaxis"]) {
      layout[axis] = { ...layout[axis], range: [...node._fullLayout[axis].range], autorange: false };
    }
  }
  plotly.react(node, figure.data, layout, { displaylogo: false, displayModeBar: false, doubleClick: false });
  (chart ?? begin(plotly, node)).figure = figure;
};

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".live-chart");
  if (!data.figure) { loadPlotly().catch(() => {}); return; }
  node.setAttribute("role", "img");
  node.setAttribute("tabindex", "0");
  node.setAttribute("aria-label", data.alt);
  node.style.height = `${data.figure.layout.height}px`;
  loadPlotly().then(
    (plotly) => {
      if (!node.isConnected) return;
      node.querySelector(".message")?.remove();
      update(plotly, node, data.figure);
    },
    () => {
      const message = document.createElement("p");
      message.className = "message";
      message.textContent = `The chart cannot be drawn, because plotly did not load. ${data.alt}`;
      node.replaceChildren(message);
    },
  );
  return () => {
    charts.get(node)?.observer.disconnect();
    charts.delete(node);
    window.Plotly?.purge(node);
  };
}
"""

_mount: Any = st.components.v2.component("cnnlab_live_chart", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def live_chart(figure: Figure, *, alt: str, key: str) -> None:
    """Draws `figure`, or updates the chart that `key` drew before; `alt` says in words what it shows."""
    _mount(data={"figure": figure, "alt": alt}, key=key, height="content")


def prepare_charts() -> None:
    """Lets the browser load what draws charts, so that the first one appears at once."""
    _mount(data={"figure": None, "alt": ""}, key="prepare charts", height=1)
