"""What a run leaves behind: its weights, its recipe and its log."""

import streamlit as st

from cnnlab.runs import Run, Store
from cnnlab.spec import text_of
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import RUNS, TRAIN
from cnnlab.ui.runs.status import titled
from cnnlab.ui.serving.downloads import Which, offer, weights_link
from cnnlab.ui.state.link import choice_of
from cnnlab.ui.state.network import take
from cnnlab.ui.state.recipe import take_recipe

_WEIGHTS: tuple[Which, ...] = ("best", "last")


def show_results(store: Store, run: Run, key: str) -> None:
    """The weights to download, a button that sets the Train page to the run's settings, the notes and the recipe."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if key == "train":
            st.page_link(
                RUNS, label="Metrics, notes, fork", icon=":material/lab_profile:", query_params={"run": run.id}
            )
        if st.button("Use these settings", icon=":material/replay:", key=f"{key}.again"):
            take(choice_of(run.spec))
            take_recipe(run.recipe)
            st.switch_page(TRAIN)
        for which in _WEIGHTS:
            if store.weights(run.id, which) is not None:
                offer(
                    f"{which.capitalize()} weights",
                    weights_link(run, which),
                    key=f"{key}.{which}",
                    help="A safetensors file: read it with safetensors.torch.load_file, then call load_state_dict.",
                )
    for note in run.notes:
        st.caption(plain(titled(run, note)))
    with st.expander("Recipe"):
        settings = run.recipe.settings()
        st.table(
            {settings[name].title: settings[name].written(text_of(value)) for name, value in run.recipe.values.items()}
        )


def show_log(store: Store, run: Run, key: str) -> None:
    """The log of the run's process, read only while it is open."""
    box = st.expander("Log", icon=":material/notes:", key=f"{key}.journal", on_change="rerun")
    if box.open:
        with box:
            st.code(store.log(run.id) or "Nothing yet.", language=None, height=280)
