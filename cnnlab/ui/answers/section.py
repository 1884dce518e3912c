"""What did it learn? The answers of a run over its epochs: the matrix, when pairs were learnt, and the images."""

from collections.abc import Callable
from functools import lru_cache

import streamlit as st

from cnnlab.figures.answers.matrix import MAX_CLASSES, confusion_matrix
from cnnlab.figures.answers.pairs import LearntPair, describe_learnt, describe_pairs, learnt_strip, pair_bars
from cnnlab.figures.palette import Theme
from cnnlab.insight.answers.over_epochs import LEARNT_SHARE
from cnnlab.runs import NotPossible, Run, Store, StoreUnavailable, UnknownRun
from cnnlab.runs.results.answers import not_kept
from cnnlab.spec import Refused
from cnnlab.ui.answers.class_table import show_class_table
from cnnlab.ui.answers.found import MAX_DRAWN, EpochFound, FoundAnswers, epoch_found, found_answers
from cnnlab.ui.answers.image_lists import choose_cell, show_lists
from cnnlab.ui.answers.two_runs import Others, show_two_runs
from cnnlab.ui.answers.view import PARTS, AnswersView, change_view, put_view, view_of
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.components.ribbon.ribbon import ribbon_view
from cnnlab.ui.components.sliders.sliders import Change, SliderRow, sliders
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

TICK_SECONDS = 3.0
"""How often the answers of an active run are read again."""

MOST_STRIPS = 8
"""The pairs of which it is shown when they were learnt."""


def show_answers(store: Store, run: Run, others: Others) -> None:
    """The section for `run`; `others` can be compared with it."""
    with st.container(key="runs.answers"):
        st.header("What did it learn?", anchor=False)
        st.fragment(_draw, run_every=TICK_SECONDS if run.active else None)(store, run.id, others)


def _draw(store: Store, run_id: str, others: Others) -> None:
    try:
        run, view = store.run(run_id), view_of(run_id)
        put_view(run_id)
        problems = list(view.problems)
        with st.spinner(Sentence("Reading the images …")):
            found = _found(run, view, problems)
        epoch = _epoch(found, view, problems)
        now = epoch_found(found, epoch)
        cell = _cell(found, now, view, problems)
        for problem in problems:
            st.warning(plain(problem), icon=":material/link_off:")
        st.markdown(f"**{plain(now.confusion.sentence(found.names))}**")
        st.caption(
            Sentence(
                "After epoch {epoch} of {epochs}, on {count:,} {part} images.",
                epoch=epoch,
                epochs=run.recipe.epochs,
                count=len(now.answers),
                part=found.key[1],
            )
        )
        _pick_epoch(found, epoch)
        _show_matrix(found, now, cell)
        show_lists(found, now, cell)
        show_class_table(found, now)
        show_two_runs(store, run, found, now, others, view.against)
    except UnknownRun:
        st.rerun()  # it was deleted permanently since: the page says so
    except NotPossible as problem:
        waiting = Sentence("What it learnt is shown here after its first epoch.")
        st.caption(waiting if store.run(run_id).active else plain(str(problem)))
    except (Refused, StoreUnavailable) as problem:
        st.info(plain(str(problem)), icon=":material/info:")


def _found(run: Run, view: AnswersView, problems: list[Sentence]) -> FoundAnswers:
    try:
        return found_answers(run, view.part)
    except NotPossible as problem:
        if view.part == PARTS[0]:
            raise
        problems.append(problem.sentence)
        return found_answers(run, PARTS[0])


def _epoch(found: FoundAnswers, view: AnswersView, problems: list[Sentence]) -> int:
    epochs = found.given.epochs
    if view.epoch is None or view.epoch in epochs:
        return view.epoch or epochs[-1]
    problems.append(not_kept(view.epoch, epochs).sentence)
    return epochs[-1]


