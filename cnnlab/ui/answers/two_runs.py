"""Two runs on the same images: where they differ, by how much more than chance, and on which images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from cnnlab.figures.answers.matrix import MAX_CLASSES, difference_matrix
from cnnlab.figures.palette import Theme
from cnnlab.insight.answers.image_lists import OneRight, one_right
from cnnlab.insight.answers.mcnemar import McNemar, mcnemar
from cnnlab.runs import NotPossible, Run, Store, UnknownRun
from cnnlab.runs.comparing import on_the_same_images
from cnnlab.ui.answers.found import MAX_DRAWN, EpochFound, FoundAnswers, epoch_found, found_answers
from cnnlab.ui.answers.images import show_images
from cnnlab.ui.answers.view import change_view
from cnnlab.ui.components.ribbon.ribbon import ribbon_view
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.sentence import Sentence

_KEY, _ALONE = "answers.against", "answers.alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The names of the runs that can be compared with one, by their ids, and the id of the one that is compared.

    It is None where nobody has chosen one.
    """

    names: Mapping[str, str]
    usual: str | None


def others_of(run: Run, known: Sequence[Run], shown: Sequence[str]) -> Others:
    """The `known` runs on the same images with an epoch behind them; the first `shown` one of them is the usual one."""
    same = on_the_same_images(run, known)
    names = {other.id: other.name for other in same if other.id != run.id and other.epoch > 0}
    return Others(names=names, usual=next((run_id for run_id in shown if run_id in names), None))


def show_two_runs(
    store: Store, run: Run, found: FoundAnswers, now: EpochFound, others: Others, against: str | None
) -> None:
    """The run beside another one, which is chosen from `others`, where there are any."""
    names = others.names
    if against is not None and against not in names:
        st.warning(plain(_refused(store, run, against)), icon=":material/link_off:")
    if not names:
        return
    chosen = against if against in names else others.usual
    with st.container(border=True):
        st.markdown("### Two runs")
        st.session_state[_KEY] = chosen
        st.selectbox(
            "Compare with",
            list(names),
            index=None,
            format_func=lambda other: names.get(other, other),
            placeholder="Another run on the same images",
            key=_KEY,
            on_change=lambda: change_view(against=st.session_state[_KEY]),
        )
        if chosen is None:
            return
        try:
            second = found_answers(store.run(chosen), found.key[1])
        except NotPossible as problem:
            st.caption(plain(str(problem)))
            return
        epoch = now.epoch if now.epoch in second.given.epochs and now.epoch != found.given.epochs[-1] else None
        _show(run.name, found, now, names[chosen], second, epoch_found(second, epoch or second.given.epochs[-1]))


def _refused(store: Store, run: Run, against: str) -> Sentence:
    try:
        name = store.run(against).name
    except UnknownRun as problem:
        return problem.sentence
    return Sentence(
        "`against` must be another run on the same images as {run!r}, and it is {name!r}: choose one of the list.",
        run=run.name,
        name=name,
    )


def _show(
    first_name: str, found: FoundAnswers, now: EpochFound, name: str, second: FoundAnswers, other: EpochFound
) -> None:
    result, _ = _compared(now, other)
    st.markdown(plain(result.sentence(a=Sentence("A ({name})", name=first_name), b=Sentence("B ({name})", name=name))))
    st.caption(
        Sentence(
            "A after epoch {first}, B after epoch {second}. Both are right on {both:,} images, neither on {neither:,}.",
            first=now.epoch,
            second=other.epoch,
            both=result.num_both,
            neither=result.num_neither,
        )
    )
    if len(found.names) > MAX_CLASSES or found.names != second.names:
        _show_alone(found, now, second, other)
        return
    left, right = st.columns(2)
    with left:
        ribbon_view(_drawn(now, other, found.names, theme()), key="answers.difference")
        st.caption("B’s count less A’s. A cell has the colour of the run that is better there: A blue, B orange.")
    with right:
        _show_alone(found, now, second, other)


@lru_cache(maxsize=MAX_DRAWN)
def _drawn(now: EpochFound, other: EpochFound, names: tuple[str, ...], theme: Theme) -> str:
    return difference_matrix(now.confusion.matrix, other.confusion.matrix, names, theme=theme)


@lru_cache(maxsize=MAX_DRAWN)
def _compared(now: EpochFound, other: EpochFound) -> tuple[McNemar, OneRight]:
    return mcnemar(now.labels, now.answers, other.answers), one_right(
        now.labels, now.answers, other.answers, confidences_a=now.confidences, confidences_b=other.confidences
    )


def _show_alone(found: FoundAnswers, now: EpochFound, second: FoundAnswers, other: EpochFound) -> None:
    """The images that one of them alone has right, with what the other one answered."""
    _, alone = _compared(now, other)
    lists = {"a": alone.only_a, "b": alone.only_b}
    titles = {"a": Sentence("A right, B wrong"), "b": Sentence("B right, A wrong")}
    st.session_state.setdefault(_ALONE, "a" if len(alone.only_a) else "b")
    which = st.segmented_control(
        "Images on which they differ",
        list(lists),
        format_func=lambda name: Sentence("{title} · {count:,}", title=titles[name], count=len(lists[name])),
        key=_ALONE,
        required=True,
    )
    chosen = which or "a"
    st.caption(
        Sentence(
            "The answers of {letter}, which is wrong, the most confident first.", letter="B" if chosen == "a" else "A"
        )
    )
    wrong = (second, other) if chosen == "a" else (found, now)
    show_images(*wrong, lists[chosen], key="answers.differing", about=(chosen, second.key))
