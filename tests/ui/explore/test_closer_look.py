"""The closer look at the cost on the Explore page: sentences, forecasts, counters and measurements."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.analysis import analyse
from cnnlab.analysis.counters import counts
from cnnlab.analysis.memory import GPUS, largest_batch
from cnnlab.architectures import preset
from cnnlab.training.process_bytes import PROCESS_BYTES
from cnnlab.ui.explore import time as time_view
from cnnlab.walk import by_torch
from cnnlab.words.numbers import exact

MAIN = str(Path(__file__).parents[3] / "cnnlab/ui/main.py")

PATIENCE_SECONDS = 180


def page(tab: str | None = None, **address: str) -> AppTest:
    at = AppTest.from_file(MAIN, default_timeout=120)
    at.query_params.update(address)
    at.session_state["explore.table"] = "Layers"  # torchinfo's text takes longer than all the rest
    if tab is not None:
        at.session_state["explore.cost_part"] = tab
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(element.value for element in at.markdown).replace("\\", "")


def test_the_check_up_says_what_is_wasted() -> None:
    assert "No waste found" in words(page(preset="lenet5_d2l"))
    at = page(preset="vgg16", image_size="32")
    assert "`head.pool` enlarges a map of 1x1 to 7x7" in words(at)
    assert "would leave" not in words(at)
    at.toggle(key="explore.largest").set_value(True).run()
    assert "Dense width = 2048 would leave" in words(at)


def test_totals_that_leave_something_out_say_so_beside_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if nothing were known of what attention comes down to; no other test asks for so many classes.
    monkeypatch.setattr(by_torch, "_has_no_products", lambda _: False)
    at = page(preset="torchvision:vit_b_32", num_classes="1717")
    # Once beside the numbers, and once in the check-up.
    sentences = [warning.value for warning in at.warning if "The totals are partial" in warning.value]
    assert len(sentences) == 2
    assert all("`multi_head_attention_forward`" in sentence for sentence in sentences)
    deltas = {metric.label: metric.delta for metric in at.metric}
    assert deltas["MACs"] == deltas["Activations"] == "lower bound"
    assert deltas["Parameters"] != deltas["MACs"]
    assert not any("partial" in warning.value for warning in page(preset="resnet18").warning)


def test_memory_follows_its_controls() -> None:
    at = page("Training memory", preset="resnet18")

    def expected(**changes: object) -> list[str]:
        """The batches whose training step fits, where a GPU is free but for its process."""
        report, options = analyse(preset("resnet18")), {"number_type": "float32", **changes}
        free = [gpu - PROCESS_BYTES["cuda"] for gpu in GPUS.values()]
        return [exact(largest_batch(report, available_bytes=each, **options)) for each in free]  # type: ignore[arg-type]

    def largest_batches() -> list[str]:
        return next(list(each.value["Largest batch"]) for each in at.dataframe if "Largest batch" in each.value)

    assert largest_batches() == expected(optimizer="adam")
    at.selectbox(key="explore.memory.optimizer").set_value("sgd").run()
    at.selectbox(key="explore.memory.numbers").set_value("bfloat16").run()
    assert not at.exception
    assert largest_batches() == expected(optimizer="sgd", number_type="bfloat16")


def test_every_counter_is_listed_with_its_total() -> None:
    at = page("Whose FLOPs?", preset="resnet18")
    table = next(each.value for each in at.table if "Counter" in each.value)
    found = counts(analyse(preset("resnet18")))
    digits = [re.sub(r"\D", "", text) for text in table["Prints"]]
    assert digits == [str(each.total) for each in found]
    assert list(table["Counter"]) == [each.counter.name for each in found]


def test_a_measurement_is_shown() -> None:
    at = page("Measured time", preset="lenet5_d2l")
    assert at.button(key="explore.time.stop").disabled
    at.select_slider(key="explore.time.largest").set_value(1).run()
    at.button(key="explore.time.begin").click().run()
    finish(at)
    table = next(each.value for each in at.dataframe if "Median" in each.value)
    assert list(table["Pass"]) == ["forward", "forward and backward"]
    assert list(table["Batch"]) == [1, 1]
    labels = [metric.label for metric in at.metric]
    assert "Least, by the roofline" in labels
    assert at.button(key="explore.time.stop").disabled


def test_two_do_not_measure_at_once() -> None:
    at = page("Measured time", preset="lenet5_d2l")
    assert time_view._measuring.acquire(blocking=False)
    try:
        at.button(key="explore.time.begin").click().run()
        finish(at)
    finally:
        time_view._measuring.release()
    assert any("Another measurement is running" in error.value for error in at.error)


def test_a_measurement_is_stopped_and_keeps_what_it_has() -> None:
    at = page("Measured time", preset="vgg16")
    at.button(key="explore.time.begin").click().run()
    assert at.button(key="explore.time.begin").disabled
    job = at.session_state["explore.time.measurement"].job
    at.button(key="explore.time.stop").click().run()
    finish(at)
    assert job.is_cancelled
    assert not job.complete
    assert not at.error
    assert not at.button(key="explore.time.begin").disabled


def finish(at: AppTest) -> None:
    """Waits for the measurement, and draws the page with it."""
    assert at.session_state["explore.time.measurement"].job.wait(PATIENCE_SECONDS)
    at.run()
    assert not at.exception


def test_a_broken_network_has_its_costs_up_to_the_break() -> None:
    for tab in ("Check-up", "Training memory", "Whose FLOPs?", "Measured time"):
        page(tab, preset="lenet5_tutorial", image_size="16", kernel_sizes="5,7")
