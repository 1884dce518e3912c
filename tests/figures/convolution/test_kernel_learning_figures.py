"""A kernel as it is learned, in figures that plotly accepts."""

import plotly.graph_objects as go
import pytest

from cnnlab.figures.convolution.kernel_learning import describe_losses, describe_squares, loss_curve, squares
from cnnlab.figures.palette import Theme, contrast, mix
from cnnlab.insight.one_layer.kernel_learning import KERNEL_TASKS, learn_kernel


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", KERNEL_TASKS)
def test_a_learning_is_drawn_at_every_step(name: str, theme: Theme) -> None:
    task = KERNEL_TASKS[name].replace(steps=20)
    losses: list[float] = []
    for step in learn_kernel(task):
        losses.append(step.loss)
        curve = go.Figure(loss_curve(losses, total_steps=task.steps, theme=theme))
        assert list(curve.data[0].y) == losses
        low, high = curve.layout.yaxis.range
        assert 10**low <= min(losses) <= max(losses) <= 10**high
        kernel = go.Figure(squares(step.kernel, theme=theme, is_signed=True, reach=2.0))
        assert [tuple(row) for row in kernel.data[0].z] == list(step.kernel)
    assert describe_losses(losses).endswith("in 20 steps.")


def test_losses_of_nothing_and_without_bound_are_drawn() -> None:
    for losses in ([0.0], [1.0, 0.0, 1e30]):
        curve = go.Figure(loss_curve(losses, total_steps=10, theme="light"))
        assert all(value > 0 for value in curve.data[0].y)
    assert describe_losses([]) == "The loss over the steps: none yet."


def test_few_numbers_are_written_and_many_are_not() -> None:
    _, numbers = squares([[1.0, -0.001]], theme="light", is_signed=True, reach=1.0)["data"]
    assert numbers["text"] == ["1", "0"]
    assert len(squares([[0.5] * 28] * 28, theme="light", is_signed=False, reach=1.0)["data"]) == 1
    assert describe_squares("Kernel", [[1.0, -1.0]]) == "Kernel: 1.00, -1.00."
    assert describe_squares("Map", [[0.0] * 5, [2.0] * 5]) == "Map: 2 by 5 values from 0 to 2."


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("is_signed", [True, False])
def test_every_number_can_be_read_on_its_square(theme: Theme, is_signed: bool) -> None:
    values = [[(-1 if is_signed else 0) + place * (2 if is_signed else 1) / 60 for place in range(61)]]
    grid, numbers = squares(values, theme=theme, is_signed=is_signed, reach=1.0)["data"]
    (_, low), (_, middle), (_, high) = grid["colorscale"]
    for place, ink in enumerate(numbers["textfont"]["color"]):
        share = place / 30 - 1
        ground = mix(middle, high if share > 0 else low, abs(share))
        assert contrast(ink, ground) >= 4.5, (place, ink, ground)
