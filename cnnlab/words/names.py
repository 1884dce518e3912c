"""Several names beside each other: what tells them apart comes first, so that it is seen where a name is cut."""

import re
from collections import Counter
from collections.abc import Sequence

_SEPARATOR = re.compile(r" with |, | · ")


def told_apart(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each name in two: the part that the fewest others have, and the rest, what all have at its end.

    The parts of a name are its preset and its changes. Of a name that begins so already, the order stays.

    >>> told_apart(["resnet18 with width=40", "resnet18 with width=48"])
    [('width=40', 'resnet18'), ('width=48', 'resnet18')]
    >>> told_apart(["resnet18", "resnet18 with width=48", "vgg16 with norm=batch, dropout=0"])
    [('resnet18', ''), ('width=48', 'resnet18'), ('vgg16', 'norm=batch, dropout=0')]
    """
    parts = [_SEPARATOR.split(name) for name in names]
    having = Counter(part for each in parts for part in set(each))
    return [_ordered(name, each, having, len(names)) for name, each in zip(names, parts, strict=True)]


def _ordered(name: str, parts: list[str], having: Counter[str], count: int) -> tuple[str, str]:
    first = parts[0]
    # Where another network has the same preset, a change says more than the preset, however often it occurs.
    order = sorted(parts, key=lambda part: (having[part], part is first and 1 < having[part] < count))
    if order == parts:
        between = _SEPARATOR.search(name)
        return (name[: between.start()], name[between.end() :]) if between else (name, "")
    return order[0], " · ".join(order[1:])


def labels(names: Sequence[str], longest: int) -> list[str]:
    """The names, each in a line of at most `longest` characters, with what tells it apart first.

    >>> labels(["resnet18 with width=40", "resnet18 with width=48"], 16)
    ['width=40 · resn…', 'width=48 · resn…']
    """
    return [cut(" · ".join(filter(None, pair)), longest) for pair in told_apart(names)]


def cut(text: str, longest: int) -> str:
    """The beginning of a text that is longer than that.

    >>> cut("depths=2,2,3,2", 10)
    'depths=2…'
    """
    return text if len(text) <= longest else text[: longest - 1].rstrip(" ,·") + "…"
