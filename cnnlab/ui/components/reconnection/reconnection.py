"""Draws the page again when it is connected again: a restarted server knows nothing of the page's fragments."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def draw_again_when_reconnected() -> None:
    """Have the browser ask for the whole page when its connection comes back; this is to be called in no fragment."""
    _mount(key="reconnection", height=1, on_reconnected_change=lambda: None)
