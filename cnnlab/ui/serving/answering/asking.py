"""From a question and an image to the networks that are asked, and what each of them gets as its input."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from cnnlab.runs import NotPossible, UnknownRun
from cnnlab.spec import Refused
from cnnlab.training.checkpoint import DamagedCheckpoint
from cnnlab.ui.serving.answering.asked_runs import AskedRun, asked_run, chosen_epochs, is_ready, network_of
from cnnlab.ui.serving.answering.batches import TooSlow
from cnnlab.ui.serving.answering.question import Question, image_for
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence

MAX_SEEN = 64
"""The side of the largest image that is sent back; of a larger one, that of the data set."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One network with its input, (1, C, H, W), which shows one of `num_classes`.

    `seen` is the image as the network gets it, uint8 (C, H, W), or None where it is not sent back.
    """

    run_id: str
    epoch: int
    network: nn.Module
    image: Tensor
    num_classes: int
    seen: Tensor | None = None


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Why a run is not asked, while others are."""

    run_id: str
    sentence: Sentence


def is_quick(question: Question) -> bool:
    """Whether `networks_asked` takes about a millisecond: nothing is read, and no file is decoded."""
    return question.is_drawing and all(is_ready(run_id, question.which) for run_id in question.run_ids)


def networks_asked(question: Question, content: bytes, *, again: bool) -> list[Asked | NotAsked]:
    """The networks in the order of the question, the first with what it sees; none if nothing is drawn.

    The runs are looked up `again`, or as they are known.
    Raises `WrongQuestion`, `Refused` and `StoreUnavailable`.
    """
    found: list[Asked | NotAsked] = []
    images: dict[str, Tensor | None] = {}  # runs of one set see the same image
    for run_id in question.run_ids:
        try:
            asked = asked_run(run_id, again=again)
        except (NotPossible, UnknownRun, TooSlow, Refused) as problem:
            found.append(NotAsked(run_id, _sentence(problem)))
            continue
        card = asked.adapted.card
        if card.name not in images:
            images[card.name] = image_for(card, question, content)
        image = images[card.name]
        if image is None:
            return []
        try:
            found += _of_run(asked, image, question)
        except (NotPossible, UnknownRun, DamagedCheckpoint) as problem:
            found.append(NotAsked(run_id, _sentence(problem)))
    first, *others = found
    return [first, *(replace(other, seen=None) if isinstance(other, Asked) else other for other in others)]


def _sentence(problem: ValueError) -> Sentence:
    return problem.sentence if isinstance(problem, SentenceError) else Sentence.verbatim(str(problem))


def _of_run(asked: AskedRun, image: Tensor, question: Question) -> list[Asked]:
    adapted, run = asked.adapted, asked.run
    kept = adapted.as_kept(image)
    given = adapted.batch(kept, torch.zeros(1, dtype=torch.int64))
    seen = kept[0] if adapted.image_size <= MAX_SEEN else image
    epochs = chosen_epochs(asked.epochs, question.which)
    num_classes = adapted.card.num_classes
    return [Asked(run.id, epoch, network_of(run.id, epoch), given, num_classes, seen) for epoch in epochs]
