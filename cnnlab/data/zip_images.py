"""Images in a zip of class folders: checked before anything is unpacked, then read one by one in memory."""

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnlab.data.catalogue import refused
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")

MAX_FILES = 100_000
MAX_FILE_BYTES = 30 * 10**6
"""Of one file, unpacked."""
MAX_UNPACKED_BYTES = 4 * 10**9
MAX_PIXELS = 50 * 10**6
"""Of one image: more than a phone's camera has."""
MAX_CLASSES = 1000
MIN_IMAGES_PER_CLASS = 2
MAX_SHOWN_NAME = 60
"""Characters of a file's name in an error."""

_TEST_FOLDERS = ("test", "val", "valid", "validation")
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)")


@dataclass(frozen=True, slots=True)
class ZippedImage:
    """One image in the zip, the index of its class, and whether it is for testing."""

    info: zipfile.ZipInfo
    label: int
    is_test: bool


def list_images(archive: zipfile.ZipFile) -> tuple[tuple[str, ...], list[ZippedImage]]:
    """The classes, and the images in the order of their names.

    Raises `Refused` for everything that can be seen to be wrong without unpacking.
    """
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise refused(
            Sentence(
                "A zip may contain {limit:,} files, and this one contains {value:,}: leave some out.",
                limit=MAX_FILES,
                value=len(infos),
            )
        )
    for info in infos:
        _check_file(info)
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES:
        raise refused(
            Sentence(
                "Unpacked, a zip may have {limit:g} GB, and this one has {value:.1f} GB: leave some images out.",
                limit=MAX_UNPACKED_BYTES / 1e9,
                value=unpacked / 1e9,
            )
        )
    relevant = [info for info in infos if not _IGNORED.search(info.filename)]
    files = sorted((info for info in relevant if not info.is_dir()), key=lambda info: info.filename)
    if not files:
        raise refused(Sentence("The zip contains no images: add one folder of images for each class."))
    located = [_locate(info) for info in files]
    parents = sorted({parent for parent, _, _ in located})
    if len(parents) > 1:
        raise refused(
            Sentence(
                "All class folders must be in the same folder, and there are some in {first} and in {second}: move them"
                " into one.",
                first=repr(parents[0] or "/"),
                second=repr(parents[1]),
            )
        )
    classes = tuple(sorted({label for _, _, label in located}))
    _check_classes(classes, located, [info for info in relevant if info.is_dir()])
    index = {label: i for i, label in enumerate(classes)}
    has_train = any(split == "train" for _, split, _ in located)
    is_test = {"": False, "train": False, **dict.fromkeys(_TEST_FOLDERS, has_train)}
    return classes, [
        ZippedImage(info, index[label], is_test[split]) for info, (_, split, label) in zip(files, located, strict=True)
    ]


def read_image(archive: zipfile.ZipFile, info: zipfile.ZipInfo, side: int) -> tuple[npt.NDArray[np.uint8], bool]:
    """The image as (side, side, 3), cropped to a square and resized, and whether it has any colour.

    Raises `Refused` if it is damaged, too large or no image.
    """
    name = shortened(info.filename)
    content = archive.read(info)
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
            upright = ImageOps.exif_transpose(image)
            with_colour = upright.convert("RGBA" if upright.mode in ("P", "PA", "LA") else "RGB").convert("RGB")
            fitted = ImageOps.fit(with_colour, (side, side), Image.Resampling.BILINEAR)
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
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise refused(
            Sentence("{name} is damaged ({error}): leave it out, or save it again.", name=name, error=str(error))
        ) from error
    pixels = np.asarray(fitted)
    return pixels, bool((pixels != pixels[..., :1]).any())


def shortened(name: str) -> str:
    """A file's name for a sentence: quoted, and not too long."""
    return repr(name if len(name) <= MAX_SHOWN_NAME else f"…{name[1 - MAX_SHOWN_NAME :]}")


def _check_file(info: zipfile.ZipInfo) -> None:
    name, path = shortened(info.filename), PurePosixPath(info.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename:
        raise refused(
            Sentence("The path {name} points outside the zip: create the zip again from the class folders.", name=name)
        )
    if info.flag_bits & 1:
        raise refused(Sentence("The zip has a password: create it without one."))
    if info.file_size > MAX_FILE_BYTES:
        raise refused(
            Sentence(
                "Unpacked, an image may have {limit:g} MB, and {name} has {value:.0f} MB: make it smaller.",
                name=name,
                limit=MAX_FILE_BYTES / 1e6,
                value=info.file_size / 1e6,
            )
        )


def _locate(info: zipfile.ZipInfo) -> tuple[str, str, str]:
    """The folder that contains everything, the split ("train", the name of a test folder, or ""), and the class."""
    *parents, label = PurePosixPath(info.filename).parent.parts or ("",)
    if not label:
        raise refused(
            Sentence(
                "{name} is not in a class folder: move each image into the folder of its class.",
                name=shortened(info.filename),
            )
        )
    split = parents[-1].lower() if parents and parents[-1].lower() in ("train", *_TEST_FOLDERS) else ""
    return "/".join(parents[:-1] if split else parents), split, label


def _check_classes(
    classes: tuple[str, ...], located: list[tuple[str, str, str]], folders: list[zipfile.ZipInfo]
) -> None:
    if len(classes) == 1:
        raise refused(
            Sentence(
                "There is only one class, {name}: there must be at least two, each in its own folder.",
                name=shortened(classes[0]),
            )
        )
    if len(classes) > MAX_CLASSES:
        raise refused(
            Sentence(
                "There may be {limit} classes, and there are {value}: leave some out.",
                limit=MAX_CLASSES,
                value=len(classes),
            )
        )
    depth = max((len(PurePosixPath(folder.filename).parts) for folder in folders), default=0)
    for folder in folders:
        path = PurePosixPath(folder.filename)
        if len(path.parts) == depth and path.name not in classes:
            raise refused(
                Sentence(
                    "The folder {name} contains no images: add some, or leave it out.", name=shortened(folder.filename)
                )
            )
    trained = Counter(label for _, split, label in located if split in ("", "train"))
    for label in classes if trained else ():
        if trained[label] == 0:
            raise refused(
                Sentence("The class {name} has test images and no training images: add some.", name=shortened(label))
            )
    for label, count in Counter(label for _, _, label in located).items():
        if count < MIN_IMAGES_PER_CLASS:
            raise refused(
                Sentence(
                    "A class must have at least {limit} images, and {name} has {value}: add some, or leave it out.",
                    name=shortened(label),
                    limit=MIN_IMAGES_PER_CLASS,
                    value=count,
                )
            )
