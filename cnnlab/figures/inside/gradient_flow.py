"""How large the gradients of all layers are over the steps of a training: a map of layers by steps."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import NOTHING_COLOUR, SEQUENTIAL, TOO_MUCH_COLOUR, Theme
from cnnlab.words.sentence import Sentence, joined

Quantity = Literal["gradients", "weights", "relative"]


class QuantityText(NamedTuple):
    """What a quantity is called among the others, and in full."""

    label: str
    title: str


QUANTITIES: dict[Quantity, QuantityText] = {
    "gradients": QuantityText("Gradients", "Gradient norm"),
    "weights": QuantityText("Weights", "Weight norm"),
    "relative": QuantityText("Ratio", "Gradient norm / weight norm"),
}
"""What can be drawn, by the names of the arrays: all without a unit, on a logarithmic scale."""

HEIGHTS, ROW_HEIGHT, FRAME_HEIGHT = (330, 640), 16, 130
"""Of the figure from few to many layers, of one layer, and of what is around them, in pixels."""

MAX_LABELS, MAX_NARROW_LABELS = 30, 10
"""Layers that have a label on the axis."""

LABEL_LENGTH = 24
"""Characters of a layer's name on the axis: the last ones tell more."""

_MARGIN, _EDGE = 0.08, 0.8
"""The margin of the colour scale for each kind of value that has no logarithm, as a share of the others' part, and how
much of it has that colour."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FlowValues:
    """One quantity of L layers, from the image to the answer, at S measured steps: `values` (S, L)."""

    steps: Sequence[int]
    layers: Sequence[str]
    values: Values


@dataclass(frozen=True, slots=True)
class FlowScale:
    """The powers of ten between which colours lie, the last step on the axis, and which other values there are."""

    low: int
    high: int
    last_step: float
    has_zero: bool
    has_not_finite: bool

    @property
    def bottom(self) -> float:
        """Where values of exactly 0 are on the scale."""
        return self.low - (self._margin if self.has_zero else 0.0)

    @property
    def top(self) -> float:
        """Where values are that are not finite."""
        return self.high + (self._margin if self.has_not_finite else 0.0)

    @property
    def _margin(self) -> float:
        return (self.high - self.low) * _MARGIN


def flow_scale(shown: Iterable[FlowValues]) -> FlowScale:
    """One scale for all that is shown side by side, so that a colour means the same everywhere."""
    shown = list(shown)
    values = np.concatenate([one.values.ravel() for one in shown])
    usual = np.log10(values[np.isfinite(values) & (values > 0)])
    low, high = (math.floor(usual.min()), math.ceil(usual.max())) if len(usual) else (-1, 0)
    return FlowScale(
        low=low,
        high=max(high, low + 1),
        last_step=max(one.steps[-1] + _reach(one.steps) for one in shown),
        has_zero=bool((values == 0).any()),
        has_not_finite=not np.isfinite(values).all(),
    )


def gradient_flow_map(
    shown: FlowValues, scale: FlowScale, quantity: Quantity, *, theme: Theme, revision: str, is_narrow: bool = False
) -> Figure:
    """The map: a row for each layer, the image at the top, and a column for each measured step.

    On a phone, where it `is_narrow`, layers have their numbers in place of their names.
    """
    num_layers, title = len(shown.layers), QUANTITIES[quantity].title
    labelled = _labelled(num_layers, MAX_NARROW_LABELS if is_narrow else MAX_LABELS)
    low, high = HEIGHTS
    trace = {
        "type": "heatmap",
        "name": title,
        "x": list(shown.steps),
        "y": list(shown.layers),
        "z": _on_scale(shown.values, scale).T.round(3).tolist(),
        "zmin": scale.bottom,
        "zmax": scale.top,
        "colorscale": _colours(scale),
        "colorbar": _colour_bar(title, scale, is_narrow=is_narrow),
        "customdata": [[f"{value:.3g}" for value in row] for row in shown.values.T],
        "hovertemplate": "%{y}<br>step %{x:,d}: %{customdata}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": layout(
            theme,
            x="step",
            y="layer, from image to answer",
            height=min(high, max(low, FRAME_HEIGHT + ROW_HEIGHT * num_layers)),
            margin={"t": 64 if is_narrow else 36, "r": 8},
            showlegend=False,
            xaxis={
                # Beside a colour bar, a distance to the labels of the ticks would be wrong.
                "title": {"text": "step", "font": {"size": 15}},
                "range": [0, scale.last_step],
                "tickformat": ",~g",
                "nticks": 6,
                "showgrid": False,
            },
            yaxis={
                "type": "category",
                "range": [num_layers - 0.5, -0.5],
                "tickvals": [shown.layers[i] for i in labelled],
                "ticktext": [str(i + 1) if is_narrow else _short(shown.layers[i]) for i in labelled],
                "tickfont": {"size": 12},
                "showgrid": False,
            },
            uirevision=revision,
        ),
    }


def describe_gradient_flow(shown: FlowValues, quantity: Quantity) -> Sentence:
    """What the map shows, in words: the last step, and how many values have no colour of the scale."""
    last = dict(zip(shown.layers, shown.values[-1].tolist(), strict=True))
    finite = {name: value for name, value in last.items() if math.isfinite(value)}
    sentences = [
        Sentence(
            "{quantity} of {layers} layers, from image to answer, at {count:,} measured steps.",
            quantity=QUANTITIES[quantity].title,
            layers=len(shown.layers),
            count=len(shown.steps),
        )
    ]
    if finite:
        smallest, largest = (choose(finite, key=finite.__getitem__) for choose in (min, max))
        sentences.append(
            Sentence(
                "At step {step:,} from {low:.3g} in {smallest} to {high:.3g} in {largest}.",
                step=shown.steps[-1],
                low=finite[smallest],
                smallest=smallest,
                high=finite[largest],
                largest=largest,
            )
        )
    num_zero, num_not_finite = int((shown.values == 0).sum()), int((~np.isfinite(shown.values)).sum())
    if num_zero or num_not_finite:
        template = "Of {total:,} values {zero:,} are exactly 0, and {not_finite:,} infinite or not a number."
        sentences.append(Sentence(template, total=shown.values.size, zero=num_zero, not_finite=num_not_finite))
    return joined(sentences)


def _reach(steps: Sequence[int]) -> float:
    """Half the distance of the last two steps: so far a column goes beyond its step."""
    return (steps[-1] - steps[-2]) / 2 if len(steps) > 1 else 1.0


def _on_scale(values: Values, scale: FlowScale) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log10(values)
    usual = np.clip(logarithms, scale.low, scale.high)
    return np.where(values == 0, scale.bottom, np.where(np.isfinite(values), usual, scale.top))


def _colours(scale: FlowScale) -> list[tuple[float, str]]:
    """Plotly's colour scale: the sequential colours, and below and above them those of other values."""
    whole = scale.top - scale.bottom
    begin, end = (scale.low - scale.bottom) / whole, 1 - (scale.top - scale.high) / whole
    colours = list(zip(np.linspace(begin, end, len(SEQUENTIAL)).round(5).tolist(), SEQUENTIAL, strict=True))
    # The smallest and the largest usual value are some way from the margins, so that rounding does not change them.
    if scale.has_zero:
        edge = round(_EDGE * begin, 5)
        colours = [(0.0, NOTHING_COLOUR), (edge, NOTHING_COLOUR), (edge, SEQUENTIAL[0]), *colours]
    if scale.has_not_finite:
        edge = round(1 - _EDGE * (1 - end), 5)
        colours = [*colours, (edge, SEQUENTIAL[-1]), (edge, TOO_MUCH_COLOUR), (1.0, TOO_MUCH_COLOUR)]
    return colours


