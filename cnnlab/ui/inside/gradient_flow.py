"""Gradient flow: how large the gradient is in every layer over the steps, and what that means; of two runs a duel."""

from dataclasses import dataclass
from functools import lru_cache, partial

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.figures.inside.gradient_flow import (
    QUANTITIES,
    FlowValues,
    Quantity,
    describe_gradient_flow,
    flow_scale,
    gradient_flow_map,
)
from cnnlab.figures.palette import Theme
from cnnlab.insight.gradient_diagnosis import VERDICT_WORDS, Diagnosis, Verdict
from cnnlab.runs import NotPossible, Run, Store
from cnnlab.runs.labels import labels
from cnnlab.runs.results.norms import LayerNorms, layer_norms
from cnnlab.runs.run_cache import Snapshot
from cnnlab.training import Recipe
from cnnlab.ui.components.live_chart.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.paths import TRAIN
from cnnlab.ui.runs.run_table import MAX_LISTED
from cnnlab.ui.runs.watching import MAX_CHARTS, watch
from cnnlab.ui.state.inside import go
from cnnlab.ui.state.link import choice_of
from cnnlab.ui.state.network import take
from cnnlab.ui.state.recipe import take_recipe
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.sentence import Sentence

MAX_COLUMNS, MAX_LIVE_COLUMNS = 300, 120
"""Measured steps that are drawn: of a run that trains fewer, because all of them are sent at each tick."""

_BESIDE = "inside.beside"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A run, its map, and what the rules say of its last step, and of a step that was worse; or `why` there is none."""

    run: Run
    name: str
    chart: bytes = b""
    last: tuple[int, Diagnosis] | None = None
    worst: tuple[int, Diagnosis] | None = None
    why: Sentence | None = None


def show_gradient_flow(store: Store, runs: list[Run]) -> None:
    """The maps of one or two runs, beside each other, while they train and afterwards."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        quantity = _pick_quantity()
        _pick_beside(store, runs)
    watch(store, tuple(run.id for run in runs), partial(_draw, quantity=quantity))


def show_untrained_flow(subject: Subject) -> None:
    """What to do for a network that is not trained."""
    st.info(
        "Gradients are measured while a network trains, about twice a second. This one is before its first step.",
        icon=":material/info:",
    )
    _offer_training("Train this network", "untrained", subject.spec, subject.recipe)


def _pick_quantity() -> Quantity:
    usual: Quantity = "gradients"
    picked = st.segmented_control(
        "Norm of",
        list(QUANTITIES),
        format_func=lambda name: QUANTITIES[name].label,
        default=usual,
        required=True,
        key="inside.quantity",
        width="content",
    )
    return picked or usual


def _pick_beside(store: Store, runs: list[Run]) -> None:
    """Another run, to compare with."""
    others = {run.id: run.name for run in (*store.runs(limit=MAX_LISTED), *runs[1:]) if run.id != runs[0].id}
    if not others:
        return
    st.session_state[_BESIDE] = runs[1].id if len(runs) > 1 else None
    st.selectbox(
        "Beside it",
        list(others),
        index=None,
        format_func=lambda run_id: f"{others[run_id]} · {run_id[:4]}",
        key=_BESIDE,
        placeholder="no other run",
        on_change=lambda: go(runs=tuple(filter(None, (runs[0].id, st.session_state[_BESIDE])))),
        width=360,
    )


def _draw(store: Store, snapshots: tuple[Snapshot, ...], *, quantity: Quantity) -> None:
    drawn = _drawing(store, snapshots, quantity, theme())
    for column, one in zip(st.columns(len(drawn)), drawn, strict=True):
        with column, st.container(border=True):
            _show(one)
    if any(one.chart for one in drawn):
        st.caption(
            "Each row is a layer with weights, the image at the top; each column is a measured step. The gradient is as"
            " the optimizer has used it, after clipping."
        )


def _show(drawn: _Drawn) -> None:
    verdict = "" if drawn.last is None else _badge(drawn.last[1].verdict)
    st.markdown(f"### {verbatim(drawn.name)} {verdict}")
    if drawn.why is not None:
        st.info(plain(drawn.why), icon=":material/hourglass_top:" if drawn.run.active else ":material/info:")
        if not drawn.run.active:
            _offer_training("Train it again", drawn.run.id, drawn.run.spec, drawn.run.recipe)
    if drawn.chart:
        show_ready_chart(drawn.chart, key=f"inside.flow.{drawn.run.id}")
    for template, found in (("Step {step:,}", drawn.last), ("At its worst, in step {step:,}", drawn.worst)):
        if found is not None:
            step, diagnosis = found
            st.markdown(f"**{plain(Sentence(template, step=step))}**: {plain(diagnosis.sentence)}")


def _badge(verdict: Verdict) -> str:
    colour, icon = ("green", "check") if verdict == "fine" else ("orange", "warning")
    return f":{colour}-badge[:material/{icon}: {plain(VERDICT_WORDS[verdict])}]"


def _offer_training(label: str, key: str, spec: NetworkSpec, recipe: Recipe) -> None:
    if st.button(label, icon=":material/play_arrow:", key=f"inside.train.{key}"):
        take(choice_of(spec))
        take_recipe(recipe)
        st.switch_page(TRAIN)


@lru_cache(maxsize=MAX_CHARTS)
def _drawing(store: Store, snapshots: tuple[Snapshot, ...], quantity: Quantity, theme: Theme) -> tuple[_Drawn, ...]:
    """All runs on one scale, drawn once for all visitors."""
    is_live = any(snapshot.run.active for snapshot in snapshots)
    runs = [snapshot.run for snapshot in snapshots]
    found: dict[str, LayerNorms] = {}
    why: dict[str, Sentence] = {}
    for run in runs:
        try:
            most = MAX_LIVE_COLUMNS if is_live else MAX_COLUMNS
            found[run.id] = layer_norms(run, folder=store.folder, max_points=most)
        except NotPossible as problem:
            why[run.id] = problem.sentence
    shown = {
        run_id: FlowValues(norms.steps.tolist(), norms.layers, getattr(norms, quantity))
        for run_id, norms in found.items()
    }
    scale = flow_scale(shown.values()) if shown else None
    drawn = []
    for run, name in zip(runs, labels([[run] for run in runs]), strict=True):
        if scale is None or run.id in why:
            drawn.append(_Drawn(run, name, why=why[run.id]))
            continue
        wide, narrow = (
            gradient_flow_map(shown[run.id], scale, quantity, theme=theme, revision=run.id, is_narrow=is_narrow)
            for is_narrow in (False, True)
        )
        alt = describe_gradient_flow(shown[run.id], quantity)
        title = Sentence("{quantity} of {name}", quantity=QUANTITIES[quantity].title, name=name)
        chart = ready_chart(wide, alt=alt, theme=theme, title=title, narrow=narrow)
        drawn.append(_Drawn(run, name, chart, *_judged(found[run.id])))
    return tuple(drawn)


def _judged(norms: LayerNorms) -> tuple[tuple[int, Diagnosis], tuple[int, Diagnosis] | None]:
    """The last step and what is said of it; and the worst one, if another verdict is worse."""
    steps: list[int] = norms.steps.tolist()
    worst, last = norms.worst(), norms.diagnosis()
    at_worst = norms.diagnosis(worst)
    return (steps[-1], last), ((steps[worst], at_worst) if at_worst.severity > last.severity else None)
