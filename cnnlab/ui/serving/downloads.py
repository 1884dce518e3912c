"""What can be downloaded of runs, at addresses of its own, and the links to them.

Streamlit deletes what a deferred `st.download_button` has made once two scripts have ended, of any visitors: in a class
that watches its runs that is at once, and the browser finds nothing.
"""

from collections.abc import Callable, Iterable
from typing import Literal
from urllib.parse import urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from cnnlab.runs import NotPossible, Run, Store, StoreUnavailable, UnknownRun
from cnnlab.runs.exporting import epochs_csv, events_zip
from cnnlab.ui.state.shown_runs import MAX_SHOWN
from cnnlab.ui.state.store import run_store
from cnnlab.words.spreadsheet import csv_file

_FOLDER = "download"
Which = Literal["best", "last"]


def weights_link(run: Run, which: Which) -> str:
    """The address of the run's weights, relative to that of a page."""
    return f"{_FOLDER}/{which}-weights?{urlencode({'run': run.id})}"


def metrics_link(runs: Iterable[Run]) -> str:
    """The address of the metrics of the runs, as CSV."""
    return f"{_FOLDER}/metrics?{urlencode({'run': ','.join(run.id for run in runs)})}"


def events_link(runs: Iterable[Run]) -> str:
    """The address of a zip of TensorBoard's files of the runs."""
    return f"{_FOLDER}/events?{urlencode({'run': ','.join(run.id for run in runs)})}"


def offer(label: str, link: str, *, key: str, help: str | None = None, disabled: bool = False) -> None:
    """A button that downloads what is at the link."""
    st.link_button(label, link, icon=":material/download:", key=key, help=help, disabled=disabled)


def download_routes() -> list[BaseRoute]:
    """The routes of all links."""
    answers: dict[str, Callable[[Store, list[Run]], Response]] = {
        "best-weights": lambda store, runs: _weights(store, runs[0], "best"),
        "last-weights": lambda store, runs: _weights(store, runs[0], "last"),
        "metrics": lambda store, runs: _attached(
            csv_file(epochs_csv(store, runs)), "text/csv", f"runs-{runs[0].id}.csv"
        ),
        "events": lambda store, runs: _attached(
            events_zip(store, runs), "application/zip", f"tensorboard-{runs[0].id}.zip"
        ),
    }
    return [Route(f"/{_FOLDER}/{name}", _endpoint(answer)) for name, answer in answers.items()]


def _endpoint(answer: Callable[[Store, list[Run]], Response]) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        ids = [run_id for run_id in request.query_params.get("run", "").split(",") if run_id]
        try:
            store = run_store()
            return answer(store, [store.run(run_id) for run_id in ids[:MAX_SHOWN] or [""]])
        except (UnknownRun, NotPossible) as problem:
            return PlainTextResponse(str(problem), 404)
        except StoreUnavailable as problem:
            return PlainTextResponse(str(problem), 503)

    return respond


def _weights(store: Store, run: Run, which: Which) -> Response:
    path = store.weights(run.id, which)
    if path is None:
        return PlainTextResponse("The run has no such weights: wait for the end of its first epoch.", 404)
    name = f"{run.family}-{run.id}-{which}.safetensors"
    return FileResponse(path, media_type="application/octet-stream", filename=name)


def _attached(content: str | bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
