"""Images in a zip of class folders: checked before anything is unpacked, then read one by one in memory."""

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from cnnlab.data.catalogue import refused
from cnnlab.data.importing.class_folders import Part, places
from cnnlab.data.importing.pictures import Pixels, read_picture
from cnnlab.data.importing.zip_names import Path as ZipPath
from cnnlab.data.importing.zip_names import key, paths_of, shortened, shown
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence

MAX_FILES = 100_000
MAX_FILE_BYTES = 30 * 10**6
"""Of one file, unpacked."""
MAX_UNPACKED_BYTES = 4 * 10**9
MAX_CLASSES = 1000
MAX_CLASS_NAME = 60
"""Characters of the name of a class."""
MIN_IMAGES_PER_CLASS = 2

CHUNK_BYTES = 2**16
"""So much of a file is unpacked at once: a zip may lie about the size of its files."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compressions that are read: the others unpack a chunk of any size at once."""
_METHOD_NAMES = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES"}

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    MemoryError,
    Warning,
)
"""What `zipfile` raises for damaged zips."""

_LEFT_BY_SYSTEMS = ("__macosx", "@eadir", "$recycle.bin", "thumbs.db", "desktop.ini")
_TEXTS = (".txt", ".text", ".md", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".htm", ".log", ".ini")
"""How the names of files end that describe images, and are none."""

Source = Path | IO[bytes]


@dataclass(frozen=True, slots=True)
class ZippedImage:
    """One image in the zip, what a sentence calls it, the index of its class, and the part that its folder names."""

    info: zipfile.ZipInfo
    name: str
    label: int
    part: Part


@dataclass(frozen=True, slots=True)
class Listing:
    """The classes of a zip, its images in the order of their names, and how many files are none."""

    classes: tuple[str, ...]
    images: tuple[ZippedImage, ...]
    num_left_out: int


@contextmanager
def opened(source: Source) -> Iterator[zipfile.ZipFile]:
    """The zip, for reading. Raises `Refused` if it is none, or damaged where its files are listed."""
    try:
        archive = zipfile.ZipFile(source)
    except UnicodeDecodeError as error:
        raise refused(
            Sentence("The zip says that the names of its files are in UTF-8, and they are not: create it again.")
        ) from error
    except OSError as error:
        raise cannot_read(error) from error
    except ZIP_ERRORS as error:
        raise refused(
            Sentence(
                "The file is not a readable zip ({error}): create a zip of the class folders.", error=_reason(error)
            )
        ) from error
    with archive:
        yield archive


def cannot_read(error: OSError) -> Refused:
    """The refusal of a file that the system does not let be read."""
    return refused(
        Sentence(
            "The zip cannot be read ({error}): check its path and its permissions.", error=str(error.strerror or error)
        )
    )


def list_images(archive: zipfile.ZipFile) -> Listing:
    """The classes and the images. Raises `Refused` for everything that can be seen to be wrong without unpacking."""
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise refused(
            Sentence(
                "A zip may contain {limit:,} files, and this one contains {value:,}: leave some out.",
                limit=MAX_FILES,
                value=len(infos),
            )
        )
    relevant = [(path, info) for path, info in zip(paths_of(infos), infos, strict=True) if not _is_of_system(path)]
    files = sorted(((path, info) for path, info in relevant if path[-1]), key=lambda file: file[0])
    images = [(path, info) for path, info in files if PurePosixPath(path[-1]).suffix.lower() not in _TEXTS]
    for path, info in images:
        _check_file(path, info)
    unpacked = sum(info.file_size for _, info in images)
    if unpacked > MAX_UNPACKED_BYTES:
        raise refused(
            Sentence(
                "Unpacked, a zip may have {limit:g} GB, and this one has {value:.1f} GB: leave some images out.",
                limit=MAX_UNPACKED_BYTES / 1e9,
                value=unpacked / 1e9,
            )
        )
    if not images:
        raise refused(Sentence("The zip contains no images: add one folder of images for each class."))
    _check_folders([path[:-1] for path, _ in relevant if not path[-1]], {path[:-1] for path, _ in files})
    found = places([path for path, _ in images])
    classes = tuple(sorted({place.label for place in found}))
    index = {label: i for i, label in enumerate(classes)}
    # The same file in the same class is a copy, as in zips that have everything twice: `flowers` in `flowers`.
    listed = {
        (place, key(path[-1]), info.CRC, info.file_size): ZippedImage(
            info, shown(path), index[place.label], place.part or "train"
        )
        for place, (path, info) in reversed(list(zip(found, images, strict=True)))
    }
    chosen = tuple(reversed(listed.values()))
    _check_classes(classes, chosen)
    return Listing(classes, chosen, len(files) - len(images))


