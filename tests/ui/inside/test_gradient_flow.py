"""The gradient flow of one run and of two, of one that trains, and of one that has none."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.runs import Store
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import Finished
from tests.runs.results.test_norms import made, write_norms
from tests.ui.conftest import open_page, submit

EVIL = "<img src=x> **bold** :red[r]"


def measured(store: Store, name: str, *firsts: float, ends: bool = True) -> str:
    """A run whose first layer had these gradient norms."""
    run_id = submit(store, name)
    write_norms(store.folder, store.run(run_id), *(made(1 + 10 * i, first=first) for i, first in enumerate(firsts)))
    if ends:
        end(store, run_id)
    return run_id


def end(store: Store, run_id: str) -> None:
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    finished = Finished(
        state="done",
        test_accuracy=None,
        best_test_accuracy=None,
        best_epoch=None,
        examples_per_second=1.0,
        device="cpu",
        seconds=1.0,
    )
    pen.write(finished)


def page_of(*run_ids: str) -> AppTest:
    return open_page("inside", run=",".join(run_ids), view="gradient-flow")


def charts(page: AppTest) -> list[dict[str, Any]]:
    found = [part.proto for part in page.get("bidi_component") if "live_chart" in part.proto.component_name]
    return [json.loads(part.bytes) for part in found if part.bytes]


def texts(page: AppTest) -> str:
    return " ".join(part.value for part in (*page.markdown, *page.info))


def test_a_run_is_drawn_and_judged(store: Store) -> None:
    page = page_of(measured(store, EVIL, 1e-5, 0.5))
    (chart,) = charts(page)
    assert chart["alt"].startswith("Gradient norm of 5 layers")
    assert len(chart["figure"]["data"][0]["z"]) == 5
    assert ":green-badge[:material/check: gradient fine]" in texts(page)
    assert "**Step 11**: The gradient reaches all 5 layers" in texts(page)
    assert "**At its worst, in step 1**: The gradient vanishes on its way back" in texts(page)
    assert "### \\<img src\\=x\\> \\*\\*bold" in texts(page)
    next(part for part in page.segmented_control if part.key == "inside.quantity").set_value("relative").run()
    assert charts(page)[0]["alt"].startswith("Gradient norm / weight norm of 5 layers")


def test_two_runs_stand_beside_each_other_on_one_scale(store: Store) -> None:
    page = page_of(measured(store, "first", 1.0, 1.0), measured(store, "second", 1e-6, 0.0))
    first, second = (chart["figure"]["data"][0] for chart in charts(page))
    assert (first["zmin"], first["zmax"]) == (second["zmin"], second["zmax"])
    assert "exactly 0 in 1 of 5 layers" in texts(page)
    box = next(part for part in page.selectbox if part.label == "Beside it")
    box.set_value(None).run()
    assert len(charts(page)) == 1


def test_a_run_that_waits_and_one_that_has_none_say_what_to_do(store: Store) -> None:
    waiting, early = submit(store, "waiting"), submit(store, "early")
    end(store, early)
    page = page_of(waiting, early)
    assert not charts(page)
    assert "wait for its first step" in texts(page)
    assert "a version that kept none" in texts(page)
    assert [button.label for button in page.button if "Train" in button.label] == ["Train it again"]


@pytest.mark.usefixtures("store")
def test_an_untrained_network_has_no_gradients_yet() -> None:
    page = open_page("inside", preset="lenet5_tutorial", dataset="digits", view="gradient-flow")
    assert "before its first step" in texts(page)
