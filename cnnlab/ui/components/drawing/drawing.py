"""A drawing on a page: SVG that scales with the page down to where its letters could not be read, and then scrolls."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def drawing(svg: str, *, key: str) -> None:
    """Shows the drawing, which must be of our own making and say in its own words what it shows."""
    _mount(data={"svg": svg}, key=key, height="content")
