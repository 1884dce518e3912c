"""What a picture shows, whatever mode its file has: a square of red, green and blue.

Transparent parts are seen on white. Values beyond 8 bits are scaled from the smallest usual range that holds them.
"""

import contextlib
import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from cnnlab.data.catalogue import refused
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")

MAX_PIXELS = 50 * 10**6
"""Of one image: more than a phone's camera has."""

BRIGHT_16 = 2**16 - 1
"""White in an image of 16 bits."""

DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    MemoryError,
    EOFError,
    Warning,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
)
"""What Pillow's decoders raise for damaged files."""

_WHITE = (255, 255, 255, 255)

Pixels = npt.NDArray[np.uint8]


def read_picture(content: bytes, side: int, name: str) -> tuple[Pixels, bool]:
    """The picture as (side, side, 3), cropped to a square and resized, and whether parts of it are transparent.

    `name` is what a sentence calls it. Raises `Refused` if it is damaged, too large or no image.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise refused(
                    Sentence(
                        "{name} has {width} x {height} pixels, and may have {limit:g} million: make it smaller.",
                        name=name,
                        width=width,
                        height=height,
                        limit=MAX_PIXELS / 1e6,
                    )
                )
            image.draft("RGB", (2 * side, 2 * side))  # a large JPEG is decoded at a lower resolution
            image.load()
            with contextlib.suppress(*DECODER_ERRORS):  # a torn note on how the camera was held is no torn picture
                ImageOps.exif_transpose(image, in_place=True)
            return as_seen(image, side)
    except UnidentifiedImageError as error:
        raise refused(
            Sentence(
                "{name} is not an image: leave it out, or save it as one of {formats}.",
                name=name,
                formats=", ".join(FORMATS),
            )
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refused(Sentence("{name} has too many pixels: make it smaller.", name=name)) from error
    except DECODER_ERRORS as error:
        if isinstance(error, Refused):
            raise
        raise refused(
            Sentence(
                "{name} is damaged ({error}): leave it out, or save it again.",
                name=name,
                error=str(error) or type(error).__name__,
            )
        ) from error


def as_seen(image: Image.Image, side: int) -> tuple[Pixels, bool]:
    """The middle of the image on white, as (side, side, 3), and whether parts of it are transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        fitted = _fitted(_in_8_bits(image), side)
    elif image.mode == "LAB":
        # The white of the transform is that of the format, D50.
        to_rgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        converted = ImageCms.applyTransform(_fitted(image, side), to_rgb)
        assert converted is not None
        fitted = converted
    elif image.has_transparency_data and not _is_without_alpha(image):
        fitted = _fitted(_with_alpha(image), side)
    else:
        fitted = _fitted(image.convert("L" if image.mode in ("1", "L") else "RGB"), side)
    if fitted.mode not in ("LA", "RGBA"):
        return np.asarray(fitted.convert("RGB")), False
    in_colour = fitted.convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", in_colour.size, _WHITE), in_colour)
    return np.asarray(on_white.convert("RGB")), bool(np.asarray(in_colour)[..., 3].min() < 255)


def _fitted(image: Image.Image, side: int) -> Image.Image:
    # Pillow weighs colours by their alpha when it resizes: what is invisible does not bleed into what is seen.
    return ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR)


def _is_without_alpha(image: Image.Image) -> bool:
    """Whether this is a BMP whose fourth byte is unused: all zero, though the header calls it alpha."""
    return image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0)


def _with_alpha(image: Image.Image) -> Image.Image:
    """The image in RGBA, or LA."""
    if image.mode == "La":
        return image.convert("LA")
    transparent = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(transparent, tuple) and max(transparent) > 255:
        # Of 16 bits per channel Pillow keeps the upper byte, but not of the colour that stands for transparency.
        image.info["transparency"] = tuple(value >> 8 for value in transparent)
    return image.convert("RGBA")


def _in_8_bits(image: Image.Image) -> Image.Image:
    """An image of whole numbers or floats as L, or as LA if one of its values stands for transparency."""
    is_16 = image.mode.startswith("I;16")
    values = np.asarray(image if image.mode in ("I", "F", "I;16") else image.convert("I")).astype(np.float32)
    finite = np.isfinite(values)
    low, high = (float(f(values, where=finite, initial=i)) for f, i in ((np.min, np.inf), (np.max, -np.inf)))
    if low > high:  # not one finite value
        low = high = 0.0
    black, white = 0.0, float(BRIGHT_16)
    if not is_16:
        usual = [1.0] * (image.mode == "F") + [255.0, white]
        fits = [limit for limit in usual if low >= 0 and high <= limit]
        black, white = (0.0, fits[0]) if fits else (low, max(high, low + 1))
    values[~finite] = black
    key = image.info.get("transparency")
    alpha = (values != key).astype(np.uint8) * np.uint8(255) if isinstance(key, int) else None
    values -= black
    values *= 255 / (white - black)
    grey = Image.fromarray(np.clip(values, 0, 255, out=values).round().astype(np.uint8))
    return grey if alpha is None else Image.merge("LA", (grey, Image.fromarray(alpha)))
