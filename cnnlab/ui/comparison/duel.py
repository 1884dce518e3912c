"""Two networks of the comparison, trained alike, so that their gradients can be watched beside each other."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.analysis.dataset_fit import match_dataset_if_needed
from cnnlab.analysis.entries import Entry
from cnnlab.architectures import NetworkSpec
from cnnlab.data import DatasetCard, dataset_names, is_available, title_of
from cnnlab.runs import NotPossible, StoreUnavailable
from cnnlab.runs.labels import default_name
from cnnlab.spec import Refused, Value, text_of
from cnnlab.training import Recipe
from cnnlab.ui.knobs.problems import show_problems
from cnnlab.ui.knobs.row import fix_value
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.paths import INSIDE
from cnnlab.ui.state.inside import inside_parameters
from cnnlab.ui.state.recipe import card_of, check_recipe, recipe_values
from cnnlab.ui.state.store import visitor_store
from cnnlab.ui.train.forecast import warn_if_long
from cnnlab.ui.train.recipe_panel import RECIPE_PANEL
from cnnlab.ui.visitors.visitor import visitor
from cnnlab.words.sentence import Sentence

_KEY = "compare.duel"
_OTHER, _DATASET, _EPOCHS = (f"{_KEY}.{name}" for name in ("other", "dataset", "epochs"))


def show_duel(entries: Sequence[Entry], baseline: int) -> None:
    """The button; of more than two networks, it is about the baseline and one that is chosen then."""
    is_pressed = st.button(
        "Compare their gradients",
        icon=":material/gradient:",
        key=_KEY,
        type="tertiary",
        disabled=len(entries) < 2,
        help="Trains two of the networks with one seed, and draws the gradient of every layer meanwhile.",
    )
    if is_pressed:
        _offer(entries, baseline)


@st.dialog("Compare their gradients")
def _offer(entries: Sequence[Entry], baseline: int) -> None:
    """What will be trained on what, and the button that does it."""
    first, other = entries[baseline], _pick_other(entries, baseline)
    template = (
        "**{first}** and **{other}** are trained from one seed on the same images in the same order. You see the"
        " gradient of every layer while they learn."
    )
    st.markdown(Sentence(template, first=verbatim(first.name), other=verbatim(other.name)))
    values, _ = recipe_values()
    if not _pick_recipe(values):
        return
    recipe, problems = check_recipe(values)
    show_problems(problems, key=f"{_KEY}.recipe", fix=partial(fix_value, values, panel=RECIPE_PANEL))
    card = card_of(values)
    pair = [fitted for entry in (first, other) if (fitted := _fitted(entry, card)) is not None]
    is_ready = recipe is not None and len(pair) == 2
    if is_ready and recipe is not None:
        warn_if_long(max(pair, key=lambda spec: analyse(spec).macs), recipe)
    if st.button(
        "Train both", type="primary", icon=":material/play_arrow:", key=f"{_KEY}.start", disabled=not is_ready
    ):
        assert recipe is not None
        _train(pair, recipe, values)


def _pick_other(entries: Sequence[Entry], baseline: int) -> Entry:
    others = [i for i in range(len(entries)) if i != baseline]
    if len(others) == 1:
        return entries[others[0]]
    return entries[
        st.selectbox(
            Sentence("{name} and", name=verbatim(entries[baseline].name)),
            others,
            format_func=lambda i: entries[i].name,
            key=_OTHER,
        )
    ]


def _pick_recipe(values: dict[str, Value]) -> bool:
    """The data and the number of epochs, in the visitor's recipe; whether there are data."""
    present = [name for name in dataset_names() if is_available(name)]
    st.session_state[_DATASET] = values["dataset"] if values["dataset"] in present else None
    st.session_state[_EPOCHS] = values["epochs"]
    epochs = Recipe.settings()["epochs"]
    with st.container(horizontal=True, gap="small"):
        st.selectbox(
            "Data",
            present,
            index=None,
            format_func=title_of,
            key=_DATASET,
            placeholder="choose",
            on_change=lambda: values.update(dataset=st.session_state[_DATASET] or values["dataset"]),
        )
        st.number_input(
            epochs.title,
            min_value=1,
            max_value=int(epochs.maximum or 1),
            step=1,
            key=_EPOCHS,
            on_change=lambda: values.update(epochs=st.session_state[_EPOCHS]),
        )
    rest = ", ".join(f"{name}={text_of(value)}" for name, value in _other_changes(values).items())
    st.caption(plain(Sentence("The rest is set as on the Train page: {rest}.", rest=rest or "the defaults")))
    return values["dataset"] in present


def _other_changes(values: dict[str, Value]) -> dict[str, Value]:
    usual = Recipe().values
    return {name: values[name] for name in usual if values[name] != usual[name] and name not in ("dataset", "epochs")}


def _fitted(entry: Entry, card: DatasetCard) -> NetworkSpec | None:
    """The network as it takes these images, and how it was changed for that; None, and why, where it cannot."""
    try:
        fitted = match_dataset_if_needed(entry.analysis.spec, card)
    except Refused as refused:
        for problem in refused.problems:
            st.error(
                plain(Sentence("{name}: {problem}", name=entry.name, problem=problem.titled)), icon=":material/error:"
            )
        return None
    if fitted != entry.analysis.spec:
        template = "{name} is fitted to {channels} × {side} × {side} images and {classes} classes."
        sentence = Sentence(
            template,
            name=entry.name,
            channels=fitted.in_channels,
            side=fitted.image_size,
            classes=fitted.num_classes,
        )
        st.caption(plain(sentence))
    return fitted


def _train(pair: Sequence[NetworkSpec], recipe: Recipe, values: dict[str, Value]) -> None:
    """Puts both in the queue, and opens the page on which they are watched; or says why not."""
    try:
        runs = visitor_store().submit_together(
            [(spec, default_name(spec, recipe)) for spec in pair], recipe, owner=visitor()
        )
    except Refused as refused:
        problems = refused.of(Recipe.settings()).problems
        show_problems(problems, key=f"{_KEY}.refused", fix=partial(fix_value, values, panel=RECIPE_PANEL))
    except (StoreUnavailable, NotPossible) as problem:
        st.error(plain(str(problem)), icon=":material/block:")
    else:
        ids = ",".join(run.id for run in runs)
        st.switch_page(INSIDE, query_params=inside_parameters(ids, view="gradient-flow"))
