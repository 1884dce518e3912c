"""The images behind the numbers: those of a cell, the most confident mistakes, the forgotten and the never learnt."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from cnnlab.insight.answers.image_lists import confident_mistakes, images_of_cell
from cnnlab.ui.answers.found import EpochFound, FoundAnswers
from cnnlab.ui.answers.images import show_images
from cnnlab.ui.answers.view import change_view
from cnnlab.ui.markdown import verbatim
from cnnlab.words.sentence import Sentence

CELL, CONFIDENT, FORGOTTEN, NEVER, LEARNT = "cell", "confident", "forgotten", "never", "learnt"

_LIST = "answers.list"


def choose_cell(path: str) -> None:
    """Shows the images of a cell, which is written as in the address."""
    label, answer = path.split(",")
    change_view(cell=(int(label), int(answer)))
    st.session_state[_LIST] = CELL


def show_lists(found: FoundAnswers, now: EpochFound, cell: tuple[int, int]) -> None:
    """The lists to choose from, with the number of their images, and the images of the chosen one."""
    given, label, answer = (found.given.labels, now.answers, now.confidences), *cell
    lists: dict[str, npt.NDArray[np.int64]] = {
        CELL: images_of_cell(*given, label=label, answer=answer),
        CONFIDENT: confident_mistakes(*given),
        FORGOTTEN: found.images.forgotten,
        NEVER: found.images.never_learnt,
        LEARNT: found.images.learnt,
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
        LEARNT: Sentence("Learnt"),
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
        if chosen == CELL:
            _pick_confusion(found, now, cell)
        st.caption(_meaning(chosen, found, now, lists[chosen]))
        show_images(found, now, lists[chosen], key="answers.images", about=(chosen, cell))


def _meaning(name: str, found: FoundAnswers, now: EpochFound, images: npt.NDArray[np.int64]) -> Sentence:
    if not len(images):
        return Sentence("No images.")
    epochs = len(found.given.epochs)
    templates = {
        CELL: "The answers after epoch {epoch}, the most confident first.",
        CONFIDENT: "Wrong after epoch {epoch}, the most confident first.",
        FORGOTTEN: "Right after one of the {epochs} epochs, and wrong after the last one.",
        NEVER: "Wrong after each of the {epochs} epochs.",
        LEARNT: "Right from some epoch on to the last one; those that were learnt last come first.",
    }
    return Sentence(templates[name], epoch=now.epoch, epochs=epochs)


def _pick_confusion(found: FoundAnswers, now: EpochFound, cell: tuple[int, int]) -> None:
    """The largest confusions as buttons: for the keyboard, for thumbs, and where there are too many classes."""
    words = {
        f"{pair.label},{pair.answer}": Sentence(
            "{label} → {answer} · {count:,}",
            label=verbatim(found.names[pair.label]),
            answer=verbatim(found.names[pair.answer]),
            count=pair.count,
        )
        for pair in now.confusion.largest
    }
    if not words:
        return
    key, chosen = "answers.largest", ",".join(map(str, cell))
    st.session_state[key] = chosen if chosen in words else None
    st.pills(
        "Largest confusions",
        list(words),
        format_func=lambda path: words.get(path, path),
        key=key,
        on_change=lambda: choose_cell(st.session_state[key] or chosen),
        wrap=True,
    )
