"""How fast a network runs: measured times by batch size, and each layer under the device's roofline."""

import math
from collections.abc import Sequence

from cnnlab.analysis.timing.latency import PASSES, Timing
from cnnlab.analysis.timing.roofline import LayerWork, Machine
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, KIND_COLOURS, SURFACES, Theme
from cnnlab.words.numbers import count, duration

DECADES = [10.0**i for i in range(-6, 6)]


def latency_chart(timings: Sequence[Timing], *, theme: Theme) -> Figure:
    """Milliseconds for an image against the batch size, with the quartiles as bars; both axes logarithmic."""
    lines = []
    for what, colour, dash in zip(PASSES, CURVE_COLOURS[theme], ("solid", "dot"), strict=False):
        found = [timing for timing in timings if timing.what == what]
        if not found:
            continue
        low, y, high = (
            [1000 * seconds / timing.batch_size for timing, seconds in zip(found, column, strict=True)]
            for column in zip(*((timing.low, timing.median, timing.high) for timing in found), strict=True)
        )
        lines.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": what,
                "x": [timing.batch_size for timing in found],
                "y": y,
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [end - middle for end, middle in zip(high, y, strict=True)],
                    "arrayminus": [middle - end for end, middle in zip(low, y, strict=True)],
                },
                "customdata": [[duration(timing.median), timing.num_runs] for timing in found],
                "hovertemplate": "batch of %{x}: %{customdata[0]}, %{y:.3g} ms an image"
                "<br>median of %{customdata[1]}<extra></extra>",
                "line": {"color": colour, "width": 3, "dash": dash},
                "marker": {"size": 9},
            }
        )
    sizes = sorted({timing.batch_size for timing in timings})
    chart = layout(
        theme,
        x="batch size, images",
        y="time for an image, ms",
        xaxis={"type": "log", "tickvals": sizes, "ticktext": [str(n) for n in sizes], "showgrid": False},
        yaxis={"type": "log", "dtick": "D2", "tickformat": "~g"},
    )
    return {"data": lines, "layout": chart}


def roofline_chart(layers_work: Sequence[LayerWork], machine: Machine, *, theme: Theme) -> Figure:
    """Each layer at its operations per byte, at the height that the device allows; larger marks take longer."""
    colours, surface = KIND_COLOURS[theme], SURFACES[theme]
    working = [work for work in layers_work if work.flops]
    intensities = [work.intensity for work in working]
    low = min([machine.balance / 10, *intensities]) / 1.5
    high = max([machine.balance * 10, *intensities]) * 1.5
    roof = {
        "type": "scatter",
        "mode": "lines",
        "name": "peak of the device",
        "x": [low, machine.balance, high],
        "y": [machine.attainable(x) / 1e9 for x in (low, machine.balance, high)],
        "line": {"color": surface["muted"], "width": 3},
        "hoverinfo": "skip",
    }
    longest = max((work.seconds(machine) for work in working), default=1.0)
    layers = {
        "type": "scatter",
        "mode": "markers",
        "name": "layers",
        "x": intensities,
        "y": [machine.attainable(work.intensity) / 1e9 for work in working],
        "customdata": [
            [
                work.row.path,
                f"{count(work.flops)} operations, {count(work.num_bytes)} bytes, at least"
                f" {1000 * work.seconds(machine):.3g} ms",
                "memory" if work.intensity < machine.balance else "arithmetic",
            ]
            for work in working
        ],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<br>limited by %{customdata[2]}<extra></extra>",
        "marker": {
            "color": [colours[work.row.kind] for work in working],
            "size": [8 + 18 * math.sqrt(work.seconds(machine) / longest) for work in working],
            "opacity": 0.8,
            "line": {"width": 1, "color": surface["background"]},
        },
    }
    axis = {"type": "log", "tickvals": DECADES, "ticktext": [f"{n:g}" for n in DECADES]}
    chart = layout(theme, x="operations per byte", y="billion operations per second", xaxis=axis, yaxis=axis)
    return {"data": [roof, layers], "layout": chart}


def describe_roofline(layers_work: Sequence[LayerWork], machine: Machine) -> str:
    """A description of the figure."""
    working = [work for work in layers_work if work.flops]
    limited = sum(work.intensity < machine.balance for work in working)
    return (
        f"{limited} of {len(working)} convolution and dense layers do fewer than {machine.balance:.3g} operations for"
        f" each byte that they move: the memory limits them on {machine.device}."
    )
