"""What somebody may have meant who wrote a name that there is not."""

import difflib
from collections.abc import Collection

from cnnlab.words.sentence import Sentence

MOST_NAMED = 12
"""So many names are listed where none is near; of more, only the first."""


def did_you_mean(name: str, known: Collection[str]) -> Sentence:
    """A remedy for a sentence that ends with a colon: the nearest known name, or all of them.

    >>> print(did_you_mean("resnet81", ["resnet18", "vgg11"]))
    did you mean resnet18?
    >>> print(did_you_mean("x", ["a", "b", "c"]))
    use a, b or c.
    """
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return Sentence("did you mean {name}?", name=near[0])
    *first, last = list(known)[:MOST_NAMED]
    return (
        Sentence("use {first} or {last}.", first=", ".join(first), last=last)
        if first
        else Sentence("use {last}.", last=last)
    )
