"""The field of a unit on the image: the image dark where the unit does not see it, and a frame for the theory."""

import numpy as np

from cnnlab.figures.inside.map_colours import Picture, Values, enlarged, image_picture

UNSEEN = 0.25
"""How bright the image is where the unit does not see it."""

FRAME, SEEN = (124, 196, 238), (255, 170, 51)
"""Blue and orange, which no grey image has, and which are told apart with any eyes."""


def field_picture(image: Values, field: Values, box: tuple[int, int, int, int], least: int) -> Picture:
    """The image (C, H, W) as bright as the field (H, W), from 0 to 1, with the box as a frame.

    The box is its first row and column, and the row and column after its last. The picture has `least` pixels per side
    or somewhat less.
    """
    # The square root: a gradient falls off so steeply that else only its centre would be seen.
    seen = np.sqrt(np.nan_to_num(field).clip(0, 1))[..., None]
    picture = image_picture(image) * UNSEEN
    lit = picture + seen * (0.8 * np.array(SEEN) + 0.2 * image_picture(image) - picture)
    large = enlarged(np.rint(lit).clip(0, 255).astype(np.uint8), least).copy()
    times = large.shape[0] // image.shape[1]
    top, left, bottom, right = (times * each for each in box)
    width = max(least // 100, 1)
    for part in (
        large[top : top + width, left:right],
        large[bottom - width : bottom, left:right],
        large[top:bottom, left : left + width],
        large[top:bottom, right - width : right],
    ):
        part[:] = FRAME
    return large
