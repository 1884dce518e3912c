"""What do the networks of the shown runs answer to a drawing, or to a photo?"""

import streamlit as st

from cnnlab.data import card
from cnnlab.data.drawn import can_be_drawn
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, ink_on
from cnnlab.runs import Run, Store
from cnnlab.runs.labels import labels
from cnnlab.spec import Refused
from cnnlab.ui.components.drawing_pad.drawing_pad import PadRun, drawing_pad
from cnnlab.ui.serving.answering.question import MAX_RUNS
from cnnlab.ui.serving.answering.route import access
from cnnlab.ui.visitors.visitor import theme


def show_drawing(store: Store, shown: tuple[str, ...]) -> None:
    """The pad with the answers of the first of the runs, and of those beside it that know the same classes."""
    runs = [store.run(run_id) for run_id in shown]
    try:
        first = card(runs[0].recipe.dataset)
    except Refused:
        return  # the images are gone, which the page says where it is needed
    drawn = can_be_drawn(first)
    st.header("Draw it" if drawn else "Show it a photo", anchor=False)
    asked = [run for run in runs if _classes(run) == first.classes][:MAX_RUNS]
    drawing_pad(_entries(asked, first.classes), access(), can_draw=drawn, theme=theme(), key="runs.pad")


def _classes(run: Run) -> tuple[str, ...]:
    try:
        return card(run.recipe.dataset).classes
    except Refused:
        return ()


def _entries(runs: list[Run], classes: tuple[str, ...]) -> list[PadRun]:
    colours = ENTRY_COLOURS[theme()]
    names = labels([[run] for run in runs])
    return [
        PadRun(
            id=run.id,
            name=name,
            classes=classes,
            colour=colour,
            ink=ink_on(colour),
            letter=letter if len(runs) > 1 else "",
        )
        for run, name, letter, colour in zip(runs, names, ENTRY_LETTERS, colours, strict=False)
    ]
