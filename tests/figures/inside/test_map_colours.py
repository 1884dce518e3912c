"""Maps as pictures: what a colour means."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from cnnlab.figures.inside.field_picture import FRAME, field_picture
from cnnlab.figures.inside.layer_pictures import filter_pictures, map_pictures
from cnnlab.figures.inside.map_colours import (
    ValueRange,
    coloured,
    data_url,
    enlarged,
    image_picture,
    range_of,
    scale_in_words,
    shrunk,
)
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme


def decoded(address: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def colour(text: str) -> list[int]:
    return list(bytes.fromhex(text[1:]))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signed_values_have_the_colours_of_their_signs(theme: Theme) -> None:
    values = np.array([[-2.0, 0.0, 2.0]], np.float32)
    picture = coloured(values, range_of(values), theme)[0].tolist()
    expected = [KIND_COLOURS[theme]["shortcut"], SURFACES[theme]["background"], KIND_COLOURS[theme]["convolution"]]
    assert picture == [colour(each) for each in expected]
    assert "vermilion negative" in scale_in_words(range_of(values))


def test_values_that_are_never_negative_are_grey_and_what_is_not_finite_is_0() -> None:
    values = np.array([[0.0, 1.0, 2.0, np.nan, np.inf]], np.float32)
    assert range_of(values) == ValueRange(0.0, 2.0)
    assert coloured(values, range_of(values), "light")[0, :, 0].tolist() == [0, 128, 255, 0, 0]
    assert range_of(np.full((2, 2), np.nan, np.float32)) == ValueRange(0.0, 0.0)


def test_a_picture_is_its_own_address() -> None:
    picture = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    assert (decoded(data_url(picture)) == picture).all()
    assert enlarged(picture, 7).shape == (6, 6, 3)
    assert enlarged(picture, 2).shape == (3, 3, 3)


def test_large_maps_are_shrunk_to_their_means() -> None:
    maps = np.arange(64, dtype=np.float32).reshape(1, 8, 8)
    assert shrunk(maps, 8) is maps
    assert shrunk(maps, 4)[0, 0, 0] == pytest.approx((0 + 1 + 8 + 9) / 4)
    assert shrunk(maps, 3).shape == (1, 2, 2)


def test_an_image_is_in_colour_if_it_has_three_channels() -> None:
    assert image_picture(np.zeros((3, 4, 5), np.float32)).shape == (4, 5, 3)
    grey = image_picture(np.array([[[-1.0, 1.0]]], np.float32))
    assert grey.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_maps_have_one_scale_or_each_its_own() -> None:
    maps = np.array([[[0.0, 1.0]], [[0.0, 4.0]]], np.float32)
    one = [decoded(address)[0, 1, 0] for address, _, _ in map_pictures(maps, range_of(maps), theme="light")]
    each = [decoded(address)[0, 1, 0] for address, _, _ in map_pictures(maps, None, theme="light")]
    assert (one, each) == ([64, 255], [255, 255])
    assert map_pictures(maps, None, theme="light")[1][1:] == ("Map 1: values from 0 to 4", "1")


def test_filters_of_three_channels_are_colour_pictures_with_grey_for_0() -> None:
    weights = np.zeros((2, 3, 1, 2), np.float32)
    weights[0, 0, 0, 0], weights[0, 1, 0, 1] = 0.5, -0.5
    (first, second), words = filter_pictures(weights, None, theme="light")
    assert decoded(first[0])[0].tolist() == [[255, 128, 128], [128, 0, 128]]
    assert (decoded(second[0]) == 128).all()
    assert "grey is 0" in words
    kernels, words = filter_pictures(weights, 0, theme="light")
    assert [name for _, name, _ in kernels] == [f"Kernel for input map {i}" for i in range(3)]
    assert "One scale for all kernels" in words


def test_the_box_of_a_field_is_framed_and_the_rest_dark() -> None:
    image, field = np.ones((1, 8, 8), np.float32), np.zeros((8, 8), np.float32)
    image[0, 0, 0], field[4, 4] = 0, 1
    picture = field_picture(image, field, (2, 2, 6, 6), 80)
    assert picture.shape == (80, 80, 3)
    assert tuple(picture[20, 30]) == FRAME
    assert picture[45, 45].min() > picture[5, 75].max()
