"""`python -m cnnlab data …`: which data sets there are, getting them, and taking in and deleting own images."""

import argparse
import json
import sys
from collections.abc import Generator, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.figures import words
from cnnlab.figures.text import table
from cnnlab.spec import Problem, Refused

if TYPE_CHECKING:
    from cnnlab.data import DatasetCard
    from cnnlab.data.download import Progress


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command can be told."""
    parser.add_argument("sets", nargs="*", metavar="NAME", help="a set to get, or a zip of your own images to take in")
    parser.add_argument("--delete", action="store_true", help="delete these sets of own images for good")
    parser.add_argument("--side", type=int, metavar="PIXELS", help="height and width that own images get")


def got(name: str, side: int | None = None) -> "DatasetCard":
    """The card of a set that is on this machine from now on: downloaded, or taken in from a zip, if need be."""
    from cnnlab.data import card, obtain, take_in
    from cnnlab.data.own_images import USUAL_SIDE

    bar = sys.stderr.isatty()
    steps: Generator[Progress, None, DatasetCard | None]
    if name.endswith(".zip"):
        steps = take_in(Path(name), Path(name).stem, USUAL_SIDE if side is None else side)
    else:
        steps = obtain(card(name).name)
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


def show_data(options: argparse.Namespace) -> int:
    """List the data sets, or those that the options name and that are got or deleted for it; the exit code."""
    from cnnlab.data import card, is_here, names

    if options.delete:
        return _delete_sets(options.sets)
    cards = [got(name, options.side) for name in options.sets] or [card(name) for name in names()]
    if options.json:
        print(json.dumps([asdict(card) | {"here": is_here(card.name)} for card in cards], ensure_ascii=False))
        return 0
    rows = [
        (
            card.name,
            card.title,
            words.shape((card.in_channels, card.side, card.side)),
            str(card.num_classes),
            words.exact(card.num_train),
            words.exact(card.num_test),
            "here" if is_here(card.name) else "to download",
        )
        for card in cards
    ]
    print(table(("name", "title", "image", "classes", "to learn from", "to test on", ""), rows, left=2))
    return 0


def _delete_sets(sets: Iterable[str]) -> int:
    from cnnlab.runs import StoreUnavailable, open_store
    from cnnlab.runs.own_sets import delete_set

    try:
        store = open_store()
        try:
            for name in sets:
                delete_set(store, name)
        finally:
            store.close()
    except StoreUnavailable as error:
        raise Refused([Problem("runs", str(error))]) from error
    return 0