def read_image(archive: zipfile.ZipFile, image: ZippedImage, side: int) -> tuple[Pixels, bool]:
    """The image as (side, side, 3), cropped to a square and resized, and whether parts of it are transparent.

    Raises `Refused` if it is damaged, too large or no image.
    """
    return read_picture(_unpacked(archive, image), side, image.name)


def _unpacked(archive: zipfile.ZipFile, image: ZippedImage) -> bytes:
    content = bytearray()
    try:
        with archive.open(image.info) as file:
            while part := file.read(CHUNK_BYTES):
                content += part
    except (OSError, *ZIP_ERRORS) as error:
        raise refused(
            Sentence(
                "{name} cannot be unpacked ({error}): the zip is damaged, create it again.",
                name=image.name,
                error=_reason(error),
            )
        ) from error
    return bytes(content)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _is_of_system(path: ZipPath) -> bool:
    return any(part.startswith(".") or part.lower() in _LEFT_BY_SYSTEMS for part in path)


def _check_file(path: ZipPath, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 1:
        raise refused(Sentence("The zip has a password: create it without one."))
    if info.compress_type not in METHODS:
        raise refused(
            Sentence(
                "{name} is compressed with {method}, which is not read: create the zip with the usual method, Deflate.",
                name=shown(path),
                method=_METHOD_NAMES.get(info.compress_type, f"method {info.compress_type}"),
            )
        )
    if info.file_size > MAX_FILE_BYTES:
        raise refused(
            Sentence(
                "Unpacked, an image may have {limit:g} MB, and {name} has {value:.0f} MB: make it smaller.",
                name=shown(path),
                limit=MAX_FILE_BYTES / 1e6,
                value=info.file_size / 1e6,
            )
        )


def _check_folders(folders: list[ZipPath], filled: set[ZipPath]) -> None:
    """Raises `Refused` if a folder has nothing in it."""
    inner = {folder[:depth] for folder in (*folders, *filled) for depth in range(len(folder))}
    for folder in folders:
        if folder not in inner and folder not in filled:
            raise refused(
                Sentence("The folder {name} contains no images: add some, or leave it out.", name=shown(folder))
            )


def _check_classes(classes: tuple[str, ...], images: tuple[ZippedImage, ...]) -> None:
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
    counts = Counter((image.label, image.part) for image in images)
    parts = {image.part for image in images}
    for i, label in enumerate(classes):
        trained, together = counts[i, "train"], sum(counts[i, part] for part in parts)
        if len(label) > MAX_CLASS_NAME:
            raise refused(
                Sentence(
                    "The name of a class may have {limit} characters, and {name} has {value}: rename its folder.",
                    limit=MAX_CLASS_NAME,
                    name=shortened(label),
                    value=len(label),
                )
            )
        if not trained:
            raise refused(
                Sentence(
                    "The class {name} has {part} images and no training images: add some.",
                    name=shortened(label),
                    part="test" if counts[i, "test"] else "validation",
                )
            )
        # Without a folder for testing, test images are taken from those for training.
        if (together if "test" in parts else trained) < MIN_IMAGES_PER_CLASS:
            raise refused(
                Sentence(
                    "A class must have at least {limit} images, and {name} has {value}: add some, or leave it out.",
                    limit=MIN_IMAGES_PER_CLASS,
                    name=shortened(label),
                    value=trained,
                )
            )
