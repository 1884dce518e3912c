"""Data sets from the command line: list, download, import a zip of images, delete."""

import argparse
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.cli.networks import print_json
from cnnlab.spec import Problem, Refused
from cnnlab.words import numbers
from cnnlab.words.text import table

if TYPE_CHECKING:
    from cnnlab.data import DatasetCard
    from cnnlab.data.progress import Progress


def is_zip(name: str) -> bool:
    """Whether this names a zip to import, rather than a set."""
    return name.lower().endswith(".zip")


def get_data(name: str, side: int | None = None) -> "DatasetCard":
    """The card of a data set, which is downloaded if necessary, or imported from a zip."""
    from cnnlab.data import card, download_dataset, import_images
    from cnnlab.data.importing.own_images import DEFAULT_IMAGE_SIZE

    bar = sys.stderr.isatty()
    steps: Generator[Progress, None, DatasetCard | None]
    if is_zip(name):
        steps = import_images(Path(name), Path(name).stem, DEFAULT_IMAGE_SIZE if side is None else side)
    else:
        steps = download_dataset(card(name).name)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value or card(name)
        finally:
            if bar:
                print("\r\033[K", end="", file=sys.stderr, flush=True)
        if bar:
            print(f"{step.sentence}: {step.done:4.0%}", end="", file=sys.stderr, flush=True)


def data_command(options: argparse.Namespace) -> int:
    """List all data sets, or those that are named, which are downloaded or imported first; or delete them."""
    from cnnlab.data import is_available

    if options.delete:
        _delete_sets(options.sets)
        return 0
    cards = [get_data(name, options.side) for name in options.sets] or list(_all_cards())
    if options.json:
        print_json([asdict(card) | {"here": is_available(card.name)} for card in cards])
        return 0
    rows = [
        (
            card.name,
            card.title,
            numbers.shape((card.in_channels, card.side, card.side)),
            str(card.num_classes),
            numbers.exact(card.num_train),
            numbers.exact(card.num_test),
            "available" if is_available(card.name) else "to download",
        )
        for card in cards
    ]
    print(table(("name", "title", "image", "classes", "training", "test", ""), rows, left=2))
    return 0


def _all_cards() -> Iterator["DatasetCard"]:
    """The cards of all sets; of a set whose file is damaged, a sentence on the error output."""
    from cnnlab.data import card, dataset_names

    for name in dataset_names():
        try:
            yield card(name)
        except Refused as refused:
            print(refused, file=sys.stderr)


def _delete_sets(sets: Iterable[str]) -> None:
    from cnnlab.runs import StoreUnavailable, open_store
    from cnnlab.runs.store.housekeeping import delete_set

    try:
        with closing(open_store()) as store:
            for name in sets:
                delete_set(store, name)
    except StoreUnavailable as error:
        raise Refused([Problem("runs", error.sentence)]) from error
