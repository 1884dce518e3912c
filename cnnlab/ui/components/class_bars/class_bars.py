"""What a network answers about an image: a bar for each class, the answer and the true class marked."""

from collections.abc import Sequence

from cnnlab.figures.palette import KIND_COLOURS, Theme
from cnnlab.ui.components.mount import component

MAX_BARS = 10
"""Classes that are shown unless fewer are asked for."""

_mount = component(__name__)


def class_bars(
    names: Sequence[str],
    probabilities: Sequence[float],
    *,
    true: int | None,
    caption: str,
    theme: Theme,
    key: str,
    most: int = MAX_BARS,
) -> None:
    """Shows the probabilities of the classes of those names; `true` is the image's class, where it is known.

    Of more than `most` classes, the most probable ones and the true one are shown.
    """
    order = range(len(names))
    if len(names) > most:
        likeliest = sorted(order, key=lambda i: -probabilities[i])
        chosen = {*likeliest[:most], *([] if true is None else [true])}
        order = [i for i in likeliest if i in chosen]  # type: ignore[assignment]
    answer = max(range(len(names)), key=probabilities.__getitem__)
    bars = [
        {
            "name": names[i],
            "share": probabilities[i],
            "kind": "right" if i == answer == true else "wrong" if i == answer and true is not None else "other",
            "is_answer": i == answer,
            "is_true": i == true,
        }
        for i in order
    ]
    wrong = KIND_COLOURS[theme]["shortcut"]  # vermilion
    _mount(data={"bars": bars, "caption": caption, "wrong": wrong}, key=key, height="content")
