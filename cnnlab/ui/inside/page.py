"""The Inside page: what goes on inside?"""

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.runs import NotPossible, Run, Store, StoreUnavailable, UnknownRun
from cnnlab.runs.results.trained import network_epochs
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from cnnlab.training.checkpoint import DamagedCheckpoint
from cnnlab.ui.inside.picker import (
    pick_epoch,
    pick_image,
    pick_initialisation,
    pick_run,
    show_answer,
    show_answer_on_phone,
)
from cnnlab.ui.inside.subject import Subject, make_subject
from cnnlab.ui.inside.views import VIEWS
from cnnlab.ui.knobs.problems import show_refused_link
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.runs.run_table import MAX_LISTED, with_shown
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.inside import FIRST_PRESET, Place, go, place, write_place
from cnnlab.ui.state.network import chosen, spec_of
from cnnlab.ui.state.recipe import recipe_values
from cnnlab.ui.state.shown_images import shown_images
from cnnlab.ui.state.store import visitor_store
from cnnlab.words.sentence import Sentence

_VIEW = "inside.view"


def inside() -> None:
    """Draws the page: the network and the image on the left, what goes on inside on the right."""
    try:
        _show_page(visitor_store())
    except UnknownRun:
        st.rerun()  # it was deleted permanently while the page was drawn: drawn again, the page says so
    except (StoreUnavailable, NotPossible, Refused, DamagedCheckpoint) as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_page(store: Store) -> None:
    listed = store.runs(limit=MAX_LISTED)
    here = place()
    if not here.runs and not here.is_untrained:
        here = _begin(store, listed)
    runs, unknown = _runs_of(store, here)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = runs[0].name if runs else chosen(FIRST_PRESET)[0].preset
        st.title(f"Inside {verbatim(name)}", anchor=False, width="stretch")
        show_link()
    for sentence in unknown:
        st.warning(plain(sentence), icon=":material/link_off:")
    show_refused_link([(problem, lambda _: None) for problem in here.problems], key="inside.link")
    write_place(here)
    with st.sidebar:
        pick_run(with_shown(store, listed, tuple(run.id for run in runs)), runs[0] if runs else None)
    view = VIEWS[_pick_view(here)]
    if view.of_runs is not None and runs:
        view.of_runs(store, runs)
        return
    subject = _pick_subject(store, runs[0] if runs else None, here)
    with st.sidebar:
        show_answer(subject)
    show_answer_on_phone(subject)
    view.show(subject)


def _begin(store: Store, listed: list[Run]) -> Place:
    """The newest run that has a network, or an untrained network where there is none."""
    newest = next((run for run in listed if any(network_epochs(run, store.folder))), None)
    if newest is None:
        go(is_untrained=True)
    else:
        go(runs=(newest.id,))
    return place()


def _runs_of(store: Store, here: Place) -> tuple[list[Run], list[Sentence]]:
    """The runs of the address, and a sentence for each that does not exist."""
    found, unknown = [], []
    for run_id in here.runs:
        try:
            found.append(store.run(run_id))
        except UnknownRun as problem:
            unknown.append(problem.sentence)
    return found, unknown


def _pick_view(here: Place) -> str:
    view = here.view if here.view in VIEWS else next(iter(VIEWS))
    if here.view and here.view != view:
        sentence = Sentence(
            "`view` must be one of {names}, and it is {value}: the first one is shown.",
            names=", ".join(VIEWS),
            value=here.view,
        )
        st.warning(plain(sentence), icon=":material/link_off:")
    st.session_state[_VIEW] = view
    st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda name: VIEWS[name].title,
        required=True,
        key=_VIEW,
        label_visibility="collapsed",
        on_change=lambda: go(view=st.session_state[_VIEW]),
    )
    return view


def _pick_subject(store: Store, run: Run | None, here: Place) -> Subject:
    """The widgets on the left, and what they choose."""
    with st.sidebar:
        name, spec, recipe = _untrained() if run is None else (run.name, run.spec, run.recipe)
        epoch = 0 if run is None else pick_epoch(store, run, here)
        if run is None:
            pick_initialisation(recipe)
        index = pick_image(store, run, epoch, here, shown_images(spec, recipe).test_labels)
    return make_subject(run, name, spec, recipe, epoch=epoch, index=index, layer=here.layer)


def _untrained() -> tuple[str, NetworkSpec, Recipe]:
    choice, _ = chosen(FIRST_PRESET)
    spec, problems = spec_of(choice)
    recipe, refused = Recipe.check(recipe_values()[0])
    if spec is None or recipe is None:
        raise Refused([*problems, *refused])
    return choice.preset, spec, recipe