def _cell(found: FoundAnswers, now: EpochFound, view: AnswersView, problems: list[Sentence]) -> tuple[int, int]:
    """The chosen cell, or that of the largest mistake."""
    count = len(found.names)
    if view.cell is not None:
        if max(view.cell) < count:
            return view.cell
        problems.append(
            Sentence(
                "`cell` must be two classes from 0 to {last}, and it is {cell}: the largest mistake is shown.",
                last=count - 1,
                cell=",".join(map(str, view.cell)),
            )
        )
    largest = now.confusion.largest
    return (largest[0].label, largest[0].answer) if largest else (0, 0)


def _pick_epoch(found: FoundAnswers, epoch: int) -> None:
    epochs, parts = found.given.epochs, found.given.parts
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if len(epochs) > 1:
            with st.container(width=360):
                sliders([_slider(epochs, epoch)], key="answers.epoch", is_live=True, take={"epoch": _take(epochs)})
        if len(parts) > 1:
            st.session_state["answers.part"] = found.key[1]
            st.segmented_control(
                "Images",
                PARTS,
                format_func=lambda part: part.capitalize(),
                required=True,
                key="answers.part",
                on_change=lambda: change_view(part=st.session_state["answers.part"]),
                width="content",
            )


def _slider(epochs: tuple[int, ...], epoch: int) -> SliderRow:
    is_every = len(epochs) == epochs[-1] - epochs[0] + 1
    return SliderRow(
        key="epoch",
        title="Epoch",
        help="The answers at the end of this epoch. Drag it to see how the mistakes went.",
        value=epoch,
        usual=epochs[-1],
        low=epochs[0],
        high=epochs[-1],
        step=1,
        stops=() if is_every else tuple(map(float, epochs)),
        limits=(epochs[0], epochs[-1]),
    )


def _take(epochs: tuple[int, ...]) -> Callable[[Change], None]:
    def take(change: Change) -> None:
        """The nearest epoch that is kept; the last one is followed as the run goes on."""
        wanted = epochs[-1] if change is None or isinstance(change, str) else change
        nearest = min(epochs, key=lambda epoch: abs(epoch - wanted))
        change_view(epoch=None if nearest == epochs[-1] else nearest)

    return take


def _show_matrix(found: FoundAnswers, now: EpochFound, cell: tuple[int, int]) -> None:
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown(Sentence("### Confusion after epoch {epoch}", epoch=now.epoch))
        if len(found.names) <= MAX_CLASSES:
            ribbon_view(_drawn(now, found.names, theme(), cell), key="answers.matrix", choose=choose_cell)
            st.caption("Rows are what the images show, columns the answers. A cell shows its images below.")
        elif now.confusion.pairs:
            pairs = [(found.names[p.label], found.names[p.answer], p.count) for p in now.confusion.pairs]
            live_chart(pair_bars(pairs, theme=theme()), alt=describe_pairs(pairs), key="answers.pairs")
    with right, st.container(border=True):
        st.markdown("### When was it learnt?")
        _show_strip(found, now.epoch)


@lru_cache(maxsize=MAX_DRAWN)
def _drawn(now: EpochFound, names: tuple[str, ...], theme: Theme, cell: tuple[int, int]) -> str:
    return confusion_matrix(now.confusion.matrix, names, theme=theme, selected=cell)


def _show_strip(found: FoundAnswers, epoch: int) -> None:
    shown = [
        LearntPair(first=found.names[pair.first], second=found.names[pair.second], learnt_at=pair.learnt_at)
        for pair in found.pairs[:MOST_STRIPS]
    ]
    if shown:
        figure, narrow = (
            learnt_strip(shown, found.given.epochs, theme=theme(), epoch=epoch, is_narrow=is_narrow)
            for is_narrow in (False, True)
        )
        live_chart(figure, alt=describe_learnt(shown), key="answers.strip", narrow=narrow)
    st.caption(
        Sentence(
            "Green: from this epoch on, less than {share} of the two classes’ images are confused, to the end. These"
            " pairs were confused most; the dotted line is the epoch of the matrix. Over all epochs, {forgotten:,}"
            " images were learnt and forgotten, and {never:,} were never learnt.",
            share=share(LEARNT_SHARE),
            forgotten=len(found.images.forgotten),
            never=len(found.images.never_learnt),
        )
    )
