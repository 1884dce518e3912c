"""Images of a run with its answers, a view at a time; one that is chosen opens on the Inside page."""

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt
import streamlit as st

from cnnlab.insight.answers.image_lists import DOUBTFUL_CONFIDENCE, DOUBTFUL_EPOCHS
from cnnlab.ui.answers.found import EpochFound, FoundAnswers
from cnnlab.ui.answers.pictures import sprite_of
from cnnlab.ui.components.gallery.gallery import GalleryImage, gallery
from cnnlab.ui.paths import INSIDE
from cnnlab.ui.state.inside import inside_parameters
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

AT_A_TIME = 30
"""Images that are shown at the same time."""


def show_images(
    found: FoundAnswers,
    now: EpochFound,
    numbers: npt.NDArray[np.int64],
    *,
    key: str,
    about: Hashable,
) -> None:
    """The images of those `numbers`, in their order; another list, `about` something else, is shown from its begin."""
    if not len(numbers):
        return
    run_id, part, *_ = found.key
    begin = _begin(key, (run_id, part, about), len(numbers))
    shown = tuple(numbers[begin : begin + AT_A_TIME].tolist())
    can_open = part == "test"  # Inside has the test images alone
    opened = gallery(
        sprite_of((run_id, part, shown)),
        [_image(number, found, now, can_open=can_open) for number in shown],
        can_open=can_open,
        key=f"{key}.gallery",
    )
    if now.doubtful.intersection(shown):
        st.caption(_doubt())
    if len(numbers) > AT_A_TIME:
        _pick_view(key, begin, len(numbers))
    if opened in shown:
        st.switch_page(INSIDE, query_params=inside_parameters(run_id, epoch=now.epoch, image=opened))


def _doubt() -> Sentence:
    return Sentence(
        "“label?”: perhaps the label is wrong. The answers after the last {count} epochs are the same, and the last one"
        " has a confidence of {confidence} or more, and no less than where this answer is usually right.",
        count=DOUBTFUL_EPOCHS,
        confidence=share(DOUBTFUL_CONFIDENCE),
    )


def _begin(key: str, about: Hashable, count: int) -> int:
    state = f"{key}.begin"
    known, begin = st.session_state.get(state, (None, 0))
    if known != about or begin >= count:
        begin = 0
    st.session_state[state] = (about, begin)
    return int(begin)


def _pick_view(key: str, begin: int, count: int) -> None:
    def move(step: int) -> None:
        about, known = st.session_state[f"{key}.begin"]
        st.session_state[f"{key}.begin"] = (about, max(known + step, 0))

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, icon, step, is_possible in (
            ("Previous", "chevron_left", -AT_A_TIME, begin > 0),
            ("Show more", "chevron_right", AT_A_TIME, begin + AT_A_TIME < count),
        ):
            st.button(
                name,
                icon=f":material/{icon}:",
                key=f"{key}.{'less' if step < 0 else 'more'}",
                disabled=not is_possible,
                on_click=move,
                args=(step,),
            )
        last = min(begin + AT_A_TIME, count)
        st.caption(Sentence("{first:,} to {last:,} of {count:,}", first=begin + 1, last=last, count=count))


def _image(number: int, found: FoundAnswers, now: EpochFound, *, can_open: bool) -> GalleryImage:
    label, answer = int(found.given.labels[number]), int(now.answers[number])
    confidence = share(float(now.confidences[number]))
    name = Sentence(
        "Look inside at image {number}: {label}, answered {answer} with a confidence of {confidence}"
        if can_open
        else "Image {number}: {label}, answered {answer} with a confidence of {confidence}",
        number=number,
        label=found.names[label],
        answer=found.names[answer],
        confidence=confidence,
    )
    return GalleryImage(
        number=number,
        before=f"{found.names[label]} → ",
        answer=found.names[answer],
        note=confidence,
        name=name,
        is_wrong=label != answer,
        tag=Sentence("label?") if number in now.doubtful else "",
    )
