"""CNN Lab: `streamlit run app.py`."""

import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import plotly
import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from cnnlab.ui.visitor import NameVisitors

ROOT = Path(__file__).parent


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Imports what every page needs, and has a scheduler wait for runs, before the first visitor comes."""
    import torch

    import cnnlab.ui.warm  # noqa: F401, imported for what it imports
    from cnnlab.runs import StoreUnavailable
    from cnnlab.ui.jobs import job_queue
    from cnnlab.ui.state.store import served_store

    try:
        served_store()
    except StoreUnavailable as problem:
        logging.getLogger(__name__).warning("%s", problem)  # the Train page says so too, the others do without

    # Each run of a page has its own thread, and each thread its own pool: the pages only need one thread each.
    torch.set_num_threads(1)
    # What a page computes and what sends it to the browser take turns: a turn is short, or each message waits 5 ms.
    sys.setswitchinterval(0.0005)
    # What lives for ever need not be looked at each time that Python collects, while everybody waits.
    gc.collect()
    gc.freeze()
    yield
    job_queue().close()


app = st.App(
    ROOT / "cnnlab/ui/main.py",
    lifespan=lifespan,
    middleware=[Middleware(NameVisitors)],
    routes=[
        Mount("/files", StaticFiles(directory=ROOT / "assets")),
        Mount("/plotly", StaticFiles(directory=Path(plotly.__file__).parent / "package_data")),
    ],
)
