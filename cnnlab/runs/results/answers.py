"""The answers of a run to the images that it is evaluated on, beside their labels."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnnlab.home import default_folder
from cnnlab.runs.run import NotPossible, Run
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

    from cnnlab.data.evaluated import PartOfSet
    from cnnlab.training.answers import Answers, EvaluatedPart


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochAnswers:
    """The answers after each of the `epochs` that are kept, E of them, in order, and the `labels` (N,) of the images.

    `answers` (E, N) are classes and `confidences` (E, N) their probabilities in 255ths, as they are stored.
    `class_names` are those of the data set: the network may have more classes. `parts` are those with answers.
    """

    epochs: tuple[int, ...]
    class_names: tuple[str, ...]
    parts: "tuple[EvaluatedPart, ...]"
    labels: npt.NDArray[np.int64] = field(repr=False)
    answers: npt.NDArray[np.unsignedinteger] = field(repr=False)
    confidences: npt.NDArray[np.uint8] = field(repr=False)


def answers(
    run: Run, epoch: int | None = None, *, part: "EvaluatedPart" = "test", folder: Path | None = None
) -> "pd.DataFrame":
    """What the run answered at the end of an epoch, or of the last one: a row for each image, in their order.

    Columns: `label` and `answer`, both class numbers, and `confidence`, the probability of the answer in steps of
    1/255. `folder` is that of the store, by default the user's. Raises `NotPossible` where the answers of that epoch
    are not kept or the part has no images, and `Refused` where the data set is missing.

    >>> import time
    >>> from cnnlab.architectures import preset
    >>> from cnnlab.runs import open_store, submit
    >>> from cnnlab.training import Recipe
    >>> run, store = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2)), open_store()
    >>> while store.run(run.id).active:
    ...     time.sleep(0.1)
    >>> table = answers(run, epoch=2)
    >>> bool((table.label == table.answer).mean() == store.run(run.id).test_accuracy)
    True
    >>> answers(run, epoch=3)
    Traceback (most recent call last):
    ...
    cnnlab.runs.run.NotPossible: The answers of epoch 3 are not kept: choose one of 1, 2.
    >>> store.close()
    """
    import pandas as pd

    from cnnlab.runs.store.answers_file import read_answers
    from cnnlab.runs.store.files import answers_file
    from cnnlab.training.answers import LEVELS

    kept = answered_epochs_of(run, folder)
    if not kept:
        raise _no_answers(run)
    wanted = kept[-1] if epoch is None else epoch
    with _readable(run):
        found = read_answers(answers_file(folder or default_folder(), run.id), wanted)
    if not found:
        raise not_kept(wanted, kept)
    given = _of_part(found, part)
    labels = _labels(evaluated_part(run, part), len(given.classes))
    return pd.DataFrame(
        {"label": labels, "answer": given.classes.astype(int), "confidence": given.confidences / LEVELS}
    )


def all_answers(run: Run, *, part: "EvaluatedPart" = "test", folder: Path | None = None) -> EpochAnswers:
    """The answers after every epoch that is kept, read at once. Raises as `answers` does."""
    from cnnlab.runs.store.answers_file import read_all_answers
    from cnnlab.runs.store.files import answers_file

    with _readable(run):
        found = read_all_answers(answers_file(folder or default_folder(), run.id))
    if not found:
        raise _no_answers(run)
    last = found[max(found)]
    evaluated = evaluated_part(run, part)
    labels = _labels(evaluated, len(_of_part(last, part).classes))
    given = {epoch: each[part] for epoch, each in found.items() if part in each}
    # Of a run that was resumed after its set had changed, the first epochs are about other images.
    given = {epoch: each for epoch, each in given.items() if len(each.classes) == len(labels)}
    return EpochAnswers(
        epochs=tuple(given),
        class_names=evaluated.card.classes,
        parts=tuple(last),
        labels=labels,
        answers=np.stack([each.classes for each in given.values()]),
        confidences=np.stack([each.confidences for each in given.values()]),
    )


def answered_epochs_of(run: Run, folder: Path | None = None) -> list[int]:
    """The epochs of the run whose answers are kept. Raises `NotPossible` where they cannot be read."""
    from cnnlab.runs.store.answers_file import answered_epochs
    from cnnlab.runs.store.files import answers_file

    with _readable(run):
        return answered_epochs(answers_file(folder or default_folder(), run.id))


def evaluated_part(run: Run, part: "EvaluatedPart" = "test") -> "PartOfSet":
    """The images that the run was evaluated on, as they are in its data set. Raises `Refused` where that is missing."""
    from cnnlab.data import load
    from cnnlab.data.evaluated import part_of_set

    return part_of_set(load(run.recipe.dataset), run.recipe, part)


def not_kept(epoch: object, kept: "list[int] | tuple[int, ...]") -> NotPossible:
    """The refusal of an epoch without answers."""
    template = "The answers of epoch {epoch} are not kept: choose one of {kept}."
    return NotPossible(Sentence(template, epoch=epoch, kept=", ".join(map(str, kept))))


@contextmanager
def _readable(run: Run) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        template = (
            "The answers of the run {name!r} cannot be read ({reason}): make its folder readable for this user, or"
            " train it again."
        )
        raise NotPossible(Sentence(template, name=run.name, reason=error.strerror)) from error


def _no_answers(run: Run) -> NotPossible:
    template = (
        "The run {name!r} has no answers: it has not finished an epoch, or was trained by a version that kept none."
        " Train it again."
    )
    return NotPossible(Sentence(template, name=run.name))


def _of_part(found: "dict[EvaluatedPart, Answers]", part: "EvaluatedPart") -> "Answers":
    if part not in found:
        template = "The run has no {part} images: choose one of {kept}."
        raise NotPossible(Sentence(template, part=part, kept=", ".join(found)))
    return found[part]


def _labels(part: "PartOfSet", count: int) -> npt.NDArray[np.int64]:
    labels: npt.NDArray[np.int64] = part.labels.numpy()
    if len(labels) != count:
        template = "The run was evaluated on {count} images and the data set has {now}: it was changed since."
        raise NotPossible(Sentence(template, count=count, now=len(labels)))
    return labels
