"""What takes long for a page: begun with a button, in a process of its own, with progress and a stop."""

from collections.abc import Callable, Generator
from typing import TypeVar

import streamlit as st

from cnnlab.ui.jobs import job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.words.sentence import Sentence

POLL_SECONDS = 0.2

Result = TypeVar("Result")


def compute_elsewhere(
    what: str,
    label: str,
    key: object,
    compute: Callable[[], Generator[Result | int | None, None, None]],
    *,
    parts: int,
    forecast: Sentence,
) -> Result | None:
    """The result for this `key` once it is there; until then a button with that `label`, and what it will take.

    `compute` yields how many of the `parts` are done, as that grows, and then the result. `what` names the widgets. Not
    to be called in a fragment, where a button does not end the run.
    """
    kept = st.session_state.get(what)
    if kept is not None and kept[0] == key:
        found: Result = kept[1]
        return found
    with st.container(horizontal=True, vertical_alignment="center"):
        begin = st.button(label, icon=":material/play_arrow:", type="primary", key=f"{what}.begin")
        # Whatever is pressed outside of fragments ends the run of this script, and with it the computation.
        st.button("Stop", icon=":material/stop:", key=f"{what}.stop", disabled=not begin)
    if not begin:
        st.caption(plain(forecast))
        return None
    bar = st.progress(0.0, "Starting …")
    with job_queue().watch((what, key), compute) as job:
        while not job.wait(POLL_SECONDS):
            results = job.results[:]
            done = results[-1] if results and isinstance(results[-1], int) else 0
            words = Sentence("Part {part} of {parts} …", part=done + 1, parts=parts) if results else position_text(job)
            bar.progress(min(1.0, done / parts), words)
    bar.empty()
    if job.complete and job.results:
        st.session_state[what] = (key, job.results[-1])
        st.rerun()
    why = "It was aborted: see the log of the server." if job.problem is None else str(job.problem)
    st.error(plain(why), icon=":material/error:")
    return None
