"""Suggestions for a name that does not exist."""

import difflib
from collections.abc import Collection

from cnnlab.words.sentence import Sentence

MAX_NAMED = 12
"""The most names that are listed where none is near."""


def nearest_name(name: str, known: Collection[str]) -> str | None:
    """The known name that is like this one, if there is one.

    >>> nearest_name("resnet81", ["resnet18", "vgg11"])
    'resnet18'
    """
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def did_you_mean(name: str, known: Collection[str]) -> Sentence:
    """A remedy for a sentence that ends with a colon: the nearest known name, or all of them.

    >>> print(did_you_mean("resnet81", ["resnet18", "vgg11"]))
    did you mean resnet18?
    >>> print(did_you_mean("x", ["a", "b", "c"]))
    use a, b or c.
    """
    near = nearest_name(name, known)
    if near is not None:
        return Sentence("did you mean {name}?", name=near)
    *first, last = list(known)[:MAX_NAMED]
    if not first:
        return Sentence("use {last}.", last=last)
    return Sentence("use {first} or {last}.", first=", ".join(first), last=last)
