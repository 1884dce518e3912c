"""The card of an architecture: when, by whom, the idea, what was new, and what others report of it."""

import streamlit as st

from cnnlab.architectures import Family, Published
from cnnlab.ui.markdown import plain
from cnnlab.words.numbers import count


def show_family_card(family: Family, preset: str) -> None:
    """The card of the preset's family."""
    with st.container(border=True, key="explore.card", gap="xsmall"):
        paper = family.paper
        by = f" [{plain(paper.authors)}, {paper.year}]({paper.link})" if paper else ""
        st.markdown(f"{plain(family.idea)}{by}")
        reported = family.published.get(preset)
        lines = [f"**What was new:** {plain(family.introduced)}"] if paper else [plain(family.introduced)]
        if reported is not None:
            lines.append(f"**Published:** {plain(published_words(reported))}")
        st.caption("  \n".join(lines))


def published_words(reported: Published) -> str:
    """The published figures and their source in a sentence."""
    shares = ((reported.top1, "top-1"), (reported.top5, "top-5"))
    accuracy = ", ".join(f"{value:.4g} % {name}" for value, name in shares if value is not None)
    sizes = ", ".join(
        f"{count(value)} {name}"
        for value, name in ((reported.params, "parameters"), (reported.macs, "MACs"))
        if value is not None
    )
    return f"{accuracy} accuracy on {reported.dataset}{'; ' if sizes else ''}{sizes} ({reported.source})."
