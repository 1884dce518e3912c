"""A drawing on a page: SVG that scales with the page as long as its text is legible, and then scrolls."""

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def drawing(svg: str, *, narrow: str, key: str) -> None:
    """Shows the drawing, or on a phone the `narrow` one.

    They must not contain text from users unescaped, and must have a text alternative.
    """
    _mount(data={"svg": svg, "narrow": narrow}, key=key, height="content")
