"""More networks for a comparison: the one from Explore, presets, links and finished runs."""

import streamlit as st

from cnnlab.architectures import FAMILIES, name_of, preset
from cnnlab.runs import StoreUnavailable
from cnnlab.ui.comparison.runs import finished_runs
from cnnlab.ui.markdown import plain
from cnnlab.ui.runs.status import accuracy_text
from cnnlab.ui.state.comparison import add
from cnnlab.ui.state.comparison_link import MOST_NETWORKS, ComparedNetwork, Comparison, read_pasted
from cnnlab.ui.state.network import explored

_LINK = "compare.link"


def show_add(known: Comparison) -> None:
    """What can be added, each with its button."""
    if len(known.networks) == MOST_NETWORKS:
        st.info(f"A comparison has at most {MOST_NETWORKS} networks. Remove one to add another.")
        return
    _add_explored(known)
    _add_preset()
    _add_link()
    _add_run()


def _add_explored(known: Comparison) -> None:
    spec = explored()
    if spec is not None and ComparedNetwork(spec) not in known.networks:
        st.button(
            f"{plain(name_of(spec))}, from Explore",
            icon=":material/tune:",
            key="compare.add_explored",
            on_click=add,
            args=(ComparedNetwork(spec),),
            width="stretch",
        )


def _add_preset() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        family = st.selectbox(
            "Family", list(FAMILIES), format_func=lambda name: FAMILIES[name].dated, key="compare.family"
        )
        name = st.selectbox("Preset", list(FAMILIES[family].presets), key=f"compare.preset.{family}")
        st.button("Add", key="compare.add_preset", on_click=lambda: add(ComparedNetwork(preset(name))))


def _add_link() -> None:
    # A form is submitted by Enter too; a field alone would also take what is half typed when it loses the focus.
    with (
        st.form("compare.link_form", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        st.text_input(
            "Link, or network as written in a link", key=_LINK, placeholder="resnet18:width=48:depths=2,2,3,2"
        )
        st.form_submit_button("Add", key="compare.add_link", on_click=_take_link)


def _take_link() -> None:
    networks, problems = read_pasted(st.session_state[_LINK])
    add(*networks, problems=problems)
    if not problems:
        st.session_state[_LINK] = ""


def _add_run() -> None:
    try:
        runs = {run.id: run for run in finished_runs()}
    except StoreUnavailable as problem:
        st.caption(plain(str(problem)))
        return
    if not runs:
        st.caption("Finished runs of the Train page can be added here, with their accuracy.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        labels = {run.id: f"{run.name} · {accuracy_text(run.test_accuracy)}" for run in runs.values()}
        chosen = st.selectbox("Finished run", list(runs), format_func=labels.__getitem__, key="compare.run")
        st.button("Add", key="compare.add_run", on_click=lambda: add(ComparedNetwork(runs[chosen].spec, chosen)))
