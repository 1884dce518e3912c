"""A chart that is drawn once and then updated in place: zoom and hidden curves survive new data."""

import json
import re
from typing import Any

from cnnlab.figures.layout import Figure
from cnnlab.figures.palette import SURFACES, Theme
from cnnlab.ui.components.mount import component
from cnnlab.ui.visitor import theme

_mount = component(__name__)


def live_chart(figure: Figure, *, alt: str, key: str, title: str = "") -> None:
    """Draws `figure`, or updates the chart that `key` drew before; `alt` says in words what it shows.

    With a `title` it can be saved as SVG or PNG, under that title.
    """
    _mount(data=_data(figure, alt, title, theme()), key=key, height="content")


def ready_chart(figure: Figure, *, alt: str, theme: Theme, title: str = "") -> bytes:
    """The same chart, written down once for all who are shown it."""
    return json.dumps(_data(figure, alt, title, theme), separators=(",", ":")).encode()


def show_ready_chart(chart: bytes, *, key: str) -> None:
    """Draws what `ready_chart` has written, or updates the chart that `key` drew before."""
    _mount(data=chart, key=key, height="content")


def _data(figure: Figure, alt: str, title: str, theme: Theme) -> dict[str, Any]:
    file = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    return {"figure": figure, "alt": alt, "title": title, "file": file, "ground": SURFACES[theme]["background"]}


def prepare_charts() -> None:
    """Lets the browser load what draws charts, so that the first one appears at once."""
    _mount(data={"figure": None}, key="prepare charts", height=1)
