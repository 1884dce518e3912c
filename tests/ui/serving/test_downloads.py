"""What can be downloaded of runs: at addresses that answer whatever other visitors do, or say why they cannot."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from cnnlab.runs import Store
from cnnlab.runs.store.files import run_folder
from cnnlab.ui.serving.downloads import download_routes
from cnnlab.ui.state.store import run_store
from tests.ui.conftest import open_page, submit


def answer(link: str) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the content of the answer to a request for this link."""
    address = urlsplit(f"/{link}")
    scope = {
        "type": "http",
        "method": "GET",
        "path": address.path,
        "query_string": address.query.encode(),
        "headers": [],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # a browser that stays
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    # Another test's browser may have a loop in this thread.
    with ThreadPoolExecutor() as threads:
        threads.submit(lambda: asyncio.run(Starlette(routes=download_routes())(scope, receive, send))).result()  # type: ignore[arg-type]
    start, *bodies = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(message.get("body", b"") for message in bodies)


def links(test: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.url for link in test.get("link_button")}


def test_weights_are_the_file(store: Store) -> None:
    run_id = submit(store)
    store.request_stop(run_id)
    folder = run_folder(store.folder, run_id)
    folder.mkdir(parents=True)
    (folder / "best.safetensors").write_bytes(b"the best weights")
    offered = links(open_page("runs", run=run_id))
    assert "Last weights" not in offered
    status, headers, content = answer(offered["Best weights"])
    assert (status, content) == (200, b"the best weights")
    assert headers["content-disposition"] == f'attachment; filename="lenet-{run_id}-best.safetensors"'


def test_metrics_and_events_are_of_all_shown_runs(store: Store) -> None:
    runs = [submit(store), submit(store)]
    offered = links(open_page("runs", run=",".join(runs)))
    status, headers, content = answer(offered["Metrics as CSV"])
    assert status == 200
    assert f"runs-{runs[0]}.csv" in headers["content-disposition"]
    assert content.decode("utf-8-sig").startswith("run,name,epoch")
    status, _, content = answer(offered["TensorBoard"])
    assert status == 200
    assert all(run.encode() in content for run in runs)


@pytest.mark.parametrize(
    "link",
    ["metrics", "metrics?run=", "metrics?run=nobody", "events?run=../x", "best-weights?run=%00", "last-weights"],
)
@pytest.mark.usefixtures("store")
def test_a_run_that_is_not_there_is_a_sentence(link: str) -> None:
    status, _, content = answer(f"download/{link}")
    assert status == 404
    assert b"There is no run" in content


def test_weights_that_are_not_there_yet_are_a_sentence(store: Store) -> None:
    status, _, content = answer(f"download/best-weights?run={submit(store)}")
    assert status == 404
    assert b"wait for the end of its first epoch" in content


@pytest.mark.usefixtures("store")
def test_a_store_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_store.clear()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "file"))
    status, _, content = answer("download/metrics?run=x")
    assert status == 503
    assert b"CNNLAB_HOME" in content
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))


@pytest.mark.parametrize("name", ["explore", "compare", "convolution", "train", "runs"])
def test_nothing_is_made_when_it_is_pressed(store: Store, name: str) -> None:
    """Streamlit deletes what is made then as soon as two scripts of any visitors have ended."""
    test = open_page(name, run=submit(store))
    for button in test.get("download_button"):
        assert not button.proto.HasField("deferred_file_id"), button.proto.label
