"""Two buttons at the title of each page: one copies the page's address at once, the other asks for its QR code."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def link_buttons(*, key: str) -> str | None:
    """Shows the buttons; returns the address in the browser if its QR code was just asked for, or None."""
    asked: str | None = _mount(key=key, on_asked_change=lambda: None, width="content", height="content").asked
    return asked
