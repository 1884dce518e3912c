"""The Train page: does it learn?"""

from contextlib import suppress
from functools import partial

import streamlit as st

from cnnlab.analysis.dataset_fit import match_dataset_if_needed
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.data import DatasetCard, card, is_available
from cnnlab.runs import Store, StoreUnavailable, UnknownRun
from cnnlab.runs.store.limits import NUM_SEEDS
from cnnlab.spec import Refused, Remedy, Value
from cnnlab.training import Recipe
from cnnlab.training.named_recipes import NamedRecipe
from cnnlab.ui.components.live_chart.live_chart import prepare_charts
from cnnlab.ui.data.add import offer_download, show_import
from cnnlab.ui.data.card import show_card, show_data
from cnnlab.ui.knobs.network_picker import pick_network
from cnnlab.ui.knobs.problems import show_problems, show_refused_link
from cnnlab.ui.knobs.row import fix_value
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import EXPLORE
from cnnlab.ui.runs.live_view import draw_on_train
from cnnlab.ui.runs.run_table import MAX_LISTED, pick_runs, show_list, with_shown
from cnnlab.ui.runs.watching import watch
from cnnlab.ui.sharing.fewer_knobs import show_fewer_knobs
from cnnlab.ui.sharing.link import show_link
from cnnlab.ui.state.hiding import follow_hiding_link, take_hiding
from cnnlab.ui.state.link import Choice, choice_of, write, write_recipe
from cnnlab.ui.state.network import chosen, follow_link, spec_of, take, write_address
from cnnlab.ui.state.recipe import card_of, check_recipe, follow_recipe_link, recipe_values, take_recipe
from cnnlab.ui.state.run_filter import filter_parameters
from cnnlab.ui.state.shown_runs import show, shown_runs
from cnnlab.ui.state.store import say_if_read_only, visitor_store
from cnnlab.ui.train.forecast import show_forecast, warn_if_long
from cnnlab.ui.train.launch import pick_name, pick_num_seeds, set_num_seeds, submit_seeds
from cnnlab.ui.train.network import show_changes, show_fit, trainable_network
from cnnlab.ui.train.range_test import find_rate
from cnnlab.ui.train.recipe_panel import RECIPE_PANEL, pick_recipe, show_recipe_knobs

FIRST_PRESET = "lenet5_tutorial"
"""What a visitor without a link trains: it learns within seconds."""


def train() -> None:
    """Draws the page: the network and the recipe on the left, the runs on the right."""
    try:
        _show_page(visitor_store())
    except UnknownRun:
        st.rerun()  # it was deleted permanently while the page was drawn: drawn again, the page says so
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_page(store: Store) -> None:
    choice, refused = chosen(FIRST_PRESET)
    values, refused_values = recipe_values()
    refused_hiding = take_hiding(preset(choice.preset).settings())
    card = card_of(values)
    spec, problems = trainable_network(choice, card)
    recipe, recipe_problems = check_recipe(values)
    available = is_available(card.name)

    with st.sidebar:
        pick_recipe(values, _take_named)
        pick_network(choice, key="train")
        show_changes(choice)
        if spec is not None:
            show_fit(spec, card)
        show_recipe_knobs(values, recipe_problems)
        num_seeds = pick_num_seeds()
        name = pick_name(spec, recipe)

    is_ready = available and not problems and not recipe_problems
    # Each part has a container of its own, so that a message that appears or disappears does not redraw what follows.
    with st.container():
        pressed = _show_head(choice.preset, is_ready=is_ready)
    if pressed and spec is not None and recipe is not None:
        try:
            submit_seeds(store, spec, recipe, name, num_seeds)
        except Refused as refused_run:
            problems_of_run = refused_run.of(Recipe.settings()).problems
            show_problems(problems_of_run, key="train.refused", fix=partial(_fix_run, values))
        except StoreUnavailable as not_submitted:
            st.error(plain(str(not_submitted)), icon=":material/block:")
    shown, unknown = shown_runs(store)
    write_address(choice, **write_recipe(values), **({"run": list(shown)} if shown else {}), **filter_parameters())

    with st.container():
        say_if_read_only(store)
        fix_network = partial(fix_value, choice.values)
        fix_recipe = partial(fix_value, values, panel=RECIPE_PANEL)
        show_refused_link(
            [
                *((one, partial(follow_link, one, fix_network)) for one in refused),
                *((one, partial(follow_recipe_link, one, fix_recipe)) for one in refused_values),
                *((one, partial(follow_hiding_link, one)) for one in refused_hiding),
            ],
            key="train.link",
        )
        for sentence in unknown:
            st.warning(plain(sentence), icon=":material/link_off:")
        show_problems(problems, key="train.network", fix=fix_network)
        show_problems(recipe_problems, key="train.recipe", fix=fix_recipe)
        if problems:
            st.page_link(EXPLORE, label="Edit it in Explore", icon=":material/tune:", query_params=write(choice))
        if not available:
            offer_download(card, partial(_train_on, choice, values))
        if is_ready and spec is not None and recipe is not None:
            warn_if_long(spec, recipe)
    # The curves come before what a further run would take: a class watches them.
    watched, prepared = st.container(), st.container()
    with prepared:
        if is_ready and spec is not None and recipe is not None:
            with st.container(key="train.forecast"):
                show_forecast(spec, recipe, card)
        _show_actions(store, card, values, spec, recipe, is_ready=is_ready)
    runs = with_shown(store, store.runs(MAX_LISTED), shown)
    if shown:
        with watched, st.container(border=True):
            watch(store, shown, partial(draw_on_train, form=(spec, recipe)))
    elif available:
        with st.container(border=True):
            _show_nothing_yet(card, recipe, has_runs=bool(runs))
    if runs:
        pick_runs(runs, shown, show)
        show_list(store, runs, show)


