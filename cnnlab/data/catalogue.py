"""Which data sets this machine has, by name: those of the lab, and images that somebody has put in."""

import difflib
import json
import re
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open

from cnnlab.data.archives import folder_with
from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.home import data_folder
from cnnlab.spec import Problem, Refused

OWN = "own:"
"""How the name of a set of own images begins; its title and a number that follows from the images come after it."""

_OWN_NAME = re.compile(r"own:[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}")
LONGEST_NAME = 80


def file_of(name: str) -> Path:
    """The file that a downloaded set, or a set of own images, is kept in once it is here."""
    assert is_name(name)
    own = name.removeprefix(OWN)
    return data_folder() / ("own" if own != name else "sets") / f"{own}.safetensors"


def is_name(text: str) -> bool:
    """Whether a data set could be called so, be it here or not."""
    return text in DATASETS or (len(text) <= LONGEST_NAME and _OWN_NAME.fullmatch(text) is not None)


def title_of(name: str) -> str:
    """What a set is called, also where it is not here any more.

    >>> title_of("mnist"), title_of("own:my-cats-0123abcd")
    ('MNIST', 'my cats')
    """
    if name in DATASETS:
        return DATASETS[name].title
    if not is_name(name):
        return name
    return name.removeprefix(OWN).rpartition("-")[0].replace("-", " ")


def names() -> list[str]:
    """The names of all sets: those of the lab, and the own images that are here."""
    return [*DATASETS, *sorted(OWN + path.stem for path in (data_folder() / "own").glob("*.safetensors"))]


def card(name: str) -> DatasetCard:
    """What is known about the set of that name. Raises `Refused` if there is none."""
    if name in DATASETS:
        return DATASETS[name]
    if not is_name(name):
        raise Refused([unknown(name)])
    if not file_of(name).is_file():
        what = f"The own images {title_of(name)!r} are not on this machine: put their zip in again"
        raise Refused([Problem("dataset", f"{what}, or use another data set, such as shapes.")])
    return kept_card(file_of(name))


def unknown(name: str) -> Problem:
    """That nothing is called so, and what might be meant."""
    known = names()
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"use {', '.join(known[:-1])} or {known[-1]}."
    return Problem("dataset", f"`dataset` must be the name of a data set, and it is {name!r}: {remedy}")


def is_here(name: str) -> bool:
    """Whether the set can be read now, without a download."""
    if name in DATASETS and DATASETS[name].origin != "download":
        return True
    if file_of(name).is_file():
        return True
    if name not in DATASETS:
        return False
    return folder_with(name) is not None


def written_card(card: DatasetCard, owner: str) -> dict[str, str]:
    """The card, and whose images they are, as the metadata of a file."""
    return {"card": json.dumps(asdict(card)), "owner": owner}


def kept_card(path: Path) -> DatasetCard:
    """The card in the metadata of a file. Raises `Refused` if the file is damaged."""
    values = json.loads(_about(path)["card"])
    return DatasetCard(**{**values, "classes": tuple(values["classes"])})


def owner_of(name: str) -> str:
    """Who has put in the own images of that name, which are here; "" if nobody said. Raises `Refused` if damaged."""
    return _about(file_of(name)).get("owner", "")


def _about(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="numpy") as file:
            about: dict[str, str] = file.metadata()
    except SafetensorError as error:
        raise damaged(path, error) from error
    return about


def damaged(path: Path, error: Exception) -> Refused:
    """What to say of a file that is not as it was written."""
    return Refused([Problem("dataset", f"The file {path} is damaged ({error}): delete it, and try again.")])
