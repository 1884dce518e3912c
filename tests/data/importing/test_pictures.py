"""What a picture shows survives, whatever mode Pillow opens it in."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnlab.data.importing import pictures
from cnnlab.data.importing.pictures import as_seen, read_picture
from cnnlab.spec import Refused

SIDE = 16
INK = (slice(4, 12), slice(4, 12))
"""A square of ink in the middle of each picture."""


def layer(paper: int, ink: int) -> Image.Image:
    values = np.full((SIDE, SIDE), paper, np.uint8)
    values[INK] = ink
    return Image.fromarray(values)


def numbers(paper: float, ink: float, kind: Any) -> Image.Image:
    values = np.full((SIDE, SIDE), paper, kind)
    values[INK] = ink
    return Image.fromarray(values)


def merged(mode: str, *layers: Image.Image) -> Image.Image:
    return Image.merge(mode, layers)


def palette() -> Image.Image:
    image = layer(0, 1)
    indexed = Image.frombytes("P", image.size, image.tobytes())
    indexed.putpalette([255, 255, 255, 200, 0, 0])
    return indexed


def palette_with_alpha() -> Image.Image:
    image = palette()
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.info["transparency"] = 0
    return image


def big_endian() -> Image.Image:
    values = np.asarray(numbers(65535, 0, np.uint16)).astype(">u2")
    return Image.frombytes("I;16B", (SIDE, SIDE), values.tobytes())


CLEAR = layer(0, 255)  # transparent paper, solid ink
BLACK, WHITE, RED = (0, 0, 0), (255, 255, 255), (200, 0, 0)

SEEN = {
    "1": (lambda: layer(255, 0).convert("1"), BLACK),
    "L": (lambda: layer(255, 0), BLACK),
    "P": (palette, RED),
    "P with transparency": (palette_with_alpha, RED),
    "PA": (lambda: palette_with_alpha().convert("PA"), RED),
    "RGB": (lambda: merged("RGB", layer(255, 200), layer(255, 0), layer(255, 0)), RED),
    "RGBX": (lambda: merged("RGBX", layer(255, 200), layer(255, 0), layer(255, 0), layer(0, 9)), RED),
    "RGBA": (lambda: merged("RGBA", layer(0, 200), layer(0, 0), layer(0, 0), CLEAR), RED),
    "RGBA, white below": (lambda: merged("RGBA", layer(9, 0), layer(9, 0), layer(9, 0), CLEAR), BLACK),
    "RGBa": (lambda: merged("RGBA", layer(0, 200), layer(0, 0), layer(0, 0), CLEAR).convert("RGBa"), RED),
    "LA": (lambda: merged("LA", layer(0, 0), CLEAR), BLACK),
    "La": (lambda: merged("LA", layer(0, 0), CLEAR).convert("La"), BLACK),
    "CMYK": (lambda: merged("CMYK", layer(0, 55), layer(0, 255), layer(0, 255), layer(0, 0)), RED),
    "YCbCr": (lambda: merged("RGB", layer(255, 200), layer(255, 0), layer(255, 0)).convert("YCbCr"), RED),
    "HSV": (lambda: merged("HSV", layer(0, 0), layer(0, 255), layer(255, 200)), RED),
    "LAB": (lambda: merged("LAB", layer(255, 0), layer(128, 128), layer(128, 128)), BLACK),
    "I, 8 bits": (lambda: numbers(255, 0, np.int32), BLACK),
    "I, 16 bits": (lambda: numbers(65535, 0, np.int32), BLACK),
    "I, any": (lambda: numbers(900_000, -4, np.int32), BLACK),
    "F, to 1": (lambda: numbers(1, 0, np.float32), BLACK),
    "F, to 255": (lambda: numbers(255, 0, np.float32), BLACK),
    "F, any": (lambda: numbers(3e9, -1e9, np.float32), BLACK),
    "F, no number": (lambda: numbers(1, np.nan, np.float32), BLACK),
    "I;16": (lambda: numbers(65535, 0, np.uint16), BLACK),
    "I;16B": (big_endian, BLACK),
}
TRANSPARENT = {"P with transparency", "PA", "RGBA", "RGBA, white below", "RGBa", "LA", "La"}


@pytest.mark.parametrize("kind", SEEN)
def test_ink_on_white_paper_is_seen_in_each_mode(kind: str) -> None:
    make, ink = SEEN[kind]
    image = make()
    assert image.mode == kind.partition(",")[0].removesuffix(" with transparency")
    pixels, is_transparent = as_seen(image, SIDE)
    assert (pixels.shape, pixels.dtype) == ((SIDE, SIDE, 3), np.uint8)
    near = {"LAB": 3, "YCbCr": 2}.get(kind, 0)
    assert np.abs(pixels[0, 0].astype(int) - WHITE).max() <= near
    assert np.abs(pixels[8, 8].astype(int) - ink).max() <= near
    assert is_transparent == (kind in TRANSPARENT)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def deep_png(colour: int, values: np.ndarray[Any, Any], key: bytes) -> bytes:
    """A PNG of 16 bits per channel, in which the colour `key` is transparent."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 16, colour, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"tRNS", key), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in chunks)


