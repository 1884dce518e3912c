"""The Train page: does it learn?"""

from functools import partial

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.analysis.dataset_fit import fitting
from cnnlab.architectures import NetworkSpec, name_of, preset
from cnnlab.data import DatasetCard, card, fit_notes, is_here
from cnnlab.data.statistics import Facts
from cnnlab.runs import Store, StoreUnavailable, UnknownRun
from cnnlab.runs.comparing import name_with_seed
from cnnlab.spec import Problem, Refused, Value
from cnnlab.training import Recipe
from cnnlab.training.memory import needed_memory
from cnnlab.training.named_recipes import NamedRecipe
from cnnlab.ui.components.live_chart.live_chart import prepare_charts
from cnnlab.ui.data.card import look_at_data, show_card
from cnnlab.ui.data.obtaining import offer_download, take_in_images
from cnnlab.ui.data.samples import facts_of
from cnnlab.ui.knobs.network_picker import pick_network
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.paths import EXPLORE
from cnnlab.ui.runs.live_view import watch_on_train
from cnnlab.ui.runs.run_table import pick_runs, show_list
from cnnlab.ui.state.link import Choice, choice_of, write, write_recipe
from cnnlab.ui.state.network import chosen, spec_of, take, write_address
from cnnlab.ui.state.recipe import card_of, check_recipe, recipe_values, take_recipe
from cnnlab.ui.state.shown_runs import show, shown_runs
from cnnlab.ui.state.store import say_if_read_only, served_store
from cnnlab.ui.train.range_test import find_rate
from cnnlab.ui.train.recipe_panel import pick_recipe, show_recipe_knobs
from cnnlab.ui.visitor import visitor
from cnnlab.words.numbers import count, exact, size

FIRST_PRESET = "lenet5_tutorial"
"""What a visitor without a link trains: it has learnt something before anybody looks away."""

LONGEST_NAME = 80
MOST_SEEDS = 10

CPU_MACS_PER_SECOND = 2e10
"""What a few cores do in a convolution: enough to tell minutes from hours."""

LONG_SECONDS = 300

_NAME, _SEEDS = "train.name", "train.seeds"


def train() -> None:
    """Draws the page: what is trained and how on the left, how it goes on the right."""
    try:
        _show_page(served_store())
    except UnknownRun:
        st.rerun()  # it was forgotten for good while the page was drawn: drawn again, it says so
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_page(store: Store) -> None:
    choice, refused = chosen(FIRST_PRESET)
    values, refused_values = recipe_values()
    card = card_of(values)
    spec, problems = _network(choice, card)
    recipe, recipe_problems = check_recipe(values)
    there = is_here(card.name)

    with st.sidebar:
        pick_recipe(values, _take_named)
        pick_network(choice, key="train")
        _show_changes(choice)
        if spec is not None:
            _show_fit(spec, card)
        show_recipe_knobs(values, recipe_problems)
        seeds = st.number_input(
            "Number of seeds",
            min_value=1,
            max_value=MOST_SEEDS,
            key=_SEEDS,
            help="So many runs with one seed after the other, drawn as a band: what lies between them is chance.",
        )
        name = st.text_input(
            "Name of the run", key=_NAME, placeholder=_usual_name(spec, recipe), max_chars=LONGEST_NAME
        )

    is_ready = there and not problems and not recipe_problems
    # Each part has a box of its own, so that nothing below is drawn anew when a sentence comes or goes.
    with st.container():
        pressed = _show_head(choice, card, spec, recipe, is_ready=is_ready)
        _show_actions(store, card, values, spec, recipe, is_ready=is_ready)
    if pressed and spec is not None and recipe is not None:
        written = " ".join(name.split()) or _usual_name(spec, recipe)
        try:
            _submit(store, spec, recipe, written, seeds)
        except (Refused, StoreUnavailable) as not_taken:
            st.error(plain(str(not_taken)), icon=":material/block:")
    shown, unknown = shown_runs(store)
    write_address(choice, **write_recipe(values), **({"run": ",".join(shown)} if shown else {}))

    with st.container():
        say_if_read_only(store)
        for problem in (*refused, *refused_values):
            st.warning(f"Part of the link was left out. {plain(problem.sentence)}", icon=":material/link_off:")
        for sentence in unknown:
            st.warning(plain(sentence), icon=":material/link_off:")
        for problem in (*problems, *recipe_problems):
            st.error(plain(problem.sentence), icon=":material/error:")
        if problems:
            st.page_link(EXPLORE, label="Change it in Explore", icon=":material/tune:", query_params=write(choice))
        if not there:
            offer_download(card)
    if shown or there:
        with st.container(border=True):
            if shown:
                watch_on_train(store, shown)
            else:
                _show_nothing_yet(card, recipe)
    _show_list(store, shown)


def _take_named(named: NamedRecipe) -> None:
    """A recipe with a name, and the network that it was written for, made to fit its data."""
    take_recipe(named.recipe)
    take(choice_of(fitting(preset(named.preset), card(named.recipe.dataset))))


def _submit(store: Store, spec: NetworkSpec, recipe: Recipe, name: str, num_seeds: int) -> None:
    """One run for each seed; they are shown."""
    seeds = range(recipe.seed, recipe.seed + num_seeds)
    names = [name] if num_seeds == 1 else [name_with_seed(name, seed) for seed in seeds]
    submitted = (
        store.submit(spec, recipe.replace(seed=seed), name=written, owner=visitor()).id
        for seed, written in zip(seeds, names, strict=True)
    )
    show(tuple(submitted))


