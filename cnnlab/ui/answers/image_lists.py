"""The images behind the numbers: those of a cell, the most confident mistakes, the forgotten and the never learnt."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from cnnlab.insight.answers.image_lists import (
    DOUBTFUL_CONFIDENCE,
    DOUBTFUL_EPOCHS,
    confident_mistakes,
    images_of_cell,
)
from cnnlab.ui.answers.found import EpochFound, FoundAnswers
from cnnlab.ui.answers.images import show_images
from cnnlab.ui.markdown import verbatim
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

CELL, CONFIDENT, FORGOTTEN, NEVER = "cell", "confident", "forgotten", "never"

_LIST = "answers.list"


def choose_list(name: str) -> None:
    """Shows that list."""
    st.session_state[_LIST] = name


def show_lists(found: FoundAnswers, now: EpochFound, cell: tuple[int, int]) -> None:
    """The lists to choose from, with the number of their images, and the images of the chosen one."""
    given, label, answer = (found.given.labels, now.answers, now.confidences), *cell
    lists: dict[str, npt.NDArray[np.int64]] = {
        CELL: images_of_cell(*given, label=label, answer=answer),
        CONFIDENT: confident_mistakes(*given),
        FORGOTTEN: found.images.forgotten,
        NEVER: found.images.never_learnt,
    }
    titles = {
        CELL: Sentence(
            "{label} recognised" if label == answer else "{label} taken for {answer}",
            label=verbatim(found.names[label]),
            answer=verbatim(found.names[answer]),
        ),
        CONFIDENT: Sentence("Most confident mistakes"),
        FORGOTTEN: Sentence("Learnt and forgotten"),
        NEVER: Sentence("Never learnt"),
    }
    with st.container(border=True):
        st.markdown("### Images")
        st.session_state.setdefault(_LIST, CELL)
        name = st.segmented_control(
            "Which images",
            list(lists),
            format_func=lambda name: Sentence("{title} · {count:,}", title=titles[name], count=len(lists[name])),
            key=_LIST,
            required=True,
            label_visibility="collapsed",
        )
        chosen = name or CELL
        st.caption(_meaning(chosen, found, now, lists[chosen]))
        show_images(found, now, lists[chosen], key="answers.images", about=(chosen, cell))


def _meaning(name: str, found: FoundAnswers, now: EpochFound, images: npt.NDArray[np.int64]) -> Sentence:
    if not len(images):
        return Sentence("No images.")
    epochs = len(found.given.epochs)
    if name == CONFIDENT and now.doubtful:
        return Sentence(
            "Wrong after epoch {epoch}, the most confident first. “Label?”: perhaps the label is wrong, as the last"
            " {count} answers are the same, with a confidence of {confidence} or more, and no less than usual for this"
            " answer.",
            epoch=now.epoch,
            count=DOUBTFUL_EPOCHS,
            confidence=share(DOUBTFUL_CONFIDENCE),
        )
    templates = {
        CELL: "The answers after epoch {epoch}, the most confident first.",
        CONFIDENT: "Wrong after epoch {epoch}, the most confident first.",
        FORGOTTEN: "Right after one of the {epochs} epochs, and wrong after the last one.",
        NEVER: "Wrong after each of the {epochs} epochs.",
    }
    return Sentence(templates[name], epoch=now.epoch, epochs=epochs)
