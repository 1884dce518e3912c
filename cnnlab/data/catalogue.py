"""Which data sets are available on this machine, by name: the built-in ones, and images imported by users."""

import json
import re
import unicodedata
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from cnnlab.data.archives import find_folder, is_here
from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.home import data_folder
from cnnlab.spec import Problem, Refused, set_to
from cnnlab.words.sentence import Sentence
from cnnlab.words.suggest import did_you_mean, nearest_name

OWN = "own:"
"""The prefix of the name of imported images; their title and a digest of the images follow."""

_OWN_NAME = re.compile(r"own:(.+)-[0-9a-f]{8}")
MAX_NAME_LENGTH = 80


def refused(sentence: Sentence) -> Refused:
    """The refusal of a data set."""
    return Refused([Problem("dataset", sentence)])


def dataset_file(name: str) -> Path:
    """The file of a downloaded or imported set."""
    assert is_dataset_name(name)
    own = name.removeprefix(OWN)
    return data_folder() / ("own" if own != name else "sets") / f"{own}.safetensors"


def is_dataset_name(text: str) -> bool:
    """Whether this is the name of a built-in set, or could be that of imported images, available or not."""
    if text in DATASETS:
        return True
    own = _OWN_NAME.fullmatch(text) if len(text) <= MAX_NAME_LENGTH else None
    return own is not None and own[1] == slug(own[1])


def slug(title: str) -> str:
    """What of a title is part of a name: its letters and digits, of any script, with hyphens between the words.

    >>> slug("Chó và mèo / ../x")
    'Chó-và-mèo-x'
    """
    known = (c if unicodedata.category(c)[0] in "LMN" else " " for c in unicodedata.normalize("NFC", title))
    return "-".join("".join(known).split())


def title_of(name: str) -> str:
    """The title of a set, also of one that was deleted.

    >>> title_of("mnist"), title_of("own:my-cats-0123abcd")
    ('MNIST', 'my cats')
    """
    if name in DATASETS:
        return DATASETS[name].title
    if not is_dataset_name(name):
        return name
    return name.removeprefix(OWN).rpartition("-")[0].replace("-", " ")


def dataset_names() -> list[str]:
    """The names of the built-in sets, then of the imported ones on this machine."""
    try:
        own = [OWN + path.stem for path in (data_folder() / "own").glob("*.safetensors")]
    except OSError:  # the folder may not be read
        own = []
    return [*DATASETS, *sorted(filter(is_dataset_name, own))]


def card(name: str) -> DatasetCard:
    """The card of the set of that name. Raises `Refused` if there is none."""
    if name in DATASETS:
        return DATASETS[name]
    if not is_dataset_name(name):
        raise Refused([unknown_dataset(name)])
    if not is_here(dataset_file(name)):
        sentence = Sentence(
            "The imported images '{title}' are not on this machine: import their zip again, or use another data set,"
            " such as shapes.",
            title=title_of(name),
        )
        raise Refused([Problem("dataset", sentence, remedies=(set_to("dataset", "shapes"),))])
    return stored_card(dataset_file(name))


def unknown_dataset(name: str) -> Problem:
    """The problem that no data set has this name."""
    near = nearest_name(name, dataset_names())
    return Problem(
        "dataset",
        Sentence(
            "`dataset` must be the name of a data set, and it is {value}: {remedy}",
            value=repr(name),
            remedy=did_you_mean(name, dataset_names()),
        ),
        remedies=() if near is None else (set_to("dataset", near),),
    )


def is_available(name: str) -> bool:
    """Whether the set can be read now, without a download."""
    if name in DATASETS and DATASETS[name].origin != "download":
        return True
    if is_here(dataset_file(name)):
        return True
    return name in DATASETS and find_folder(name) is not None


def card_metadata(card: DatasetCard, owner: str) -> dict[str, str]:
    """The card and the owner of the images, as the metadata of a safetensors file."""
    return {"card": json.dumps(asdict(card)), "owner": owner}


def stored_card(path: Path) -> DatasetCard:
    """The card in the metadata of a file. Raises `Refused` if the file is damaged."""
    try:
        return _CARD.validate_json(_metadata(path)["card"])
    except (ValidationError, KeyError) as error:
        raise damaged_file(path, ValueError("it has no card")) from error


def owner_of(name: str) -> str:
    """Who imported the images of that name, or "" if that is unknown. Raises `Refused` if the file is damaged."""
    return stored_owner(dataset_file(name))


def stored_owner(path: Path) -> str:
    """The owner in the metadata of a file, or "". Raises `Refused` if the file is damaged."""
    return _metadata(path).get("owner", "")


_CARD = TypeAdapter(DatasetCard)


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] | None = file.metadata()
    except (SafetensorError, OSError) as error:
        raise damaged_file(path, error) from error
    return metadata or {}


def damaged_file(path: Path, error: Exception) -> Refused:
    """The refusal of a data set whose file is damaged."""
    if is_dataset_name(name := OWN + path.stem) and path == dataset_file(name):
        return refused(
            Sentence(
                "The file {path} of the imported images '{title}' is damaged ({error}): import their zip again.",
                path=str(path),
                title=title_of(name),
                error=str(error),
            )
        )
    return refused(
        Sentence("The file {path} is damaged ({error}): delete it, and try again.", path=str(path), error=str(error))
    )