def _show_actions(
    store: Store,
    card: DatasetCard,
    values: dict[str, Value],
    spec: NetworkSpec | None,
    recipe: Recipe | None,
    *,
    is_ready: bool,
) -> None:
    """What can be done before a training."""
    with st.container(horizontal=True, gap="small", key="train.actions"):
        if st.button(
            "Look at the data",
            icon=":material/photo_library:",
            type="tertiary",
            key="train.data",
            disabled=recipe is None or not is_here(card.name),
        ):
            assert recipe is not None
            look_at_data(store, card, recipe, lambda name: values.update(dataset=name))
        if st.button(
            "Find a learning rate",
            icon=":material/show_chart:",
            type="tertiary",
            key="train.find_rate",
            disabled=not is_ready,
        ):
            assert spec is not None
            assert recipe is not None
            find_rate(spec, recipe, values)
        if st.button("Use your own images", icon=":material/upload:", type="tertiary", key="train.own"):
            take_in_images(lambda name: values.update(dataset=name))


def _network(choice: Choice, card: DatasetCard) -> tuple[NetworkSpec | None, tuple[Problem, ...]]:
    """The spec that the choice makes, if it makes one, and why it cannot be trained on these data."""
    spec, problems = spec_of(choice)
    if spec is None:
        return None, problems
    broken = analyse(spec).problem
    if broken is not None:
        return spec, (broken,)
    try:
        fit_notes(card, spec)
    except Refused as refused:
        return spec, refused.problems
    return spec, ()


def _show_changes(choice: Choice) -> None:
    """What the network has that its preset has not, and the way to where that is changed."""
    original = preset(choice.preset)
    for field, setting in original.settings().items():
        value, usual = choice.values[field], original.values[field]
        if value != usual:
            st.caption(f"{setting.title}: **{_written(value)}**, not {_written(usual)}")
    st.page_link(EXPLORE, label="Change its layers in Explore", icon=":material/tune:", query_params=write(choice))


def _written(value: object) -> str:
    return plain("-".join(map(str, value)) if isinstance(value, tuple) else str(value).replace("_", " "))


def _show_fit(spec: NetworkSpec, card: DatasetCard) -> None:
    """What is done to the images for this network; a button makes it the other way round."""
    try:
        notes = fit_notes(card, spec)
    except Refused:
        notes = ()  # the sentence stands on the page
    for note in notes:
        st.caption(plain(note))
    other = fitting(spec, card)
    if other == spec:
        return
    form = f"{other.in_channels} × {other.image_size} × {other.image_size}, {other.num_classes} classes"
    st.button(
        "Fit the network to the data",
        icon=":material/fit_screen:",
        key="train.fit",
        on_click=partial(take, choice_of(other)),
        help=f"The same layers for {form}.",
        width="stretch",
    )


def _usual_name(spec: NetworkSpec | None, recipe: Recipe | None) -> str:
    """What a run is called that nobody named: its network, and what of its recipe is not as usual."""
    if spec is None or recipe is None:
        return ""
    return ", ".join([name_of(spec), *(f"{field}={text}" for field, text in write_recipe(recipe.values).items())])


def _show_head(
    choice: Choice, card: DatasetCard, spec: NetworkSpec | None, recipe: Recipe | None, *, is_ready: bool
) -> bool:
    """What would be trained and the button that does; whether it was pressed just now."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"Train {plain(choice.preset)}", anchor=False, width="stretch")
        pressed = st.button(
            "Train", type="primary", icon=":material/play_arrow:", key="train.start", disabled=not is_ready, width=170
        )
    if is_ready and spec is not None and recipe is not None:
        known = facts_of(recipe)
        steps = -(-known.num_train // recipe.batch_size)
        validating = f" {exact(known.num_validation)} tell which epoch is the best, and" if known.num_validation else ""
        st.markdown(
            f"**{verbatim(card.title)}.** {count(analyse(spec).params)} parameters learn from"
            f" {exact(known.num_train)} images in {recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''} of"
            f" {exact(steps)} steps;{validating} {exact(known.num_test)} others test what was learnt."
            f" A step needs about {size(needed_memory(spec, recipe))} of memory."
        )
        _warn_of_long(spec, known, recipe)
    return pressed


def _warn_of_long(spec: NetworkSpec, known: Facts, recipe: Recipe) -> None:
    # Backward costs about twice as much as forward.
    macs = 3 * analyse(spec).macs * known.num_train * recipe.epochs
    seconds = macs / CPU_MACS_PER_SECOND
    if seconds > LONG_SECONDS and recipe.device in ("auto", "cpu"):
        st.warning(
            f"That is {count(macs)} multiply-accumulates, in the order of {_roughly(seconds)} on a CPU. Smaller"
            " images, fewer channels, a share of the images or fewer epochs make it shorter.",
            icon=":material/schedule:",
        )


def _roughly(seconds: float) -> str:
    hours = seconds / 3600
    return f"{round(hours)} hours" if hours >= 1.5 else f"{max(1, round(6 * hours)) * 10} minutes"


def _show_nothing_yet(card: DatasetCard, recipe: Recipe | None) -> None:
    prepare_charts()
    st.subheader("Nothing trained yet", anchor=False)
    st.markdown(
        "Press **Train**: the loss and the accuracy appear here while it learns. It goes on when you close the page,"
        " and its link brings you back."
    )
    if recipe is not None:
        show_card(card, recipe, key="train.card")


def _show_list(store: Store, shown: tuple[str, ...]) -> None:
    runs = store.runs()
    known = {run.id for run in runs}
    runs += [store.run(run_id) for run_id in shown if run_id not in known]
    if runs:
        pick_runs(runs, shown, show)
        show_list(runs, show)
