"""The speed, the memory and the other step metrics of a run, a small chart for each."""

from functools import lru_cache

import streamlit as st

from cnnlab.figures.palette import Theme
from cnnlab.figures.training.step_metrics import describe_metric, describe_step_times, metric_chart, step_time_chart
from cnnlab.runs import Store
from cnnlab.runs.run import MAX_POINTS
from cnnlab.runs.run_cache import Snapshot
from cnnlab.runs.store.step_metrics import StoredMetrics, stored_metrics
from cnnlab.training.step_metrics import SINGLE_METRICS, STEP_TIMES
from cnnlab.ui.components.live_chart.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.runs.watching import MAX_CHARTS
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import count
from cnnlab.words.sentence import Sentence

COLUMNS = 3


def show_step_metrics(store: Store, snapshot: Snapshot) -> None:
    """The charts of what was measured; none before the first step."""
    summary, charts = _drawing(store, snapshot, theme())
    if not charts:
        return
    st.markdown("### Step metrics")
    st.caption(summary)
    rows = -(-len(charts) // COLUMNS)
    with st.container(key="runs.step_metrics"):
        boxes = [column for _ in range(rows) for column in st.columns(COLUMNS)]
    for box, (name, title, explanation, chart) in zip(boxes, charts, strict=False):
        with box, st.container(border=True):
            st.markdown(f"#### {title}", help=explanation)
            show_ready_chart(chart, key=f"runs.{name}")


@lru_cache(maxsize=MAX_CHARTS)
def _drawing(store: Store, snapshot: Snapshot, theme: Theme) -> tuple[Sentence, list[tuple[str, str, str, bytes]]]:
    """The last values in words; and for each chart its name, title, explanation and content."""
    run_id = snapshot.run.id
    stored = stored_metrics(store, run_id, max_points=MAX_POINTS // 2)  # a small chart is half as wide
    if not stored.steps:
        return Sentence(""), []
    charts = []
    for metric in SINGLE_METRICS:
        values = stored.values[metric.name]
        if any(value is not None for value in values):
            figure = metric_chart(metric, stored.steps, values, theme=theme, revision=run_id)
            chart = ready_chart(figure, alt=describe_metric(metric, values), theme=theme)
            charts.append((metric.name, metric.title, metric.explanation, chart))
    if any(value is not None for metric in STEP_TIMES for value in stored.values[metric.name]):
        figure = step_time_chart(stored.steps, stored.values, theme=theme, revision=run_id)
        chart = ready_chart(figure, alt=describe_step_times(stored.values), theme=theme)
        explanation = " ".join(f"**{metric.title.capitalize()}**: {metric.explanation}" for metric in STEP_TIMES)
        charts.append(("parts", "Time of one step", explanation, chart))
    return _summary(stored), charts


def _summary(stored: StoredMetrics) -> Sentence:
    last = {
        name: next((value for value in reversed(values) if value is not None), None)
        for name, values in stored.values.items()
    }
    texts = [
        f"{metric.title} **{_three_digits(metric.shown(value))}** {metric.unit}".strip()
        for metric in SINGLE_METRICS
        if (value := last[metric.name]) is not None
    ]
    times = {metric.title: metric.shown(value) for metric in STEP_TIMES if (value := last[metric.name]) is not None}
    if times:
        longest, total = max(times, key=times.__getitem__), sum(times.values())
        texts.append(
            f"Time of one step **{_three_digits(total)}** {STEP_TIMES[0].unit} ({times[longest] / total:.0%} {longest})"
        )
    return Sentence("At step {step}: {values}.", step=stored.steps[-1], values=" · ".join(texts))


def _three_digits(value: float) -> str:
    return count(value) if value >= 1000 else f"{value:.3g}"
