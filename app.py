"""CNN Lab: `streamlit run app.py`."""

import gc
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import plotly
import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from cnnlab.ui.paths import MAIN, STATIC
from cnnlab.ui.serving.answering.route import ROUTE as ANSWERS
from cnnlab.ui.serving.default_page import ROUTE as DEFAULT_PAGE
from cnnlab.ui.serving.downloads import download_routes
from cnnlab.ui.serving.ended_connections import EndQuietly
from cnnlab.ui.serving.headers import SecureAnswers, failed
from cnnlab.ui.serving.static_files import CachedFiles, CompressFiles
from cnnlab.ui.visitors.visitor import NameVisitors, accept_former_names


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Imports the pages and starts a scheduler, before the first visitor comes."""
    # What takes long to import, so that the first visitor need not wait for it.
    import sklearn.datasets  # noqa: F401
    import torch

    import cnnlab.ui.comparison.page
    import cnnlab.ui.convolution.page
    import cnnlab.ui.explore.page
    import cnnlab.ui.inside.page
    import cnnlab.ui.runs.page
    import cnnlab.ui.train.page  # noqa: F401
    from cnnlab.data.importing.quota import delete_abandoned
    from cnnlab.runs import StoreUnavailable
    from cnnlab.ui.jobs import job_queue
    from cnnlab.ui.state.store import close_store, served_store
    from cnnlab.ui.visitors.signing import key_made_at

    os.umask(0o077)  # what a class makes here is not for other accounts of the machine
    delete_abandoned()
    try:
        accept_former_names(served_store().owners_before(key_made_at()))
    except StoreUnavailable as problem:
        logging.getLogger(__name__).warning("%s", problem)  # the Train page shows it, and the other pages work

    # Each run of a page has its own thread, and each thread its own pool: the pages only need one thread each.
    torch.set_num_threads(1)
    # What computes a page and what sends it to the browser alternate: with Python's usual interval of 5 ms each
    # message would wait that long.
    sys.setswitchinterval(0.0005)
    # What stays in memory for good need not be traversed in each garbage collection, which holds all visitors up.
    gc.collect()
    gc.freeze()
    yield
    job_queue().close()
    close_store()


app = st.App(
    MAIN,
    lifespan=lifespan,
    middleware=[Middleware(EndQuietly), Middleware(SecureAnswers), Middleware(NameVisitors), Middleware(CompressFiles)],
    exception_handlers={Exception: failed},
    routes=[
        DEFAULT_PAGE,
        ANSWERS,
        Mount("/files", CachedFiles(directory=STATIC)),
        Mount("/plotly", CachedFiles(directory=Path(plotly.__file__).parent / "package_data")),
        *download_routes(),
    ],
)
