"""The status of a run: its name and state, its progress or why it ended, and its four main numbers."""

import streamlit as st

from cnnlab.architectures import name_of
from cnnlab.data import title_of
from cnnlab.runs import Curve, Run, RunState, Store
from cnnlab.runs.run_cache import Snapshot
from cnnlab.runs.store.queue import wait_of
from cnnlab.spec import with_titles
from cnnlab.training import Recipe
from cnnlab.training.failure import is_blown_up
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.runs.controls import show_controls, show_refusal
from cnnlab.words.numbers import count, duration, exact
from cnnlab.words.sentence import Sentence, joined

_BADGES: dict[RunState, tuple[str, str]] = {
    "queued": (":material/hourglass_top:", "gray"),
    "running": (":material/model_training:", "blue"),
    "paused": (":material/pause:", "gray"),
    "done": (":material/check:", "green"),
    "stopped": (":material/stop:", "orange"),
    "failed": (":material/error:", "red"),
    "interrupted": (":material/power_off:", "orange"),
}
"""The icon and the colour of each state."""


def accuracy_text(accuracy: float | None) -> str:
    """An accuracy from 0 to 1, in per cent."""
    return "–" if accuracy is None else f"{100 * accuracy:.1f} %"


def total_seconds(run: Run) -> float | None:
    """How many seconds the run has computed, if it has ended."""
    return run.seconds if not run.active and run.seconds else None


def titled(run: Run, sentence: Sentence) -> str:
    """A sentence about a run, with the titles of the fields of its network and its recipe."""
    return with_titles(sentence, {**run.spec.settings(), **Recipe.settings()})


def show_status(store: Store, run: Run, key: str, *, note: str = "") -> None:
    """The name and the state of the run, with its buttons, and its progress; `note` is Markdown behind its network.

    Whatever comes and goes in it, what follows keeps its place on the page, and the charts with it their zoom.
    """
    with st.container(key=f"{key}.status"):
        _show_head(store, run, key, note)
        _show_progress(store, run)


def show_numbers(snapshot: Snapshot) -> None:
    """The four main numbers of the run, and which of its epochs is the best one."""
    with st.container():
        _show_cards(snapshot.run)
        _show_choice(snapshot.run, snapshot.curve)


def _show_head(store: Store, run: Run, key: str, note: str) -> None:
    with st.container(horizontal=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(verbatim(run.name), anchor=False, width="content")
            icon, colour = _BADGES[run.state]
            if run.state == "done" and _warnings(run):
                icon, colour = ":material/trending_up:", "orange"
            st.badge(run.state, icon=icon, color=colour)  # type: ignore[arg-type]
            network, data = name_of(run.spec), plain(title_of(run.recipe.dataset))
            what = f"on {data}" if run.name.startswith(network) else f"{plain(network)} on {data}"
            st.caption(f"{what}. {note}" if note else what, width="content")
        show_controls(store, run, key)


def _show_cards(run: Run) -> None:
    best = f"best {accuracy_text(run.best_test_accuracy)}" if run.best_epoch else "not tested yet"
    seconds = total_seconds(run)
    included = "including tests" if run.parent is None else "including tests, and its parent's time"
    left = "–" if run.seconds_left is None else duration(run.seconds_left)
    cards = [
        ("Test accuracy", accuracy_text(run.test_accuracy), best),
        ("Epochs", f"{run.epoch} of {run.recipe.epochs}", f"step {exact(run.step)}" if run.step else "not started"),
        ("Images/s", count(round(run.examples_per_second)) if run.step else "–", f"on {run.device or '–'}"),
        ("Time left", left, "including tests") if seconds is None else ("Took", duration(seconds), included),
    ]
    for column, (label, value, note) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(label, value, delta=note, delta_color="off", delta_arrow="off", border=True)


def _show_choice(run: Run, curve: Curve) -> None:
    """Which epoch is the best one, and by what it was chosen."""
    best = next((end for end in curve.epoch_ends if end.epoch == run.best_epoch), None)
    if best is not None:
        st.caption(
            Sentence("Best epoch: {epoch}, chosen {chosen_by}.", epoch=exact(best.epoch), chosen_by=best.chosen_by)
        )


def _show_progress(store: Store, run: Run) -> None:
    icon, _ = _BADGES[run.state]
    match run.state:
        case "queued":
            st.info(plain(_queue_sentence(store, run)), icon=icon)
        case "running":
            st.progress(min(run.step / run.total_steps, 1.0) if run.total_steps else 0.0)
        case "failed":
            st.error(plain(titled(run, run.sentence)), icon=icon)
        case "interrupted":
            st.warning(plain(titled(run, run.sentence)), icon=icon)
        case "stopped":
            template = (
                "Stopped at step {step}. Its weights are saved, and it can be resumed."
                if run.step
                else "Stopped before its first step. It can be resumed."
            )
            st.info(plain(f"{run.sentence} {Sentence(template, step=exact(run.step))}".strip()), icon=icon)
        case "paused":
            paused = Sentence(
                "Paused at step {step}. It continues from there when it is resumed.", step=exact(run.step)
            )
            st.info(plain(paused), icon=icon)
    for sentence in _warnings(run):
        st.warning(plain(titled(run, sentence)), icon=":material/trending_up:")
    if run.parent is not None:
        forked = Sentence("Forked from run {parent} after epoch {epoch}.", parent=run.parent, epoch=run.parent_epoch)
        st.caption(plain(forked))
    show_refusal()


def _warnings(run: Run) -> list[Sentence]:
    """The notes of a run that has ended, but not as it should."""
    return [note for note in run.notes if is_blown_up(note)]


def _queue_sentence(store: Store, run: Run) -> Sentence:
    before = (store.queue_position(run.id) or 1) - 1
    seconds = wait_of(store, run.id)
    templates = ("Queued: this run is the next to start.", "Queued: 1 other run starts first.")
    template = templates[before] if before < len(templates) else "Queued: {before} other runs start first."
    sentences = [Sentence(template, before=before)]
    if seconds >= 1:
        sentences.append(Sentence("It should start in about {time}.", time=duration(seconds)))
    sentences.append(Sentence("It does not need this page: close it, and come back by its link."))
    return joined(sentences)
