"""What a run takes, as it goes on: one small chart for each thing that is measured beside its loss."""

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.figures.palette import Theme
from cnnlab.figures.training.step_metrics import describe_gauge, gauge, step_parts
from cnnlab.runs import Run, Store
from cnnlab.runs.store.step_metrics import Gauges, gauges
from cnnlab.runs.watching import Seen
from cnnlab.ui.components.live_chart.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.runs.watching import MOST_DRAWN
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import count, size

MOST_POINTS = 200
"""A small chart shows no more."""

COLUMNS = 3


@dataclass(frozen=True, slots=True)
class _Gauge:
    """How a column of the store is shown: its title, the unit of its axis, and what its values are multiplied by."""

    title: str
    unit: str
    scale: float = 1.0
    log: bool = False


_GAUGES = {
    "learning_rate": _Gauge("Learning rate", "learning rate"),
    "gradient_norm": _Gauge("Length of the gradient", "norm (logarithmic)", log=True),
    "examples_per_second": _Gauge("Speed", "images a second"),
    "device_use": _Gauge("GPU in use", "% of the time", 100.0),
    "cores_used": _Gauge("Processor", "cores in use"),
    "memory_bytes": _Gauge("Memory", "MB", 1e-6),
}

_PARTS = {
    "images": "data_seconds",
    "forward": "forward_seconds",
    "backward": "backward_seconds",
    "update": "update_seconds",
}


def show_gauges(store: Store, seen: Seen) -> None:
    """The charts of what was measured; none before the first step."""
    drawing = _drawing(store, seen, theme())
    if drawing is None:
        return
    st.markdown("##### What it takes")
    st.caption(drawing.words)
    boxes = _boxes(len(drawing.charts))
    for box, (name, (title, chart)) in zip(boxes, drawing.charts.items(), strict=False):
        with box, st.container(border=True):
            st.markdown(f"###### {title}")
            show_ready_chart(chart, key=f"runs.{name}")


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The last values in words, and the titles and charts by name."""

    words: str
    charts: dict[str, tuple[str, bytes]]


@lru_cache(maxsize=MOST_DRAWN)
def _drawing(store: Store, seen: Seen, theme: Theme) -> _Drawing | None:
    run = seen.run
    measured = gauges(store, run.id, max_points=MOST_POINTS)
    if not measured.steps:
        return None
    charts: dict[str, tuple[str, bytes]] = {}
    for name, about in _GAUGES.items():
        values = [None if value is None else about.scale * value for value in measured.values[name]]
        if any(value is not None for value in values):
            figure = gauge(measured.steps, values, unit=about.unit, theme=theme, revision=run.id, log=about.log)
            alt = describe_gauge(about.title, values, about.unit)
            charts[name] = (about.title, ready_chart(figure, alt=alt, theme=theme))
    parts = {part: measured.values[name] for part, name in _PARTS.items()}
    if any(second is not None for seconds in parts.values() for second in seconds):
        figure = step_parts(measured.steps, parts, theme=theme, revision=run.id)
        alt = " ".join(describe_gauge(part, seconds, "s") for part, seconds in parts.items())
        charts["parts"] = ("Time of one step", ready_chart(figure, alt=alt, theme=theme))
    return _Drawing(_now(measured, run), charts)


def _boxes(number: int) -> list[DeltaGenerator]:
    rows = -(-number // COLUMNS)
    return [column for _ in range(rows) for column in st.columns(COLUMNS)]


def _now(measured: Gauges, run: Run) -> str:
    """The last values in words, for those who only want to know."""
    last = {
        name: next((v for v in reversed(values) if v is not None), None) for name, values in measured.values.items()
    }
    parts = [f"learning rate **{last['learning_rate']:.3g}**"]
    if last["gradient_norm"] is not None:
        parts.append(f"gradient **{last['gradient_norm']:.3g}** long")
    if last["device_use"] is not None:
        parts.append(f"**{100 * last['device_use']:.0f} %** of {run.device}")
    if last["cores_used"] is not None:
        parts.append(f"**{last['cores_used']:.2f}** cores")
    if last["memory_bytes"] is not None:
        parts.append(f"**{size(last['memory_bytes'])}** of {'its' if run.device.startswith('cuda') else 'main'} memory")
    times = [(part, last[name]) for part, name in _PARTS.items()]
    known = [(part, seconds) for part, seconds in times if seconds is not None]
    if known:
        total = sum(seconds for _, seconds in known)
        longest, most = max(known, key=lambda entry: entry[1])
        parts.append(f"**{count(1000 * total)} ms** a step, most of it ({most / total:.0%}) {longest}")
    return f"At step {measured.steps[-1]}: {', '.join(parts)}."
