"""Users' own images: a zip of class folders becomes a data set, without being unpacked to disk."""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import torch

from cnnlab.data.cards import DatasetCard
from cnnlab.data.catalogue import OWN, dataset_file, is_dataset_name, refused, stored_card, title_of
from cnnlab.data.dataset import Dataset, split_by_class
from cnnlab.data.download import Progress
from cnnlab.data.loading import load
from cnnlab.data.storage import save_dataset
from cnnlab.data.zip_images import ZippedImage, list_images, read_image, shortened
from cnnlab.home import data_folder
from cnnlab.words.sentence import Sentence

IMAGE_SIZES = (16, 28, 32, 48, 64, 96, 128, 224)
"""Heights and widths in pixels that imported images can get."""
DEFAULT_IMAGE_SIZE = 32

MAX_ZIP_BYTES = 500 * 10**6
"""Of a zip that the command line imports; what a page accepts is Streamlit's `server.maxUploadSize`."""
MAX_DATASET_BYTES = 2 * 10**9
"""Of all images of a set, after resizing."""
MAX_TOTAL_BYTES = 10 * 10**9
"""Of all imported sets on this machine."""

MAX_TITLE_LENGTH = 40
PROGRESS_INTERVAL = 200
"""Images from one progress to the next."""


def import_images(
    source: Path | IO[bytes], title: str, side: int = DEFAULT_IMAGE_SIZE, *, owner: str = ""
) -> Generator[Progress, None, DatasetCard]:
    """Save the images of a zip of class folders as a data set; yields the progress, and returns the card.

    The folders may be in `train` and `test` (or `val`); otherwise each fifth image of a class is for testing. Images
    are center-cropped to a square and resized to `side`; they stay grey if all of them are. The same zip and side make
    the same set, which is created once and stays that of its first owner. Raises `Refused` if anything in the zip is
    wrong.
    """
    if side not in IMAGE_SIZES:
        raise refused(
            Sentence(
                "The side of imported images must be one of {sizes}, and it is {value}.",
                sizes=", ".join(map(str, IMAGE_SIZES)),
                value=side,
            )
        )
    try:
        _check_zip_size(source)
        with zipfile.ZipFile(source) as archive:
            classes, entries = list_images(archive)
            name = _name(title, source, side)
            if dataset_file(name).is_file():
                return stored_card(dataset_file(name))
            images = np.empty((len(entries), side, side, 3), np.uint8)
            _check_space(images.nbytes, len(entries), side)
            has_colour = False
            for i, entry in enumerate(entries):
                if i % PROGRESS_INTERVAL == 0:
                    step = Sentence("Reading image {number} of {count}", number=i + 1, count=len(entries))
                    yield Progress(step, i / len(entries))
                images[i], in_colour = read_image(archive, entry.info, side)
                has_colour |= in_colour
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise refused(
            Sentence("The file is not a readable zip ({error}): create a zip of the class folders.", error=str(error))
        ) from error
    except OSError as error:
        raise refused(
            Sentence(
                "The zip cannot be read ({error}): check its path and its permissions.",
                error=str(error.strerror or error),
            )
        ) from error
    save_dataset(_dataset(name, title, classes, entries, images if has_colour else images[..., :1]), owner)
    return stored_card(dataset_file(name))


def delete(name: str) -> None:
    """Delete imported images permanently. Raises `Refused` if the name is not theirs, or they cannot be deleted."""
    if not (is_dataset_name(name) and name.startswith(OWN)):
        raise refused(
            Sentence(
                "Only imported images can be deleted, and {name} is not the name of any: it must begin with {prefix}.",
                name=shortened(name),
                prefix=OWN,
            )
        )
    try:
        dataset_file(name).unlink()
    except FileNotFoundError as error:
        raise refused(
            Sentence("The imported images '{title}' are not on this machine any more.", title=title_of(name))
        ) from error
    except OSError as error:
        raise refused(
            Sentence(
                "The imported images '{title}' cannot be deleted ({error}).",
                title=title_of(name),
                error=str(error.strerror),
            )
        ) from error
    load.cache_clear()


def _check_zip_size(source: Path | IO[bytes]) -> None:
    size = source.stat().st_size if isinstance(source, Path) else source.seek(0, io.SEEK_END)
    if size > MAX_ZIP_BYTES:
        raise refused(
            Sentence(
                "A zip may have {limit:g} MB, and this one has {value:.0f} MB: leave some images out.",
                limit=MAX_ZIP_BYTES / 1e6,
                value=size / 1e6,
            )
        )


def _check_space(num_bytes: int, count: int, side: int) -> None:
    if num_bytes > MAX_DATASET_BYTES:
        raise refused(
            Sentence(
                "{count:,} images of {side}x{side} take {value:.1f} GB, and may take {limit:g} GB: choose a smaller"
                " side.",
                count=count,
                side=side,
                value=num_bytes / 1e9,
                limit=MAX_DATASET_BYTES / 1e9,
            )
        )
    used = sum(path.stat().st_size for path in (data_folder() / "own").glob("*.safetensors"))
    if used + num_bytes > MAX_TOTAL_BYTES:
        raise refused(
            Sentence(
                "All imported images on this machine may take {limit:g} GB, and they would take {value:.1f} GB: delete"
                " some sets, under 'Show the data' or with `python -m cnnlab data --delete NAME`.",
                limit=MAX_TOTAL_BYTES / 1e9,
                value=(used + num_bytes) / 1e9,
            )
        )


def _dataset(
    name: str, title: str, classes: tuple[str, ...], entries: list[ZippedImage], pixels: npt.NDArray[np.uint8]
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
        source="a zip that was imported on this machine",
        link="",
        licence="that of the images' authors",
        origin="own",
    )
    dataset = split_by_class(card, images, labels, is_test if is_test.any() else None)
    num_train, num_test = len(dataset.train_labels), len(dataset.test_labels)
    return replace(dataset, card=replace(card, num_train=num_train, num_test=num_test))


def _name(title: str, source: Path | IO[bytes], side: int) -> str:
    """The name of the set: its title, and a digest of the zip and the side."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    else:
        source.seek(0)
        digest = hashlib.file_digest(source, "sha256")  # type: ignore[arg-type]
    digest.update(str(side).encode())
    words = re.findall(r"[a-z0-9]+", _tidy(title).lower())
    return f"{OWN}{'-'.join(words)[:MAX_TITLE_LENGTH].strip('-') or 'images'}-{digest.hexdigest()[:8]}"


def _tidy(title: str) -> str:
    return " ".join(title.split())[:MAX_TITLE_LENGTH]
