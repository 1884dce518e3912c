"""Why this answer? A map by each of several methods, each beside the same map of random weights."""

import streamlit as st

from cnnlab.figures.inside.map_colours import ValueRange, coloured, data_url, enlarged, image_picture, range_of
from cnnlab.insight.attribution import Attribution
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS, legend
from cnnlab.ui.components.pictures.pictures import Picture, pictures
from cnnlab.ui.inside.asking import answer_to
from cnnlab.ui.inside.explanations import explanation
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

_TARGET, _TARGET_OF = "inside.target", "inside.target of"
SIDE = 220
"""Of a map on the page, in pixels, where there is room."""


def show_why(subject: Subject) -> None:
    """The class to explain, and a card for each method."""
    place = st.container()
    target = _pick_target(subject)
    other = subject.label if subject.label != target else _runner_up(subject, target)
    title = Sentence("Why {name}, and not {other}?", name=subject.class_name(target), other=subject.class_name(other))
    place.header(plain(title), anchor=False)
    for method in ATTRIBUTION_METHODS:
        with st.container(border=True, key=f"inside.why.{method}"):
            _show_method(subject, method, target)


def _pick_target(subject: Subject) -> int:
    """The class whose score is explained: at first the answer, then the true class, then the others."""
    # Streamlit forgets a widget that is not drawn, as while another view is shown.
    if _TARGET not in st.session_state or st.session_state.get(_TARGET_OF) != subject.key:
        st.session_state[_TARGET], st.session_state[_TARGET_OF] = subject.answer, subject.key
    order = dict.fromkeys([subject.answer, subject.label, *range(len(subject.probabilities))])
    return int(
        st.selectbox(
            "Class to explain",
            [number for number in order if number < len(subject.probabilities)],
            format_func=lambda number: _class_text(subject, number),
            key=_TARGET,
            width=340,
        )
    )


def _class_text(subject: Subject, number: int) -> Sentence:
    template = "{name} ({probability})"
    if number == subject.answer == subject.label:
        template = "{name}, the answer, which is right ({probability})"
    elif number == subject.answer:
        template = "{name}, the answer ({probability})"
    elif number == subject.label:
        template = "{name}, the true class ({probability})"
    probability = share(float(subject.probabilities[number]))
    return Sentence(template, name=subject.class_name(number), probability=probability)


def _runner_up(subject: Subject, target: int) -> int:
    """The most probable class but this one."""
    order = subject.probabilities.argsort(descending=True).tolist()
    return next((int(number) for number in order if number != target), target)


def _show_method(subject: Subject, name: str, target: int) -> None:
    method = ATTRIBUTION_METHODS[name]
    st.subheader(method.title, anchor=False)
    left, right = st.columns([3, 2], gap="medium")
    right.caption(method.explanation)
    with left:
        found = answer_to(explanation(subject, name, target))
        if found is None:
            return
        if found.problem is not None:
            st.info(plain(found.problem), icon=":material/hide_image:")
            return
        pictures(_pictures(subject, name, found), side=SIDE, abreast=3, key=f"inside.why.{name}.maps")
    icon, colour = ("check_circle", "green") if found.depends_on_weights else ("warning", "orange")
    right.markdown(f":{colour}[:material/{icon}:] {plain(found.check)}")
    right.caption(plain(legend(name, subject.class_name(target))))


def _pictures(subject: Subject, name: str, found: Attribution) -> list[Picture]:
    method = ATTRIBUTION_METHODS[name]
    shown = [Picture(data_url(enlarged(image_picture(subject.images[0].numpy()), SIDE)), "The image", "the image")]
    for values, words, caption in (
        (found.values.numpy(), "The map of {title}", "{title}"),
        (found.random_values.numpy(), "The map of {title} with random weights", "the same, random weights"),
    ):
        scale = range_of(values)
        around_0 = ValueRange(-scale.largest, scale.largest) if method.is_signed else ValueRange(0, max(scale.high, 0))
        shown.append(
            Picture(
                data_url(coloured(values, around_0, theme())),
                Sentence(words, title=method.title),
                Sentence(caption, title=method.title.lower() if method.is_signed else method.title),
            )
        )
    return shown
