"""Somebody's own images: a zip of class folders becomes a data set. Nothing of it is written to disk as it came."""

import hashlib
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnlab.data.cards import DatasetCard
from cnnlab.data.catalogue import OWN, file_of, is_name, kept_card, title_of
from cnnlab.data.dataset import Dataset, put_aside
from cnnlab.data.download import Progress
from cnnlab.data.loading import load
from cnnlab.data.storage import keep
from cnnlab.home import data_folder
from cnnlab.spec import Problem, Refused

SIDES = (16, 28, 32, 48, 64, 96, 128, 224)
"""Heights and widths in pixels to choose from, that all images get."""
USUAL_SIDE = 32
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")

MOST_ZIP_BYTES = 500 * 10**6
MOST_FILES = 100_000
MOST_FILE_BYTES = 30 * 10**6
"""Of one file, unpacked."""
MOST_UNPACKED_BYTES = 4 * 10**9
MOST_PIXELS = 50 * 10**6
"""Of one image: the camera of a good telephone."""
MOST_CLASSES = 1000
LEAST_IN_A_CLASS = 2
MOST_KEPT_BYTES = 2 * 10**9
"""Of all images of a set, at the size that they get."""
MOST_OWN_BYTES = 10 * 10**9
"""Of all sets of own images on this machine."""

LONGEST_TITLE = 40
TOLD_EVERY = 200
"""Images from one progress to the next."""

