"""Parameters over the epochs of a run: those of the network that was tested, on one scale."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.insight.parameters import parameter_tensors
from cnnlab.runs import NotPossible, Run, open_store
from cnnlab.runs.results.trained import network_at
from cnnlab.runs.results.weight_history import weight_history, weight_table
from cnnlab.runs.store.files import epoch_file
from cnnlab.spec import Refused
from cnnlab.training import EpochEnd, Recipe, Training
from cnnlab.training.checkpoint import DamagedCheckpoint, checkpoint_bytes

EPOCHS = 5
NAME = "features.conv2.weight"


@pytest.fixture(scope="module", params=[0.0, 0.9], ids=["", "averaged"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Run]]:
    """A run with the checkpoints of its epochs."""
    folder = tmp_path_factory.mktemp("home")
    recipe = Recipe(dataset="digits", train_share=0.1, epochs=EPOCHS, ema_decay=request.param)
    with closing(open_store(folder)) as store:
        run = store.submit(preset("lenet5_tutorial"), recipe, name="a run", owner="ann")
        training = Training(run.spec, run.recipe)
        for event in training.events():
            if isinstance(event, EpochEnd):
                path = epoch_file(folder, run.id, event.epoch)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(checkpoint_bytes(training.checkpoint()))
        yield folder, run


def test_a_tensor_is_described_after_each_epoch(trained: tuple[Path, Run]) -> None:
    folder, run = trained
    history = weight_history(run, NAME, folder=folder, num_bins=11)
    assert history.epochs == tuple(range(EPOCHS + 1))
    assert history.shape == (16, 6, 5, 5)
    assert history.counts.shape == (EPOCHS + 1, 11)
    assert history.counts.sum(axis=1).tolist() == [2400] * (EPOCHS + 1)
    for i, epoch in enumerate(history.epochs):
        values = network_at(run, epoch, folder=folder).get_parameter(NAME).detach()
        assert history.means[i] == pytest.approx(values.mean().item(), abs=1e-7)
        assert history.stds[i] == pytest.approx(values.std(correction=0).item(), rel=1e-4)
        assert history.quantiles[i, 3] == pytest.approx(values.flatten().quantile(0.5).item(), abs=1e-7)
        assert history.quantiles[i, 0] >= history.edges[0]
        assert history.quantiles[i, -1] <= history.edges[-1]
    assert history.quantiles.min() == history.edges[0]
    assert history.quantiles.max() == history.edges[-1]


def test_some_epochs_of_many_and_the_first_and_last_one(trained: tuple[Path, Run]) -> None:
    folder, run = trained
    assert weight_history(run, NAME, folder=folder, max_epochs=3).epochs == (0, 1, 3, 5)


def test_the_table_has_all_tensors(trained: tuple[Path, Run]) -> None:
    folder, run = trained
    table = weight_table(run, folder=folder)
    last = table[table.epoch == EPOCHS]
    expected = parameter_tensors(network_at(run, folder=folder))
    assert last.name.tolist() == [tensor.name for tensor in expected]
    assert last["mean"].tolist() == pytest.approx([tensor.mean for tensor in expected], abs=1e-7)
    assert last["std"].tolist() == pytest.approx([tensor.std for tensor in expected], rel=1e-4)
    assert len(table) == (EPOCHS + 1) * len(expected)


def test_what_cannot_be_read_is_a_sentence(trained: tuple[Path, Run], tmp_path: Path) -> None:
    folder, run = trained
    with pytest.raises(Refused, match=r"'features.conv9.weight' is none: did you mean features\.conv"):
        weight_history(run, "features.conv9.weight", folder=folder)
    with pytest.raises(NotPossible, match="wait for the end of its first epoch"):
        weight_table(replace(run, parent="another", parent_epoch=1), folder=tmp_path)
    path = epoch_file(tmp_path, run.id, 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    with pytest.raises(DamagedCheckpoint, match=r"epoch-1\.safetensors is damaged"):
        weight_history(run, NAME, folder=tmp_path)


def test_values_that_are_no_numbers_are_counted(trained: tuple[Path, Run], tmp_path: Path) -> None:
    _, run = trained
    training = Training(run.spec, run.recipe)
    with torch.no_grad():
        for network in {training.network, training.tested_network}:
            network.get_parameter(NAME)[0] = torch.nan
            network.get_parameter("features.conv1.bias").fill_(torch.inf)
    path = epoch_file(tmp_path, run.id, 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(checkpoint_bytes(training.checkpoint()))
    history = weight_history(run, NAME, folder=tmp_path)
    assert history.num_not_finite.tolist() == [0, 150]
    assert history.counts.sum(axis=1).tolist() == [2400, 2250]
    without = weight_history(run, "features.conv1.bias", folder=tmp_path)
    assert np.isnan(without.means[1])
    assert without.counts.sum(axis=1).tolist() == [6, 0]
    table = weight_table(run, folder=tmp_path).set_index(["epoch", "name"])
    assert table.loc[(1, NAME)].isna().all()
