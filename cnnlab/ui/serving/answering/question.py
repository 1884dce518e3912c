"""What a request asks: which runs, about which image. Everything in it is checked before it is used."""

from dataclasses import dataclass

import numpy as np
from starlette.datastructures import Headers, QueryParams
from torch import Tensor, from_numpy

from cnnlab.data.adapted import grey
from cnnlab.data.cards import DatasetCard
from cnnlab.data.drawn import Drawing, as_drawn, can_be_drawn, light_on_dark, prepared
from cnnlab.data.importing.pictures import FORMATS, read_picture
from cnnlab.ui.serving.answering.asked_runs import Which
from cnnlab.words.errors import SentenceError
from cnnlab.words.reading import LARGEST, read_number
from cnnlab.words.sentence import Sentence

MAX_RUNS = 6
"""Runs that are asked together."""

MAX_SIDE = 256
"""Of a drawing, in pixels."""

MAX_DRAWING = MAX_SIDE**2
"""Bytes of a drawing."""

MAX_BODY = 10 * 10**6
"""Bytes of an image file: a photo of a phone has fewer."""

DRAWING_TYPE = "application/octet-stream"
"""The type of a drawing: its bytes, row by row, from 0, the ground, to 255, the ink; one for each pixel."""

_FILE_SIDE = 112
"""The side, in pixels, in which a file is taken for a drawing."""


class WrongQuestion(SentenceError):
    """The request cannot be answered as it is; `status` is that of the HTTP answer."""

    def __init__(self, sentence: Sentence, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Question:
    """The ids of the runs, after which epoch they are asked, and what the image is.

    It is a file, or a drawing of `height` x `width` bytes, which is prepared as the images of the set are if
    `is_centred`.
    """

    run_ids: tuple[str, ...]
    which: Which
    is_centred: bool
    is_drawing: bool
    height: int = 0
    width: int = 0

    @property
    def max_bytes(self) -> int:
        """What the image may take, at most."""
        return self.height * self.width if self.is_drawing else MAX_BODY


def question_in(query: QueryParams, headers: Headers) -> Question:
    """The question of a request, without the image in its body. Raises `WrongQuestion`."""
    run_ids = tuple(dict.fromkeys(filter(None, query.get("run", "").split(","))))
    if not 1 <= len(run_ids) <= MAX_RUNS:
        raise WrongQuestion(
            Sentence(
                "`run` must name 1 to {limit} runs, and it names {value}: leave some out, or add one.",
                limit=MAX_RUNS,
                value=len(run_ids),
            )
        )
    written = query.get("epoch", "")
    which: Which = "all" if written == "all" else _number("epoch", written, 0, LARGEST) if written else "last"
    how = query.get("prepare", "centre")
    if how not in ("centre", "none"):
        raise WrongQuestion(
            Sentence("`prepare` must be centre or none, and it is {value!r}: use one of them.", value=how)
        )
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_drawing = kind == DRAWING_TYPE
    if not is_drawing and not kind.startswith("image/"):
        raise WrongQuestion(
            Sentence(
                "The content type must be {drawing} for a drawing or that of an image, and it is {value!r}: send one of"
                " {formats}.",
                drawing=DRAWING_TYPE,
                value=kind,
                formats=", ".join(FORMATS),
            ),
            415,
        )
    sides = (
        {name: _number(name, query.get(name, ""), 1, MAX_SIDE) for name in ("height", "width")} if is_drawing else {}
    )
    return Question(run_ids, which, how == "centre", is_drawing, **sides)


def check_length(question: Question, length: int, *, is_whole: bool) -> None:
    """Raises `WrongQuestion` if a body of `length` bytes, or one that begins with so many, is not its image."""
    if length > question.max_bytes:
        raise WrongQuestion(
            Sentence(
                "The image may have {limit:,} bytes, and it has {value:,} or more: send a smaller one.",
                limit=question.max_bytes,
                value=length,
            ),
            413,
        )
    if is_whole and question.is_drawing and length != question.max_bytes:
        raise WrongQuestion(
            Sentence(
                "A drawing of {height} x {width} pixels has {expected:,} bytes, and this one has {value:,}: send one"
                " byte for each pixel.",
                height=question.height,
                width=question.width,
                expected=question.max_bytes,
                value=length,
            )
        )


def image_for(card: DatasetCard, question: Question, content: bytes) -> Tensor | None:
    """The image as those of the set are, uint8 (C, side, side); None if nothing is drawn.

    Raises `WrongQuestion` if the images of the set cannot be drawn, and `Refused` if the file is no image.
    """
    if question.is_drawing and not can_be_drawn(card):
        raise WrongQuestion(
            Sentence("The images of {title} cannot be drawn: choose a photo or a file.", title=card.title)
        )
    if not can_be_drawn(card):
        pixels, _ = read_picture(content, card.side, "The file")
        colours = from_numpy(np.array(pixels)).permute(2, 0, 1)
        return colours if card.in_channels == len(colours) else grey(colours[None])[0]
    drawing = _drawing(question, content)
    return prepared(drawing, card) if question.is_centred else as_drawn(drawing, card)


def _drawing(question: Question, content: bytes) -> Drawing:
    if question.is_drawing:
        return np.frombuffer(content, np.uint8).reshape(question.height, question.width)
    pixels, _ = read_picture(content, _FILE_SIDE, "The file")
    return light_on_dark(grey(from_numpy(np.array(pixels)).permute(2, 0, 1)[None])[0, 0].numpy())


def _number(name: str, text: str, least: int, most: int) -> int:
    number = read_number(text, least, most)
    if number is None:
        raise WrongQuestion(
            Sentence(
                "`{name}` must be a whole number from {least:,} to {most:,}, and it is {value!r}: use one of them.",
                name=name,
                least=least,
                most=most,
                value=text,
            )
        )
    return number
