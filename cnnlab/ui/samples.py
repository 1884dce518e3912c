"""A few images of a data set, as they are before a network sees them."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from cnnlab.data import load

SIDE = 56
"""Height and width in pixels that each image is shown with, at least."""

GAP = 8


@st.cache_data(show_spinner=False)
def samples(name: str, num_rows: int) -> npt.NDArray[np.uint8]:
    """One image of each class side by side, in `num_rows` rows of different ones: (H, W, 4), red to opacity."""
    dataset = load(name)
    card = dataset.card
    times = -(-SIDE // card.side)
    side = times * card.side
    shape = (num_rows * (side + GAP) - GAP, card.num_classes * (side + GAP) - GAP, 4)
    picture = np.zeros(shape, np.uint8)  # nothing to see between the images
    for label in range(card.num_classes):
        of_class = dataset.train_images[dataset.train_labels == label][:num_rows]
        for row, image in enumerate(of_class.permute(0, 2, 3, 1).numpy()):
            large = image.repeat(times, axis=0).repeat(times, axis=1)
            top, left = row * (side + GAP), label * (side + GAP)
            picture[top : top + side, left : left + side, :3] = large
            picture[top : top + side, left : left + side, 3] = 255
    return picture
