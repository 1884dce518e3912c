"""The memory of a training step as a bar of its parts, for a few batch sizes."""

from collections.abc import Sequence

from cnnlab.analysis.memory import TrainingMemory
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import KIND_COLOURS, Theme
from cnnlab.walk import Kind
from cnnlab.words.numbers import size

_PARTS: dict[str, tuple[str, Kind]] = {
    "weights": ("weights", "convolution"),
    "gradients": ("gradients", "depthwise"),
    "optimizer": ("optimizer", "norm"),
    "activations": ("activations", "dense"),
    "images": ("images", "pooling"),
    "backward": ("backward pass", "shortcut"),
}
"""By field of `TrainingMemory`: the name of the part, and the kind of layer whose colour it shares."""


def memory_bars(memories: Sequence[tuple[int, TrainingMemory]], *, theme: Theme) -> Figure:
    """A stacked bar for each (batch size, memory), in decimal megabytes."""
    names = [f"batch of {batch_size}" for batch_size, _ in memories]
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": names,
            "x": [getattr(memory, part) / 1e6 for _, memory in memories],
            "customdata": [[size(getattr(memory, part))] for _, memory in memories],
            "hovertemplate": f"{name}: %{{customdata[0]}}<extra>%{{y}}</extra>",
            "marker": {"color": KIND_COLOURS[theme][kind]},
        }
        for part, (name, kind) in _PARTS.items()
    ]
    totals = {
        "type": "scatter",
        "mode": "text",
        "y": names,
        "x": [memory.total / 1e6 for _, memory in memories],
        "text": [f" {size(memory.total)}" for _, memory in memories],
        "textposition": "middle right",
        "textfont": {"size": 15},
        "hoverinfo": "skip",
        "showlegend": False,
        "cliponaxis": False,
    }
    most = max((memory.total / 1e6 for _, memory in memories), default=1.0)
    chart = layout(
        theme,
        x="memory, MB",
        y="",
        height=110 + 52 * len(memories),
        barmode="stack",
        bargap=0.3,
        legend={"traceorder": "normal"},
        xaxis={"range": [0, 1.22 * most], "rangemode": "tozero"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return {"data": [*bars, totals], "layout": chart}


def describe_memory(batch_size: int, memory: TrainingMemory) -> str:
    """A description of the figure for one batch size."""
    parts = ", ".join(f"{name} {size(getattr(memory, part))}" for part, (name, _) in _PARTS.items())
    return f"A training step with a batch of {batch_size} needs {size(memory.total)}: {parts}."
