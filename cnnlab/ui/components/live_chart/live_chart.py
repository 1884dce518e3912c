"""A chart that is drawn once and then updated in place: zoom and hidden curves survive new data."""

import json
import re
from typing import Any

from cnnlab.figures.layout import Figure
from cnnlab.figures.palette import SURFACES, Theme
from cnnlab.ui.components.mount import component
from cnnlab.ui.visitors.visitor import theme

_mount = component(__name__)


def live_chart(figure: Figure, *, alt: str, key: str, title: str = "", narrow: Figure | None = None) -> None:
    """Draws `figure`, or updates the chart of the same `key`; `alt` describes it for screen readers.

    With a `title` it can be saved as SVG or PNG. On a phone `narrow` is drawn instead, where it is given.
    """
    _mount(data=_data(figure, alt, title, theme(), narrow), key=key, height="content")


def ready_chart(figure: Figure, *, alt: str, theme: Theme, title: str = "", narrow: Figure | None = None) -> bytes:
    """The chart as JSON, so that it is encoded once for all visitors."""
    return json.dumps(_data(figure, alt, title, theme, narrow), separators=(",", ":")).encode()


def show_ready_chart(chart: bytes, *, key: str) -> None:
    """Draws a chart from `ready_chart`, or updates the chart of the same `key`."""
    _mount(data=chart, key=key, height="content")


def _data(figure: Figure, alt: str, title: str, theme: Theme, narrow: Figure | None) -> dict[str, Any]:
    file = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    ground = SURFACES[theme]["background"]
    return {"figure": figure, "narrow": narrow, "alt": alt, "title": title, "file": file, "ground": ground}


def prepare_charts() -> None:
    """Has the browser load Plotly, so that the first chart appears at once."""
    _mount(data={"figure": None}, key="prepare charts", height=1)