_TEST_FOLDERS = ("test", "val", "valid", "validation")
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One image in the zip."""

    info: zipfile.ZipInfo
    label: int
    is_test: bool


def take_in(
    source: Path | IO[bytes], title: str, side: int = USUAL_SIDE, *, owner: str = ""
) -> Generator[Progress, None, DatasetCard]:
    """Read a zip of images in class folders, and keep them as a data set; tells how far it is, and gives its card.

    The folders may lie in `train` and `test` (or `val`); without these, each fifth image of a class is for testing.
    Images are cropped to a square in their middle and resized to `side`; they stay grey if all of them are. The same
    zip and side make the same set, which is made once and stays that of its first owner. Raises `Refused` if anything
    in the zip is not as it should be.
    """
    if side not in SIDES:
        raise _refused(f"The side of own images must be one of {', '.join(map(str, SIDES))}, and it is {side}.")
    try:
        _check_size(source)
        with zipfile.ZipFile(source) as archive:
            classes, entries = _entries(archive)
            name = _name(title, source, side)
            if file_of(name).is_file():
                return kept_card(file_of(name))
            images = np.empty((len(entries), side, side, 3), np.uint8)
            _check_room(images.nbytes, len(entries), side)
            has_colour = False
            for i, entry in enumerate(entries):
                if i % TOLD_EVERY == 0:
                    yield Progress(f"Reading image {i + 1} of {len(entries)}", i / len(entries))
                images[i], in_colour = _read(archive, entry.info, side)
                has_colour |= in_colour
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise _refused(f"This is no zip file that can be read ({error}): pack the class folders into a zip.") from error
    except OSError as error:
        raise _refused(f"The zip cannot be read ({error.strerror or error}): check its path and its rights.") from error
    keep(_dataset(name, title, classes, entries, images if has_colour else images[..., :1]), owner)
    return kept_card(file_of(name))


def delete(name: str) -> None:
    """Delete the own images of that name for good. Raises `Refused` if these are none, or they cannot be deleted."""
    if not (is_name(name) and name.startswith(OWN)):
        raise _refused(f"Only own images can be deleted, and {_short(name)} is none: their names begin with {OWN}.")
    try:
        file_of(name).unlink()
    except FileNotFoundError as error:
        raise _refused(f"The own images {title_of(name)!r} are not on this machine any more.") from error
    except OSError as error:
        raise _refused(f"The own images {title_of(name)!r} cannot be deleted ({error.strerror}).") from error
    load.cache_clear()


def _refused(sentence: str) -> Refused:
    return Refused([Problem("dataset", sentence)])


def _check_size(source: Path | IO[bytes]) -> None:
    size = source.stat().st_size if isinstance(source, Path) else source.seek(0, io.SEEK_END)
    if size > MOST_ZIP_BYTES:
        most = f"{MOST_ZIP_BYTES / 1e6:g} MB"
        raise _refused(f"A zip may have {most}, and this one has {size / 1e6:.0f} MB: leave some images out.")


def _entries(archive: zipfile.ZipFile) -> tuple[tuple[str, ...], list[_Entry]]:
    """The classes, and the images in the order of their names; everything that can be seen without unpacking."""
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise _refused(f"A zip may have {MOST_FILES:,} files, and this one has {len(infos):,}: leave some out.")
    for info in infos:
        _check_entry(info)
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MOST_UNPACKED_BYTES:
        most = f"{MOST_UNPACKED_BYTES / 1e9:g} GB"
        raise _refused(f"Unpacked, a zip may have {most}, and this one has {unpacked / 1e9:.1f} GB: leave some out.")
    seen = [info for info in infos if not _IGNORED.search(info.filename)]
    files = sorted((info for info in seen if not info.is_dir()), key=lambda info: info.filename)
    if not files:
        raise _refused("The zip has no images: pack one folder with images for each class.")
    found = [_place(info) for info in files]
    homes = sorted({home for home, _, _ in found})
    if len(homes) > 1:
        where = " and ".join(repr(home or "the top") for home in homes[:2])
        raise _refused(f"All class folders must lie side by side, and there are some in {where}: move them together.")
    classes = tuple(sorted({label for _, _, label in found}))
    _check_classes(classes, found, [info for info in seen if info.is_dir()])
    number = {label: i for i, label in enumerate(classes)}
    has_train = any(part == "train" for _, part, _ in found)
    is_test = {"": False, "train": False, **dict.fromkeys(_TEST_FOLDERS, has_train)}
    return classes, [
        _Entry(info, number[label], is_test[part]) for info, (_, part, label) in zip(files, found, strict=True)
    ]


def _check_entry(info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename:
        raise _refused(f"The name {_short(info.filename)} in the zip leads out of it: pack the folders anew.")
    if info.flag_bits & 1:
        raise _refused("The zip has a password: pack it without one.")
    if info.file_size > MOST_FILE_BYTES:
        size, most = f"{info.file_size / 1e6:.0f} MB", f"{MOST_FILE_BYTES / 1e6:g} MB"
        raise _refused(f"Unpacked, an image may have {most}, and {_short(info.filename)} has {size}: make it smaller.")


def _place(info: zipfile.ZipInfo) -> tuple[str, str, str]:
    """The folder that holds everything, the part ("train", "test" or nothing), and the class."""
    *homes, label = PurePosixPath(info.filename).parent.parts or ("",)
    if not label:
        raise _refused(
            f"{_short(info.filename)} lies in no class folder: each image belongs into the folder of its class."
        )
    part = homes[-1].lower() if homes and homes[-1].lower() in ("train", *_TEST_FOLDERS) else ""
    return "/".join(homes[:-1] if part else homes), part, label


def _check_classes(classes: tuple[str, ...], found: list[tuple[str, str, str]], folders: list[zipfile.ZipInfo]) -> None:
    if len(classes) == 1:
        raise _refused(f"There is only one class, {_short(classes[0])}: there must be two at least, a folder for each.")
    if len(classes) > MOST_CLASSES:
        raise _refused(f"There may be {MOST_CLASSES} classes, and there are {len(classes)}: leave some out.")
    depth = max(len(PurePosixPath(folder.filename).parts) for folder in folders) if folders else 0
    for folder in folders:
        path = PurePosixPath(folder.filename)
        if len(path.parts) == depth and path.name not in classes:
            raise _refused(f"The folder {_short(folder.filename)} has no images: put some in, or leave it out.")
    learnt = Counter(label for _, part, label in found if part in ("", "train"))
    for label in classes if learnt else ():
        if learnt[label] == 0:
            raise _refused(f"The class {_short(label)} has images to test on and none to learn from: put some in.")
    for label, count in Counter(label for _, _, label in found).items():
        if count < LEAST_IN_A_CLASS:
            raise _refused(f"A class must have {LEAST_IN_A_CLASS} images at least, and {_short(label)} has {count}.")


def _check_room(num_bytes: int, count: int, side: int) -> None:
    if num_bytes > MOST_KEPT_BYTES:
        size, most = f"{num_bytes / 1e9:.1f} GB", f"{MOST_KEPT_BYTES / 1e9:g} GB"
        raise _refused(f"{count:,} images of {side}x{side} take {size}, and may take {most}: choose a smaller side.")
    kept = sum(path.stat().st_size for path in (data_folder() / "own").glob("*.safetensors"))
    if kept + num_bytes > MOST_OWN_BYTES:
        raise _refused(
            f"All own images on this machine may take {MOST_OWN_BYTES / 1e9:g} GB, and they would take"
            f" {(kept + num_bytes) / 1e9:.1f} GB: delete some sets, under 'Look at the data' or with"
            " `python -m cnnlab data --delete NAME`."
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, side: int) -> tuple[npt.NDArray[np.uint8], bool]:
    """The image as (side, side, 3), and whether it has any colour."""
    name = _short(info.filename)
    content = archive.read(info)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                most = f"{MOST_PIXELS / 1e6:g} million"
                raise _refused(f"{name} has {width} x {height} pixels, and may have {most}: make it smaller.")
            image.draft("RGB", (2 * side, 2 * side))  # a large JPEG need not be unpacked whole
            upright = ImageOps.exif_transpose(image)
            with_colour = upright.convert("RGBA" if upright.mode in ("P", "PA", "LA") else "RGB").convert("RGB")
            fitted = ImageOps.fit(with_colour, (side, side), Image.Resampling.BILINEAR)
    except UnidentifiedImageError as error:
        formats = ", ".join(FORMATS)
        raise _refused(f"{name} is not an image: leave it out, or save it as one of {formats}.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refused(f"{name} has too many pixels: make it smaller.") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise _refused(f"{name} is damaged ({error}): leave it out, or save it anew.") from error
    pixels = np.asarray(fitted)
    return pixels, bool((pixels != pixels[..., :1]).any())


def _dataset(
    name: str, title: str, classes: tuple[str, ...], entries: list[_Entry], pixels: npt.NDArray[np.uint8]
) -> Dataset:
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor([entry.label for entry in entries])
    is_test = torch.tensor([entry.is_test for entry in entries])
    card = DatasetCard(
        name=name,
        title=_tidy(title) or "own images",
        classes=classes,
        in_channels=images.shape[1],
        side=images.shape[2],
        num_train=0,
        num_test=0,
        source="a zip that somebody put in on this machine",
        link="",
        licence="that of whoever made the images",
        origin="own",
    )
    if is_test.any():
        parts = (images[~is_test], labels[~is_test], images[is_test], labels[is_test])
    else:
        aside = put_aside(card, images, labels)
        parts = (aside.train_images, aside.train_labels, aside.test_images, aside.test_labels)
    return Dataset(
        card=replace(card, num_train=len(parts[1]), num_test=len(parts[3])),
        train_images=parts[0],
        train_labels=parts[1],
        test_images=parts[2],
        test_labels=parts[3],
    )


def _name(title: str, source: Path | IO[bytes], side: int) -> str:
    """What the set is called: its title, and a number that follows from the zip and the side."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    else:
        source.seek(0)
        digest = hashlib.file_digest(source, "sha256")  # type: ignore[arg-type]
    digest.update(str(side).encode())
    words = re.findall(r"[a-z0-9]+", _tidy(title).lower())
    return f"{OWN}{'-'.join(words)[:LONGEST_TITLE].strip('-') or 'images'}-{digest.hexdigest()[:8]}"


def _tidy(title: str) -> str:
    return " ".join(title.split())[:LONGEST_TITLE]


def _short(name: str) -> str:
    """A name in a sentence: quoted, and not longer than a person reads."""
    return repr(name if len(name) <= 60 else f"…{name[-59:]}")
