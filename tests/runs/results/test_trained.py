"""The network of a run after an epoch: that which was tested, and what is said where it is not kept."""

from contextlib import closing
from pathlib import Path

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.runs import NotPossible, Run, Store, open_store
from cnnlab.runs.results.trained import images_of, network_at, network_epochs
from cnnlab.runs.store.files import epoch_file
from cnnlab.training import Recipe
from cnnlab.training.loop import Training
from tests.runs.conftest import QUICK, submit, wait_for_end


@pytest.fixture(scope="module")
def averaged_run(served: Store) -> Run:
    """One whose tested network is not the trained one."""
    run: Run = wait_for_end(served, submit(served, QUICK.replace(ema_decay=0.9)))
    return run


def test_each_epoch_has_the_network_that_was_tested(served: Store, averaged_run: Run) -> None:
    data = images_of(averaged_run)
    index = torch.arange(len(data.test_labels))
    ends = {end.epoch: end for end in served.curve(averaged_run.id).epoch_ends}
    for epoch in (1, 2):
        network = network_at(averaged_run, epoch, folder=served.folder)
        with torch.no_grad():
            found = network(data.batch(data.test_images, index)).argmax(1)
        assert (found == data.test_labels).float().mean().item() == pytest.approx(ends[epoch].test_accuracy)


def test_epoch_0_has_the_weights_with_which_the_training_began(served: Store, averaged_run: Run) -> None:
    begun = Training(averaged_run.spec, averaged_run.recipe).network
    found = network_at(averaged_run, 0, folder=served.folder)
    for name, tensor in begun.state_dict().items():
        assert torch.equal(tensor, found.state_dict()[name]), name


def test_the_last_one_is_taken_and_a_missing_one_is_explained(served: Store, averaged_run: Run) -> None:
    last, second = (network_at(averaged_run, epoch, folder=served.folder) for epoch in (None, 2))
    assert all(map(torch.equal, last.state_dict().values(), second.state_dict().values()))
    with pytest.raises(NotPossible, match=r"after epoch 3 is not kept: choose one of 0, 1, 2\."):
        network_at(averaged_run, 3, folder=served.folder)


def test_a_fork_begins_with_the_weights_of_its_parent(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="early", owner="ann")
        path = epoch_file(tmp_path, run.id, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert network_epochs(run, tmp_path) == [0, 1]
        fork = store.submit(run.spec, run.recipe, name="fork", owner="ann", parent=run.id, parent_epoch=1)
        assert network_epochs(fork, tmp_path) == []
        with pytest.raises(NotPossible, match="wait for the end of its first epoch"):
            network_at(fork, folder=tmp_path)