def _take_named(named: NamedRecipe) -> None:
    """Selects a ready-made recipe, and its network fitted to its data."""
    take_recipe(named.recipe)
    take(choice_of(match_dataset_if_needed(preset(named.preset), card(named.recipe.dataset))))


def _fix_run(values: dict[str, Value], remedy: Remedy) -> None:
    """Changes what a remedy proposes for runs that were not submitted."""
    if remedy.field == NUM_SEEDS:
        set_num_seeds(remedy)
    else:
        fix_value(values, remedy, panel=RECIPE_PANEL)


def _train_on(choice: Choice, values: dict[str, Value], instead: DatasetCard) -> None:
    """Selects another data set, and fits the network to it if it has to be."""
    values["dataset"] = instead.name
    spec, _ = spec_of(choice)
    if spec is not None:
        with suppress(Refused):  # the page says why it cannot be fitted
            fitted = match_dataset_if_needed(spec, instead)
            if fitted != spec:
                take(choice_of(fitted))


def _show_head(preset: str, *, is_ready: bool) -> bool:
    """The title and the Train button; whether it was just pressed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Train {plain(preset)}", anchor=False, width="stretch")
        show_link()
        show_fewer_knobs(Recipe.settings())
        return st.button(
            "Train", type="primary", icon=":material/play_arrow:", key="train.start", disabled=not is_ready, width=170
        )


def _show_actions(
    store: Store,
    card: DatasetCard,
    values: dict[str, Value],
    spec: NetworkSpec | None,
    recipe: Recipe | None,
    *,
    is_ready: bool,
) -> None:
    with st.container(horizontal=True, gap="small", key="train.actions"):
        action = partial(st.button, type="tertiary")
        no_data = recipe is None or not is_available(card.name)
        if action("Show the data", icon=":material/photo_library:", key="train.data", disabled=no_data):
            assert recipe is not None
            show_data(store, card, recipe, lambda name: values.update(dataset=name))
        if action("Find a learning rate", icon=":material/show_chart:", key="train.find_rate", disabled=not is_ready):
            assert spec is not None
            find_rate(spec, values)
        if action("Import your own images", icon=":material/upload:", key="train.own"):
            show_import(lambda name: values.update(dataset=name))


def _show_nothing_yet(card: DatasetCard, recipe: Recipe | None, *, has_runs: bool) -> None:
    prepare_charts()
    st.header("No run in the charts" if has_runs else "Nothing trained yet", anchor=False)
    others = " Or open one of the runs in the list below." if has_runs else ""
    st.markdown(
        "Press **Train**: the loss and the accuracy are plotted here during the training. It continues when you close"
        f" the page, and the page's link shows it again.{others}"
    )
    if recipe is not None:
        show_card(card, recipe, key="train.card")
