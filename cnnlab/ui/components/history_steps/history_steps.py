"""Has the browser keep one entry of its history for a row of quick changes of the same knob."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def steps_in_history() -> None:
    """Follow the changes of the address; on every page, so that it is there before the next page writes to it."""
    _mount(key="history_steps", height=1)
