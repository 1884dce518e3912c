"""What do the networks of the shown runs answer to a drawing, or to a photo?"""

import streamlit as st

from cnnlab.data import DatasetCard, card
from cnnlab.data.drawn import can_be_drawn
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, ink_on
from cnnlab.runs import Run, Store
from cnnlab.runs.comparing import grouped
from cnnlab.runs.labels import labels
from cnnlab.spec import Refused
from cnnlab.ui.components.drawing_pad.drawing_pad import PadRun, drawing_pad
from cnnlab.ui.markdown import plain
from cnnlab.ui.serving.answering.question import MAX_RUNS
from cnnlab.ui.serving.answering.route import access
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.sentence import Sentence


def show_drawing(store: Store, shown: tuple[str, ...]) -> None:
    """The pad with the answers of the first of the runs, and of those beside it that know the same classes."""
    runs = [store.run(run_id) for run_id in shown]
    first = _card(runs[0])
    if first is None:
        return  # the images are gone, which the page says where they are needed
    drawn = can_be_drawn(first)
    st.header("Draw it" if drawn else "Show it a photo", anchor=False)
    entries = [entry for run, entry in _entries(runs) if _classes(run) == first.classes][:MAX_RUNS]
    drawing_pad(entries, access(), can_draw=drawn, theme=theme(), key="runs.pad")
    if len(entries) < len(runs):
        template = "{count} of the {total} runs answer: the first {limit} that know the classes of {name}."
        caption = Sentence(template, count=len(entries), total=len(runs), limit=MAX_RUNS, name=runs[0].name)
        st.caption(plain(caption))


def _card(run: Run) -> DatasetCard | None:
    try:
        return card(run.recipe.dataset)
    except Refused:
        return None


def _classes(run: Run) -> tuple[str, ...]:
    found = _card(run)
    return () if found is None else found.classes


def _entries(runs: list[Run]) -> list[tuple[Run, PadRun]]:
    """The runs with the letters and the colours that they have in the charts, where seeds share one."""
    groups, colours = grouped(runs), ENTRY_COLOURS[theme()]
    return [
        (
            run,
            PadRun(
                id=run.id,
                name=name if len(group) == 1 else run.name,
                classes=_classes(run),
                colour=colour,
                ink=ink_on(colour),
                letter=letter if len(runs) > 1 else "",
            ),
        )
        for group, name, letter, colour in zip(groups, labels(groups), ENTRY_LETTERS, colours, strict=False)
        for run in group
    ]
