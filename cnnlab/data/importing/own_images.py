"""Users' own images: a zip of class folders becomes a data set, without being unpacked to disk."""

import hashlib
import io
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import torch

from cnnlab.data.cards import DatasetCard
from cnnlab.data.catalogue import OWN, dataset_file, is_dataset_name, refused, slug, stored_card, title_of
from cnnlab.data.dataset import Dataset, each_fifth
from cnnlab.data.importing.class_folders import Part
from cnnlab.data.importing.quota import TURN, check_space, delete_leftovers, own_folder
from cnnlab.data.importing.spool import Spool, spooled
from cnnlab.data.importing.zip_images import Listing, Source, cannot_read, list_images, opened, read_image
from cnnlab.data.importing.zip_names import shortened, tidy
from cnnlab.data.loading import load
from cnnlab.data.progress import Progress, turn
from cnnlab.data.storage import save_dataset
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence

IMAGE_SIZES = (16, 28, 32, 48, 64, 96, 128, 224)
"""Heights and widths in pixels that imported images can get."""
DEFAULT_IMAGE_SIZE = 32

MAX_ZIP_BYTES = 500 * 10**6
"""Of a zip that the command line imports; what a page accepts is Streamlit's `server.maxUploadSize`."""

READING = 2
"""Raised whenever the same zip would make other images: what was imported before stays a set of its own."""

MAX_TITLE_LENGTH = 40
PROGRESS_INTERVAL = 200
"""Images from one progress to the next."""


def import_images(
    source: Source, title: str, side: int = DEFAULT_IMAGE_SIZE, *, owner: str = ""
) -> Generator[Progress, None, DatasetCard]:
    """Save the images of a zip of class folders as a data set; yields the progress, and returns the card.

    The folders may be in folders for training, validation and testing, or have such folders in them; without one for
    testing, each fifth training image of a class is. Images are center-cropped to a square and resized to `side`; they
    stay grey if all of them are. The same zip and side make the same set, which is created once and stays that of its
    first owner. One zip is imported at a time. Raises `Refused` if anything in the zip is wrong.
    """
    if side not in IMAGE_SIZES:
        raise refused(
            Sentence(
                "The side of imported images must be one of {sizes}, and it is {value}.",
                sizes=", ".join(map(str, IMAGE_SIZES)),
                value=side,
            )
        )
    _check_zip_size(source)
    with opened(source) as archive:
        listing = list_images(archive)
        name = _name(title, source, side)
        with turn(TURN, Sentence("Another import is running")) as waiting:
            yield from waiting
            stored = _stored(name)
            if stored is not None:
                return stored
            delete_leftovers()
            count = len(listing.images)
            check_space(count * 3 * side**2, count, side, owner)
            with spooled(own_folder(), dataset_file(name).stem, side) as spool:
                parts, num_transparent = _parts(listing), 0
                for i, (image, part) in enumerate(zip(listing.images, parts, strict=True)):
                    if i % PROGRESS_INTERVAL == 0:
                        step = Sentence("Reading image {number} of {count}", number=i + 1, count=count)
                        yield Progress(step, i / count)
                    pixels, is_transparent = read_image(archive, image, side)
                    num_transparent += is_transparent
                    spool.add(part, pixels)
                save_dataset(_dataset(name, title, side, listing, parts, num_transparent, spool), owner)
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


def _check_zip_size(source: Source) -> None:
    try:
        size = source.stat().st_size if isinstance(source, Path) else source.seek(0, io.SEEK_END)
    except OSError as error:
        raise cannot_read(error) from error
    if size > MAX_ZIP_BYTES:
        raise refused(
            Sentence(
                "A zip may have {limit:g} MB, and this one has {value:.0f} MB: leave some images out.",
                limit=MAX_ZIP_BYTES / 1e6,
                value=size / 1e6,
            )
        )


def _stored(name: str) -> DatasetCard | None:
    """The card of the set if it is here and not damaged."""
    try:
        return stored_card(dataset_file(name)) if dataset_file(name).is_file() else None
    except Refused:
        return None


def _parts(listing: Listing) -> list[Part]:
    """What each image is for; without images for testing, each fifth training image of a class is."""
    parts = [image.part for image in listing.images]
    if "test" in parts:
        return parts
    trained = [i for i, part in enumerate(parts) if part == "train"]
    labels = torch.tensor([listing.images[i].label for i in trained])
    for i, is_test in zip(trained, each_fifth(labels, len(listing.classes)).tolist(), strict=True):
        if is_test:
            parts[i] = "test"
    return parts


def _dataset(
    name: str, title: str, side: int, listing: Listing, parts: list[Part], num_transparent: int, spool: Spool
) -> Dataset:
    counts = Counter(parts)
    card = DatasetCard(
        name=name,
        title=_tidy(title) or "own images",
        classes=listing.classes,
        in_channels=3 if spool.in_colour else 1,
        side=side,
        num_train=counts["train"],
        num_validation=counts["validation"],
        num_test=counts["test"],
        num_transparent=num_transparent,
        num_left_out=listing.num_left_out,
        source="a zip that was imported on this machine",
        link="",
        licence="that of the images' authors",
        origin="own",
    )
    labels = {
        wanted: torch.tensor([i.label for i, part in zip(listing.images, parts, strict=True) if part == wanted])
        for wanted in ("train", "validation", "test")
    }
    return Dataset(
        card=card,
        train_images=spool.images("train"),
        train_labels=labels["train"],
        validation_images=spool.images("validation"),
        validation_labels=labels["validation"],
        test_images=spool.images("test"),
        test_labels=labels["test"],
    )


def _name(title: str, source: Source, side: int) -> str:
    """The name of the set: its title, and a digest of the zip and the side."""
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
        else:
            source.seek(0)
            digest = hashlib.file_digest(source, "sha256")  # type: ignore[arg-type]
    except OSError as error:
        raise cannot_read(error) from error
    digest.update(f"{side} {READING}".encode())
    words = slug(_tidy(title))[:MAX_TITLE_LENGTH].strip("-") or "images"
    return f"{OWN}{words}-{digest.hexdigest()[:8]}"


def _tidy(title: str) -> str:
    return tidy(title)[:MAX_TITLE_LENGTH].strip()
