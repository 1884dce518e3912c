"""The graph behind the loss, walked node by node as `next_functions` does."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.insight.one_step.graph import BackwardGraph, GraphNode
from cnnlab.insight.one_step.node_words import node_meaning
from cnnlab.ui.inside.one_step.tables import show_rows
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.words.numbers import shape
from cnnlab.words.sentence import Sentence

_WALKED, _CHOICES = "inside.step.walk", "choices"


def walk_graph(graph: BackwardGraph, subject: object) -> None:
    """The way walked so far, the node at its end, and a button for each of its inputs; each subject has its own way."""
    walked = st.session_state.setdefault(_WALKED, {})
    if walked.get("subject") != subject:
        walked.clear()
        walked.update(subject=subject, choices=())
    choices: tuple[int, ...] = walked[_CHOICES]
    nodes = list(graph.walk(*choices))
    st.code("\n".join(_walk_code(choices, nodes)), language="python")
    node = nodes[-1]
    onward = graph.onward(node)
    st.markdown(f"**`{node.name}`** · {plain(node_meaning(node))}")
    if node.saved:
        kept = ", ".join(f"{name} {shape(sides)}" for name, sides in node.saved.items() if sides)
        st.caption(plain(Sentence("Kept from the forward pass: {kept}.", kept=kept)))
    with st.container(horizontal=True, key="inside.step.inputs"):
        for index, number in enumerate(node.inputs):
            _step_button(graph, choices, index, number)
    with st.container(horizontal=True):
        st.button(
            "Back",
            icon=":material/undo:",
            key="inside.step.back",
            disabled=not choices,
            on_click=_walk,
            args=(choices[:-1],),
        )
        st.button(
            "To the loss",
            icon=":material/first_page:",
            key="inside.step.to_loss",
            disabled=not choices,
            on_click=_walk,
            args=((),),
        )
        st.button(
            "Along the layers",
            icon=":material/last_page:",
            key="inside.step.along",
            disabled=onward is None,
            on_click=_walk,
            args=((*choices, onward),),
            help="To the input that leads on to the layer before, not to a parameter.",
        )
    with st.expander("All nodes"):
        show_rows(
            [
                {
                    "node": f"{node.number} {node.name}",
                    "tensor": node.parameter or "",
                    "inputs": ", ".join("–" if number is None else str(number) for number in node.inputs),
                }
                for node in graph.nodes
            ],
            key="inside.step.nodes",
        )


def _walk_code(choices: Sequence[int], nodes: Sequence[GraphNode]) -> list[str]:
    """The lines that walk there, each with the node that it leads to."""
    lines = ["node = loss.grad_fn", *(f"node = node.next_functions[{choice}][0]" for choice in choices)]
    longest = max(map(len, lines))
    return [f"{line:{longest}}  # {node.parameter or node.name}" for line, node in zip(lines, nodes, strict=True)]


def _step_button(graph: BackwardGraph, choices: tuple[int, ...], index: int, number: int | None) -> None:
    """One node on, to the input with this index."""
    if number is None:
        label = Sentence("[{index}] None: needs no gradient", index=index)
    else:
        following = graph.nodes[number]
        label = Sentence("[{index}] {name}", index=index, name=following.parameter or following.name)
    st.button(
        verbatim(label),
        key=f"inside.step.input.{index}",
        disabled=number is None,
        on_click=_walk,
        args=((*choices, index),),
    )


def _walk(choices: tuple[int, ...]) -> None:
    st.session_state[_WALKED][_CHOICES] = choices
