"""The figures of the closer look show what was counted, forecast and measured, as figures that plotly accepts."""

import plotly.graph_objects as go
import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.counters import counts
from cnnlab.analysis.memory import training_memory
from cnnlab.analysis.timing.latency import Timing
from cnnlab.analysis.timing.roofline import Machine, layer_work
from cnnlab.architectures import preset
from cnnlab.figures.network.memory_bars import describe_memory, memory_bars
from cnnlab.figures.network.speed import describe_roofline, latency_chart, roofline_chart
from cnnlab.figures.network.waterfall import describe_waterfall, waterfall
from cnnlab.figures.palette import Theme
from cnnlab.words.numbers import exact, size

NAMES = ["lenet5_d2l", "resnet18", "densenet121", "mobilenet_v3_small"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_the_waterfall_ends_at_the_total(name: str, theme: Theme) -> None:
    for found in counts(analyse(preset(name))):
        figure = go.Figure(waterfall(found, theme=theme))
        (bars,) = figure.data
        tops = [base + height for base, height in zip(bars.base, bars.y, strict=True)]
        # Each column begins where the one before it ends, and the last two end at the same height.
        assert tops[-1] == pytest.approx(found.total)
        assert tops[-2] == pytest.approx(found.total)
        assert list(bars.base[1:-1]) == pytest.approx(tops[:-2])
        assert bars.text[-1] == exact(found.total)
        assert figure.layout.yaxis.range[0] <= min(tops)
        assert ("not from 0" in figure.layout.yaxis.title.text) == (figure.layout.yaxis.range[0] != 0)
        ticks = figure.layout.yaxis.ticktext
        assert ticks is None or ("0" in ticks and len(set(ticks)) == len(ticks) >= 2)
        assert found.counter.name in describe_waterfall(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_parts_of_the_memory_add_up(theme: Theme) -> None:
    report = analyse(preset("resnet18"))
    memories = [(n, training_memory(report, batch_size=n, optimizer="adam")) for n in (1, 32)]
    figure = go.Figure(memory_bars(memories, theme=theme))
    *parts, totals = figure.data
    for i, (batch_size, memory) in enumerate(memories):
        assert sum(part.x[i] for part in parts) == pytest.approx(memory.total / 1e6)
        assert totals.text[i].strip() == size(memory.total)
        assert str(batch_size) in describe_memory(batch_size, memory)
    assert "MB" in figure.layout.xaxis.title.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_times_have_their_spread(theme: Theme) -> None:
    timings = [
        Timing("forward", 1, 0.010, 0.009, 0.012, 20, True),
        Timing("forward", 4, 0.020, 0.019, 0.024, 20, True),
        Timing("forward and backward", 4, 0.060, 0.05, 0.08, 9, True),
    ]
    forward, both = go.Figure(latency_chart(timings, theme=theme)).data
    assert list(forward.y) == pytest.approx([10, 5])
    assert list(forward.error_y.array) == pytest.approx([2, 1])
    assert list(forward.error_y.arrayminus) == pytest.approx([1, 0.25])
    assert list(both.x) == [4]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_under_the_roof(name: str, theme: Theme) -> None:
    done, machine = layer_work(analyse(preset(name)), batch_size=2), Machine("cpu", 5e10, 1e10)
    figure = go.Figure(roofline_chart(done, machine, theme=theme))
    roof, layers = figure.data
    assert len(layers.x) == sum(work.flops > 0 for work in done)
    assert max(layers.y) <= max(roof.y) == pytest.approx(50)
    for x, y in zip(layers.x, layers.y, strict=True):
        assert y == pytest.approx(min(50, 10 * x))
    limited = sum(work.flops > 0 and work.intensity < 5 for work in done)
    assert describe_roofline(done, machine).startswith(f"{limited} of {len(layers.x)} ")
