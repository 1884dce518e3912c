"""A drawing on a page: SVG that scales with the page as long as its text is legible, and then scrolls."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def drawing(svg: str, *, key: str) -> None:
    """Shows the drawing, which must not contain text from users unescaped, and must have a text alternative."""
    _mount(data={"svg": svg}, key=key, height="content")
