"""A window that slides over an image step by step: it moves in the browser, with values from Python."""

from dataclasses import asdict, dataclass
from typing import Any

from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme
from cnnlab.insight.one_layer.pictures import CHANNEL_NAMES
from cnnlab.insight.one_layer.window import Map, Stage
from cnnlab.ui.components.mount import component

_COLOURED = frozenset(CHANNEL_NAMES[3])

_mount = component(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A position of the window: row and column in an output map of one of the steps, all counted from 1."""

    step: int = 1
    map: int = 1
    row: int = 1
    column: int = 1


def step_through(
    stages: tuple[Stage, ...],
    filters: list[Any],
    *,
    is_flipped: bool,
    start: Place | None,
    theme: Theme,
    key: str,
    is_in_address: bool = True,
) -> str | None:
    """Shows the stages; returns the kernel that was just typed into the boxes, as text, or None.

    `filters` are the kernels before they are flipped, [filter][channel][row][column]; only the first can be edited.
    The window starts at `start`, or where the output is largest in magnitude; the address follows it if it
    `is_in_address`.
    """
    colours, surface = KIND_COLOURS[theme], SURFACES[theme]
    data = {
        "stages": [_plain(stage, is_first=i == 0) for i, stage in enumerate(stages)],
        "filters": filters,
        "flipped": is_flipped,
        "in_address": is_in_address,
        "start": None if start is None else asdict(start),
        "colours": {
            "positive": colours["convolution"],
            "negative": colours["shortcut"],
            "window": colours["dense"],
            "ground": surface["background"],
            "ink": surface["text"],
        },
    }
    typed: str | None = _mount(data=data, key=key, on_typed_change=lambda: None, height="content").typed
    return typed


def _plain(stage: Stage, *, is_first: bool) -> dict[str, Any]:
    """The stage as JSON values, and how each of its maps is coloured: by brightness or by sign."""
    is_signed = not is_first or _has_negative(stage.inputs)
    inputs = _scaled(stage.inputs, is_signed=is_signed)
    outputs = _scaled(stage.outputs, is_signed=stage.combine == "sum" or is_signed)
    return {**asdict(stage), "inputs": inputs, "outputs": outputs}


def _scaled(maps: tuple[Map, ...], *, is_signed: bool) -> list[dict[str, Any]]:
    top = max((abs(value or 0) for part in maps for row in part.values for value in row), default=0) or 1
    return [{**asdict(part), "scale": "signed" if is_signed else _scale(part.name), "top": top} for part in maps]


def _has_negative(maps: tuple[Map, ...]) -> bool:
    return any((value or 0) < 0 for part in maps for row in part.values for value in row)


def _scale(name: str) -> str:
    colour = name.split(",")[0]
    return colour if colour in _COLOURED else "grey"
