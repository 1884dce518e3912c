"""Which class and which part of a split each image belongs to, from the folders that it is in.

Class folders may be in folders for the parts of a split, or have such folders in them: `train/cat` or `cat/train`.
Parts have names of their own, in any case, with anything before or after: `flowers_train`, `Test set`. Folders that
only wrap everything (`flowers/flowers/cat`) say nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cnnlab.data.catalogue import refused
from cnnlab.data.importing.zip_names import Path, key, shortened, shown
from cnnlab.words.sentence import Sentence

Part = Literal["train", "validation", "test"]

_SPELLINGS: dict[Part, tuple[str, ...]] = {
    "train": ("train", "training", "trainset"),
    "validation": ("val", "valid", "validate", "validation", "valset", "validationset"),
    "test": ("test", "testing", "testset"),
}
"""What the parts of a split are called."""
_NAMES: dict[str, Part] = {name: part for part, names in _SPELLINGS.items() for name in names}

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class Place:
    """The class of an image, and the part that its folder names."""

    label: str
    part: Part | None


def part_of(name: str) -> Part | None:
    """The part of a split that a folder's name tells of, if it tells of one.

    >>> part_of("Training"), part_of("flowers_train"), part_of("TestData"), part_of("train_test"), part_of("latest")
    ('train', 'train', 'test', None, None)
    """
    parts = {_NAMES[word.lower()] for word in _WORDS.findall(name) if word.lower() in _NAMES}
    return parts.pop() if len(parts) == 1 else None


def places(paths: Sequence[Path]) -> list[Place]:
    """The place of each file. Raises `Refused` if a file is in no class folder, or the folders do not say which."""
    for path in paths:
        if len(path) == 1:
            raise refused(
                Sentence(
                    "{name} is not in a class folder: move each image into the folder of its class.", name=shown(path)
                )
            )
    folders = _without_wrapping(_without_doubles([path[:-1] for path in paths]))
    parts: list[Part | None] = [None] * len(paths)
    while (column := _split_column(folders, parts)) is not None:
        parts = [part_of(folder[column]) for folder in folders]
        folders = _without_wrapping(_without_doubles([(*f[:column], *f[column + 1 :]) for f in folders]))
    folders = _without_what_is_the_same(folders)
    if any(len(folder) > 1 for folder in folders):
        raise refused(_why_not(folders))
    if len(set(parts)) == 1:  # what all images are for is no split
        parts = [None] * len(paths)
    elif "train" not in parts:
        raise refused(
            Sentence(
                "The zip has folders for testing and for validation, and none for training: name the folder of the"
                " training images train."
            )
        )
    labels = _merged([folder[0] for folder in folders], parts)
    return [Place(label, part) for label, part in zip(labels, parts, strict=True)]


def _without_doubles(folders: list[Path]) -> list[Path]:
    """Folders in a folder of the same name are that folder, where all are, or where others are less deep."""
    for column in range(min(map(len, folders)) - 2, -1, -1):
        if all(key(folder[column]) == key(folder[column + 1]) for folder in folders):
            folders = [(*folder[:column], *folder[column + 1 :]) for folder in folders]
    depth = min(map(len, folders))
    return [_shallower(folder, depth) for folder in folders]


def _shallower(folder: Path, depth: int) -> Path:
    for i in range(len(folder) - 1, 0, -1):
        if len(folder) > depth and key(folder[i]) == key(folder[i - 1]):
            folder = (*folder[:i], *folder[i + 1 :])
    return folder


def _without_wrapping(folders: list[Path]) -> list[Path]:
    """The folders without those that all of them are in."""
    wraps = 0
    while all(len(f) > wraps + 1 for f in folders) and len({key(f[wraps]) for f in folders}) == 1:
        wraps += 1
    return [folder[wraps:] for folder in folders]


def _without_what_is_the_same(folders: list[Path]) -> list[Path]:
    """The folders without what is in each of them at the same depth, such as `images` in `cat/images`."""
    for column in range(min(map(len, folders)) - 1, -1, -1):
        if all(len(f) > 1 for f in folders) and len({key(f[column]) for f in folders}) == 1:
            folders = [(*folder[:column], *folder[column + 1 :]) for folder in folders]
    return folders


def _split_column(folders: list[Path], parts: list[Part | None]) -> int | None:
    """At which depth the folders are the parts of a split, and the same parts that are known already."""
    depth = min(map(len, folders))
    found: list[tuple[bool, int]] = []
    for column in range(depth if depth > 1 else 0):
        named = [part_of(folder[column]) for folder in folders]
        is_exact = all(folder[column].lower() in _NAMES for folder in folders)
        is_split = None not in named and (len(set(named)) > 1 or is_exact)
        if is_split and (None in parts or named == parts):
            found.append((not is_exact, column))
    return min(found)[1] if found else None


def _why_not(folders: list[Path]) -> Sentence:
    """Why folders of several depths are no class folders."""
    tops = sorted({folder[0] for folder in folders})
    known, unknown = [top for top in tops if part_of(top)], [top for top in tops if not part_of(top)]
    shallow = sorted({folder for folder in folders if len(folder) == 1})
    deep = sorted({folder for folder in folders if len(folder) > 1})
    loose = next((f for f in shallow if part_of(f[0])), None)
    if loose is not None:
        return Sentence(
            "The images in {name} are in no class folders: sort them into folders of their classes, or leave {name}"
            " out.",
            name=shortened(loose[0]),
        )
    if known and unknown:
        return Sentence(
            "The folder {unknown} is beside {known}, and its name does not say what it is for: rename it to train,"
            " validation or test, or leave it out.",
            unknown=shortened(unknown[0]),
            known=shortened(known[0]),
        )
    both = next((f for f in shallow if f[0] in {other[0] for other in deep}), None)
    if both is not None:
        inner = next(other for other in deep if other[0] == both[0])
        return Sentence(
            "There are images in {outer} and in {inner}, and a class is one folder: sort those in {outer} into class"
            " folders, or leave out those of one of the two.",
            outer=shown(both),
            inner=shown(inner),
        )
    first, second = deep[0], next(f for f in sorted(set(folders), reverse=True) if f[:-1] != deep[0][:-1])
    return Sentence(
        "The class folders must be side by side, and there are {first} and {second}: rename the folders around them to"
        " train, validation and test if they are a split, or make a zip of one of them.",
        first=shown(first),
        second=shown(second),
    )


def _merged(labels: list[str], parts: list[Part | None]) -> list[str]:
    """The labels in one spelling each; two spellings side by side may be two classes, and are refused."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for label in labels:
        spellings[key(label)][label] += 1
    in_part: dict[tuple[Part | None, str], str] = {}
    for label, part in zip(labels, parts, strict=True):
        first = in_part.setdefault((part, key(label)), label)
        if first != label:
            raise refused(
                Sentence(
                    "The folders {first} and {second} differ only in capitals: put their images into one folder if"
                    " they are one class, or give one of them another name.",
                    first=shortened(first),
                    second=shortened(label),
                )
            )
    return [spellings[key(label)].most_common(1)[0][0] for label in labels]
