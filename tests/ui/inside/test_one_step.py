"""One step on the Inside page: its numbers are the library's, for each optimizer, and the mistakes have theirs."""

import json
from typing import get_args

import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnlab.insight.one_step import lowest_loss_with_softmax, one_step
from cnnlab.insight.one_step.report import StepReport, step_report
from cnnlab.optimizer_kinds import OptimizerKind
from cnnlab.runs import Run, Store
from cnnlab.runs.isolated import one_step as isolated
from cnnlab.runs.isolated.tasks import TASKS
from cnnlab.runs.results.trained import images_of, network_at
from cnnlab.training import Recipe
from cnnlab.ui.inside import asking
from tests.ui.conftest import open_page
from tests.ui.inside.conftest import RECIPE, ask, trained_run

NAMES = ("zero_grad", "forward", "loss", "grad_fn", "backward", "gradients", "update")


def batch_of(run: Run, size: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """The images and labels of the page's batch: evenly from the 128 training images that it has."""
    data = images_of(run)
    some = torch.linspace(0, len(data.train_labels) - 1, 128).round().long()
    some = some[torch.linspace(0, 127, size).round().long()]
    return data.batch(data.train_images, some), data.train_labels[some]


def step_of(run: Run, store: Store, recipe: Recipe = RECIPE, number: int = 1) -> StepReport:
    """The step that the page should show."""
    images, labels = batch_of(run)
    *_, report = step_report(network_at(run, folder=store.folder), images, labels, recipe, number)
    assert report is not None
    return report


def open_state(name: str, **parameters: str) -> AppTest:
    return go_to(open_page("inside", view="step", **parameters), name)


def go_to(page: AppTest, name: str) -> AppTest:
    page.segmented_control("inside.step.state").set_value(1 + NAMES.index(name)).run()
    assert not page.exception
    return page


def text(page: AppTest) -> str:
    """All that it says, without Markdown's backslashes."""
    parts = (*page.main.markdown, *page.main.caption, *page.main.code)
    return "\n".join(part.value for part in parts).replace("\\", "")


def column(page: AppTest, title: str) -> list[str]:
    """A column of the table, as it is read."""
    return [value.replace("\\", "") for value in page.main.table[-1].value[title]]


def test_every_state_shows_its_code_and_its_sentence(trained: Run, store: Store) -> None:
    report = step_of(trained, store)
    page = open_page("inside", view="step", run=trained.id)
    for state in report.states:
        assert page.main.header[0].value == f"{state.number} · `{state.name}`"
        assert "\n".join(state.code) in [code.value for code in page.code]
        assert state.sentence in text(page)
        if state.number < len(NAMES):
            page.button("inside.step.next").click().run()
            assert not page.exception
    assert page.button("inside.step.next").disabled
    page.button("inside.step.previous").click().run()
    assert page.main.header[0].value == "6 · `gradients`"


@pytest.mark.parametrize("kind", get_args(OptimizerKind))
def test_the_update_of_each_optimizer(trained: Run, store: Store, kind: OptimizerKind) -> None:
    page = open_state("update", run=trained.id)
    page.selectbox("inside.step.optimizer").set_value(kind).run()
    page.segmented_control("inside.step.number").set_value(2).run()
    assert not page.exception
    report = step_of(trained, store, RECIPE.replace(optimizer=kind), number=2)
    assert "\n".join(report.by_hand) in text(page)
    example = report.tensors[0].example
    assert example is not None
    assert f"by hand, in float32   p = {example.by_hand:.9g}" in text(page)
    assert f"optimizer.step()      p = {example.by_optimizer:.9g}" in text(page)
    assert "all weights are equal up to rounding: none differs by more than 2e-06 of itself" in text(page)
    assert column(page, "norm of the update") == [f"{tensor.update_norm:.4g}" for tensor in report.tensors]


def test_the_controls_change_the_step(trained: Run, store: Store) -> None:
    page = open_state("loss", run=trained.id, epoch="0")
    page.segmented_control("inside.step.size").set_value(2).run()
    page.select_slider("inside.step.rate").set_value(0.5).run()
    assert len(page.table[0].value) == 2
    images, labels = batch_of(trained, 2)
    step = one_step(network_at(trained, 0, folder=store.folder), images, labels, RECIPE.replace(learning_rate=0.5))
    assert step.states[2].sentence in text(page)
    assert step.states[6].sentence in text(go_to(page, "update"))


def test_a_forgotten_zero_grad(trained: Run, store: Store) -> None:
    page = open_page("inside", view="step", run=trained.id)
    assert not page.table
    page.toggle("inside.step.forget").set_value(True).run()
    found = step_of(trained, store).forgotten
    assert found.num_doubled == found.num_weights
    assert found.sentence in text(page)
    assert column(page, "without") == [f"{norm:.4g}" for norm in found.accumulated_norms.values()]


def test_a_softmax_before_the_loss(trained: Run, store: Store) -> None:
    page = open_state("loss", run=trained.id)
    page.toggle("inside.step.softmax").set_value(True).run()
    found = step_of(trained, store).softmax
    assert found.sentence in text(page)
    numbers = {metric.label: metric.value for metric in page.metric}
    assert numbers["Cross-entropy never under"] == f"{lowest_loss_with_softmax(10):.4f}" == "1.4612"
    assert numbers["Cross-entropy of the softmax"] == f"{found.loss_with_softmax:.4f}"


def test_the_graph_is_walked_node_by_node(trained: Run) -> None:
    page = open_state("grad_fn", run=trained.id)
    for _ in range(2):
        page.button("inside.step.input.0").click().run()
    assert "node = node.next_functions[0][0]  # AddmmBackward0" in text(page)
    assert "first function behind it is therefore the `AccumulateGrad` of its bias" in text(page)
    page.button("inside.step.input.0").click().run()
    assert "# classifier.output.bias" in text(page)
    assert page.button("inside.step.along").disabled
    page.button("inside.step.back").click().run()
    page.button("inside.step.along").click().run()
    assert "node = node.next_functions[1][0]  # ReluBackward0" in text(page)
    page.button("inside.step.to_loss").click().run()
    assert "node = loss.grad_fn  # NllLossBackward0" in text(page)


def test_the_norms_of_the_gradients_are_drawn(trained: Run, store: Store) -> None:
    page = open_state("gradients", run=trained.id)
    norms = {tensor.name: tensor.gradient_norm for tensor in step_of(trained, store).tensors}
    (chart,) = (part.proto for part in page.get("bidi_component") if "live_chart" in part.proto.component_name)
    traces = json.loads(chart.json)["figure"]["data"]
    assert {name: x for trace in traces for name, x in zip(trace["text"], trace["x"], strict=True)} == norms


@pytest.mark.usefixtures("store")
def test_an_untrained_network() -> None:
    page = open_state("forward", preset="lenet5_d2l", image_size="28", dataset="digits", initialisation="xavier")
    assert "logits for each of 8 images" in text(page)


@pytest.mark.usefixtures("store")
def test_a_large_network_is_computed_elsewhere_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "IN_PAGE_SECONDS", 0.0)
    monkeypatch.setattr(isolated, "results_of", lambda task, arguments: TASKS[task](arguments))
    page = open_page("inside", view="step", preset="resnet20_cifar", dataset="shapes")
    assert not page.code
    ask(page, "step")
    assert "`zero_grad` removes the gradients of the step before: 59 of 59" in text(page)
    go_to(page, "backward")
    assert len(page.dataframe[0].value) == 59


def test_another_network_with_another_learning_rate(trained: Run, store: Store, checkpoints: dict[int, bytes]) -> None:
    other = trained_run(store, checkpoints, RECIPE.replace(learning_rate=0.003, optimizer="rmsprop"))
    page = open_state("update", run=other.id)
    assert page.select_slider("inside.step.rate").value == 0.003
    assert "RMSprop by hand" in text(page)
    page.selectbox("inside.run").set_value(trained.id).run()
    assert not page.exception
    assert not page.error
    assert page.segmented_control("inside.step.state").value == 7