STROKES = merged("RGBA", layer(0, 0), layer(0, 0), layer(0, 0), CLEAR)

FILES = {
    "PNG": lambda: saved(STROKES, "PNG"),
    "WEBP": lambda: saved(STROKES, "WEBP", lossless=True, exact=True),
    "TIFF": lambda: saved(STROKES, "TIFF"),
    "GIF": lambda: saved(STROKES, "GIF"),
    "PNG, LA": lambda: saved(STROKES.convert("LA"), "PNG"),
    "PNG, one grey is clear": lambda: saved(layer(40, 0), "PNG", transparency=40),
    "PNG, one colour is clear": lambda: saved(layer(40, 0).convert("RGB"), "PNG", transparency=(40, 40, 40)),
    "PNG, one of two is clear": lambda: saved(layer(255, 0).convert("1"), "PNG", transparency=255),
    "PNG, grey of 16 bits": lambda: deep_png(0, np.asarray(numbers(1000, 0, np.uint16)), struct.pack(">H", 1000)),
    "PNG, colour of 16 bits": lambda: deep_png(
        2, np.asarray(numbers(1000, 0, np.uint16)).repeat(3, 1), struct.pack(">HHH", 1000, 1000, 1000)
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_black_strokes_on_nothing_are_seen_on_white(kind: str) -> None:
    pixels, is_transparent = read_picture(FILES[kind](), SIDE, "it")
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[8, 8].tolist() == [0, 0, 0]
    assert is_transparent


@pytest.mark.parametrize(
    "image", [numbers(65535, 0, np.uint16), layer(255, 0), numbers(1, 0, np.float32), numbers(9000, 0, np.int32)]
)
def test_a_tiff_is_read(image: Image.Image) -> None:
    pixels, is_transparent = read_picture(saved(image, "TIFF"), SIDE, "it")
    assert not is_transparent
    assert pixels[8, 8].tolist() == [0, 0, 0]
    assert pixels[0, 0, 0] == (35 if image.mode == "I" else 255)  # 9,000 of 65,535


def test_sixteen_bits_are_no_white_page() -> None:
    ramp = np.linspace(0, 65535, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        pixels, _ = read_picture(saved(Image.fromarray(ramp), kind), SIDE, "it")
        assert np.abs(pixels[..., 0].astype(float) - ramp / 257).max() <= 1


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_photo_is_upright_and_torn_notes_on_it_do_no_harm() -> None:
    photo = layer(255, 255)
    photo.paste(0, (0, 0, SIDE, 4))  # a dark sky
    notes = Image.Exif()
    notes[0x0112] = 3  # the camera was upside down
    content = saved(photo, "JPEG", exif=notes, quality=95)
    pixels, _ = read_picture(content, SIDE, "it")
    assert (pixels[0, 8, 0] > 250, pixels[-1, 8, 0] < 5) == (True, True)
    place = content.index(b"Exif\0\0") + 6
    for torn in (b"", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"XXXXXXXX"):
        pixels, _ = read_picture(content[:place] + torn + content[place + len(torn) :], SIDE, "it")
        assert {int(pixels[0, 8, 0] > 128), int(pixels[-1, 8, 0] > 128)} == {0, 1}


def test_what_is_invisible_does_not_bleed_into_what_is_seen() -> None:
    red_below = merged("RGBA", layer(255, 0), layer(0, 0), layer(0, 0), CLEAR)
    pixels, _ = as_seen(red_below, 6)
    assert (pixels == pixels[..., :1]).all()


def test_a_bitmap_whose_fourth_byte_is_unused_is_not_invisible() -> None:
    image = merged("RGBA", layer(255, 0), layer(255, 0), layer(255, 0), layer(0, 0))
    image.format = "BMP"
    pixels, is_transparent = as_seen(image, SIDE)
    assert pixels[8, 8].tolist() == [0, 0, 0]
    assert not is_transparent


@pytest.mark.parametrize("error", pictures.DECODER_ERRORS)
def test_whatever_a_decoder_raises_is_a_sentence(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error("torn")

    monkeypatch.setattr(pictures, "as_seen", fails)
    with pytest.raises(Refused, match=r"it is damaged \(torn\): leave it out, or save it again\."):
        read_picture(saved(layer(0, 1), "PNG"), SIDE, "it")
