"""Small images side by side, each with words below it, and each a button where it can be opened.

All images are parts of one picture, so that they arrive together.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cnnlab.ui.components.mount import component

_mount = component(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprite:
    """Square images, one below the other, as a `data:` address. Those of few pixels are shown as squares."""

    url: str
    count: int
    is_pixelated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryImage:
    """The words below an image: `before`, then `answer`, which is marked where `is_wrong`, then `note` and `tag`.

    `name` is what a screen reader says.
    """

    number: int
    before: str
    answer: str
    note: str
    name: str
    is_wrong: bool
    tag: str = ""


def gallery(sprite: Sprite, images: Sequence[GalleryImage], *, can_open: bool, key: str) -> int | None:
    """Shows the images, which are in the order of the sprite; returns the number of the one just chosen, or None."""
    data = {"sprite": asdict(sprite), "images": [asdict(image) for image in images], "can_open": can_open}
    opened = _mount(data=data, key=key, on_opened_change=lambda: None, height="content").opened
    return None if opened is None else int(opened)
