"""The button in the header, and the key, that turn the projector mode on and off."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def projector_switch(*, is_on: bool) -> bool | None:
    """Shows the switch; returns whether the mode was just turned on or off, or None."""
    wanted: bool | None = _mount(
        key="projector_switch", data={"on": is_on}, on_wanted_change=lambda: None, width="content", height="content"
    ).wanted
    return wanted
