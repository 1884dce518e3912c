"""Images side by side, large enough to see their pixels."""

import numpy as np
import numpy.typing as npt

MIN_SIDE = 48
"""The height and width of each image in pixels, at least."""

GAP = 6


def grid(images: npt.NDArray[np.uint8], num_columns: int) -> npt.NDArray[np.uint8]:
    """Images (N, C, H, H) of 1 or 3 channels in rows, as one RGBA picture (height, width, 4).

    Small images are enlarged by a whole number, so that pixels stay squares. The gaps between them are transparent.
    """
    count, _, side, _ = images.shape
    times = -(-MIN_SIDE // side)
    large = images.transpose(0, 2, 3, 1).repeat(times, axis=1).repeat(times, axis=2)
    side *= times
    num_columns = min(num_columns, count)
    num_rows = -(-count // num_columns)
    picture = np.zeros((num_rows * (side + GAP) - GAP, num_columns * (side + GAP) - GAP, 4), np.uint8)
    for i, image in enumerate(large):
        top, left = (side + GAP) * (i // num_columns), (side + GAP) * (i % num_columns)
        picture[top : top + side, left : left + side, :3] = image
        picture[top : top + side, left : left + side, 3] = 255
    return picture
