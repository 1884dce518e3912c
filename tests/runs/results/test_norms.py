"""The norms of a run by layer, what is said of them, and what is said where there are none."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnnlab.architectures import preset
from cnnlab.insight.weighted_layers import tensor_names, weighted_layers
from cnnlab.runs import NotPossible, Run, open_store
from cnnlab.runs.results.norms import LayerNorms, layer_norms, norms
from cnnlab.runs.store.files import norms_file, run_folder
from cnnlab.runs.store.norms_file import append_norms, norms_records
from cnnlab.training import Recipe
from cnnlab.training.events import TensorNorms

SPEC = preset("lenet5_tutorial")
NAMES = tensor_names(SPEC)


def write_norms(folder: Path, run: Run, *measured: TensorNorms) -> None:
    run_folder(folder, run.id).mkdir(parents=True, exist_ok=True)
    file = norms_records(norms_file(folder, run.id))
    for one in measured:
        append_norms(file, one, one.step / 100, 10**9)


def made(step: int, *, first: float = 1.0) -> TensorNorms:
    """All gradients are 1, but that of the first layer's weights."""
    return TensorNorms(step=step, gradients=(first, *[1.0] * (len(NAMES) - 1)), weights=(2.0,) * len(NAMES))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    with closing(open_store(tmp_path)) as store:
        return store.submit(SPEC, Recipe(dataset="digits"), name="early", owner="ann")


def test_layers_have_the_norms_of_their_weights(tmp_path: Path, run: Run) -> None:
    write_norms(tmp_path, run, made(1, first=3.0), made(40, first=0.5))
    found, layers = norms(run, folder=tmp_path), layer_norms(run, folder=tmp_path)
    assert found.tensors == NAMES
    assert found.steps.tolist() == layers.steps.tolist() == [1, 40]
    assert found.seconds == pytest.approx([0.01, 0.4])
    assert layers.layers == tuple(layer.name for layer in weighted_layers(SPEC))
    assert layers.gradients.tolist() == [[3.0, 1.0, 1.0, 1.0, 1.0], [0.5, 1.0, 1.0, 1.0, 1.0]]
    assert layers.relative[0].tolist() == [1.5, 0.5, 0.5, 0.5, 0.5]
    assert len(norms(run, folder=tmp_path, max_points=1).steps) <= 2


def test_the_worst_step_is_found(tmp_path: Path, run: Run) -> None:
    write_norms(
        tmp_path, run, made(1), made(2, first=1e-4), made(3, first=1e-6), made(4, first=0.5), made(5, first=0.1)
    )
    layers = layer_norms(run, folder=tmp_path)
    assert layers.diagnosis().verdict == "fine"
    assert layers.diagnosis(2).verdict == "vanishing"
    assert layers.worst() == 2
    write_norms(tmp_path, run, made(6, first=0.0), made(7, first=float("nan")), made(8))
    layers = layer_norms(run, folder=tmp_path)
    assert [layers.diagnosis(i).verdict for i in (5, 6)] == ["zero", "not_finite"]
    assert layers.worst() == 6


def test_weights_of_zero_have_no_finite_ratio() -> None:
    values = np.array([[0.0, 1.0, 1.0]])
    made_up = LayerNorms(
        steps=np.array([1]), seconds=np.ones(1), layers=("a", "b", "c"), gradients=values, weights=np.array([[0, 0, 2]])
    )
    assert made_up.relative.tolist() == [[0.0, np.inf, 0.5]]


def test_a_run_without_norms_says_why(tmp_path: Path, run: Run) -> None:
    with pytest.raises(NotPossible, match="'early' has no gradient norms yet: wait for its first step"):
        norms(run, folder=tmp_path)
    with pytest.raises(NotPossible, match=r"a version that kept none\. Train it again"):
        norms(replace(run, state="done", step=9), folder=tmp_path)
    graphed = replace(run, state="done", step=9, device="cuda:0", recipe=run.recipe.replace(cuda_graph=True))
    with pytest.raises(NotPossible, match="Train it again with `cuda_graph` off"):
        norms(graphed, folder=tmp_path)
    write_norms(tmp_path, run, TensorNorms(step=1, gradients=(1.0,), weights=(1.0,)))
    with pytest.raises(NotPossible, match="are of 1 parameter tensors, and its network has 10"):
        norms(run, folder=tmp_path)