def _colour_bar(title: str, scale: FlowScale, *, is_narrow: bool) -> dict[str, Any]:
    each = -(-(scale.high - scale.low) // (4 if is_narrow else 8))
    powers = list(range(scale.low, scale.high + 1, each))
    ticks = [(float(power), f"10{str(power).translate(_SUPERSCRIPTS)}") for power in powers]
    if scale.has_zero:
        ticks.insert(0, ((scale.bottom + scale.low) / 2, "0"))
    if scale.has_not_finite:
        ticks.append(((scale.top + scale.high) / 2, "∞ or NaN"))
    places, texts = zip(*ticks, strict=True)
    place = (
        {"orientation": "h", "x": 0.5, "y": 1.0, "yanchor": "bottom", "thickness": 12, "len": 1.0}
        if is_narrow
        else {"thickness": 16, "x": 1.0, "xpad": 8, "len": 1.0}
    )
    return {
        **place,
        "title": {"text": f"{title} (log)", "side": "top" if is_narrow else "right", "font": {"size": 14}},
        "tickvals": list(places),
        "ticktext": list(texts),
        "tickfont": {"size": 13},
        "outlinewidth": 0,
    }


def _labelled(count: int, most: int) -> list[int]:
    """The places of the rows that have a label: every second, third, … and the last one, with room between them."""
    stride = -(-count // most)
    return [*range(0, count - stride, stride), count - 1] if count > 1 else [0]


def _short(name: str) -> str:
    return name if len(name) <= LABEL_LENGTH else f"…{name[1 - LABEL_LENGTH :]}"
