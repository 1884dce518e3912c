"""How pages follow active runs: drawn again at each tick, from snapshots that all visitors share."""

from collections.abc import Callable
from functools import lru_cache

import streamlit as st

from cnnlab.runs import Store, StoreUnavailable, UnknownRun, ensure_scheduler
from cnnlab.runs.run import DamagedCurve
from cnnlab.runs.run_cache import RunCache, Snapshot
from cnnlab.ui.components.announcement.announcement import announce
from cnnlab.ui.components.reconnection.reconnection import draw_again_when_reconnected
from cnnlab.ui.markdown import plain
from cnnlab.ui.runs.news import news_of

TICK_SECONDS = 1.0
"""How often a page draws an active run again."""

MAX_CHARTS = 50
"""The number of drawings that are kept for visitors who see the same runs in the same theme."""

Draw = Callable[[Store, tuple[Snapshot, ...]], None]


def watch(store: Store, run_ids: tuple[str, ...], draw: Draw) -> None:
    """Draw the runs, and again at each tick while any of them is active. Raises `UnknownRun` and `StoreUnavailable`."""
    draw_again_when_reconnected()
    try:
        active = _active(_snapshots(store, run_ids, refresh=True))
    except DamagedCurve as problem:
        st.error(plain(str(problem)), icon=":material/error:")  # the rest of the page has another run to choose
        return
    st.fragment(_tick, run_every=TICK_SECONDS if active else None)(store, run_ids, active, draw)


def _tick(store: Store, run_ids: tuple[str, ...], active: tuple[str, ...], draw: Draw) -> None:
    try:
        snapshots = _snapshots(store, run_ids)
        if _active(snapshots) != active:
            # The rest of the page has to change too, and the ticks end when no run is active.
            st.rerun()
        if active:
            ensure_scheduler(store.folder)
        announce({snapshot.run.id: news_of(snapshot) for snapshot in snapshots}, key="news of runs")
        draw(store, snapshots)
    except UnknownRun:
        st.rerun()  # it was deleted permanently since the last tick: the page says so
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _active(snapshots: tuple[Snapshot, ...]) -> tuple[str, ...]:
    return tuple(snapshot.run.id for snapshot in snapshots if snapshot.run.active)


def _snapshots(store: Store, run_ids: tuple[str, ...], *, refresh: bool = False) -> tuple[Snapshot, ...]:
    cache = _cache(store)
    return tuple(cache.snapshot(run_id, refresh=refresh) for run_id in run_ids)


@lru_cache(maxsize=1)  # a server has one store
def _cache(store: Store) -> RunCache:
    return RunCache(store)
