"""What the answers of runs say, worked out once for all visitors."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cnnlab.bounded_cache import bounded_cache
from cnnlab.insight.answers.confusion import Confusion, confusion
from cnnlab.insight.answers.image_lists import doubtful_labels
from cnnlab.insight.answers.over_epochs import ImagesOverEpochs, PairOverEpochs, images_over_epochs, pairs_over_epochs
from cnnlab.runs import Run
from cnnlab.runs.results.answers import EpochAnswers, all_answers, answered_epochs_of
from cnnlab.training.answers import LEVELS, EvaluatedPart
from cnnlab.ui.state.store import run_store
from cnnlab.words.sentence import Sentence

MAX_BYTES = 128 * 2**20
"""The answers that are kept in memory, and as much of what is worked out from them."""

MAX_DRAWN = 64
"""Drawings of each kind that are kept for all visitors."""

Key = tuple[str, EvaluatedPart, int, int]
"""A run by its id, a part, and the number of epochs whose answers are kept with the last of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundAnswers:
    """The answers of a run over its epochs, and what became of images and of pairs of classes.

    Answers that are no class of the data set are one class more, the last of the `names`.
    """

    key: Key
    given: EpochAnswers = field(repr=False)
    answers: npt.NDArray[np.unsignedinteger] = field(repr=False)
    names: tuple[str, ...]
    images: ImagesOverEpochs
    pairs: tuple[PairOverEpochs, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochFound:
    """The answers (N,) after one epoch to images of the classes `labels` (N,), and what they say.

    `confidences` (N,) are those of the answers, from 0 to 1, and `doubtful` the numbers of the images whose label is
    perhaps wrong. It equals only itself, so that it is a quick key of what is drawn of it.
    """

    epoch: int
    labels: npt.NDArray[np.int64] = field(repr=False)
    answers: npt.NDArray[np.unsignedinteger] = field(repr=False)
    confidences: npt.NDArray[np.float64] = field(repr=False)
    confusion: Confusion
    doubtful: frozenset[int]


def found_answers(run: Run, part: EvaluatedPart) -> FoundAnswers:
    """The answers that are kept now. Raises `NotPossible` where there are none, and `Refused` without the data set."""
    kept = answered_epochs_of(run, run_store().folder)
    return _found((run.id, part, len(kept), kept[-1] if kept else 0))


@bounded_cache(size=lambda found: 2 * found.answers.nbytes + found.given.labels.nbytes, limit=MAX_BYTES)
def _found(key: Key) -> FoundAnswers:
    run_id, part, *_ = key
    store = run_store()
    given = all_answers(store.run(run_id), part=part, folder=store.folder)
    num_classes = len(given.class_names)
    has_others = int(given.answers.max()) >= num_classes
    answers = np.minimum(given.answers, num_classes) if has_others else given.answers
    return FoundAnswers(
        key=key,
        given=given,
        answers=answers,
        names=(*given.class_names, *([Sentence("other")] if has_others else [])),
        images=images_over_epochs(given.labels, answers),
        pairs=pairs_over_epochs(given.labels, answers, given.epochs, num_classes + has_others),
    )


def epoch_found(found: FoundAnswers, epoch: int) -> EpochFound:
    """What the answers after that epoch, one of those that are kept, say."""
    return _epoch_found((found.key, epoch))


@bounded_cache(
    size=lambda found: found.confusion.matrix.nbytes + found.answers.nbytes + found.confidences.nbytes, limit=MAX_BYTES
)
def _epoch_found(key: tuple[Key, int]) -> EpochFound:
    of_run, epoch = key
    found = _found(of_run)
    given, row = found.given, found.given.epochs.index(epoch)
    confidences = given.confidences[: row + 1] / LEVELS
    return EpochFound(
        epoch=epoch,
        labels=given.labels,
        answers=found.answers[row].copy(),  # a view would keep all epochs in memory
        confidences=confidences[row].copy(),
        confusion=confusion(given.labels, found.answers[row], max(len(found.names), 2)),
        doubtful=frozenset(doubtful_labels(given.labels, found.answers[: row + 1], confidences).tolist()),
    )
