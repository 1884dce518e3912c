"""The network of a run after any of its epochs, and the images that it was tested on."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.home import default_folder
from cnnlab.runs.run import NotPossible, Run
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from torch import nn

    from cnnlab.architectures import NetworkSpec
    from cnnlab.data.adapted import Adapted


def network_epochs(run: Run, folder: Path | None = None) -> list[int]:
    """The epochs after which the network is kept. Epoch 0, before the first step, is always there but in a fork."""
    from cnnlab.runs.store.files import kept_epochs

    kept = kept_epochs(folder or default_folder(), run.id)
    return kept if run.parent else [0, *kept]


def network_at(run: Run, epoch: int | None = None, *, folder: Path | None = None) -> "nn.Module":
    """The network as it was tested after that epoch, or after the last one: on the CPU, in eval mode.

    After epoch 0 it has its initial weights. `folder` is that of the store, by default the user's. Raises
    `NotPossible` where the weights of that epoch are not kept, and `DamagedCheckpoint` where they cannot be read.

    >>> import time
    >>> from cnnlab.architectures import preset
    >>> from cnnlab.runs import open_store, submit
    >>> from cnnlab.training import Recipe
    >>> run, store = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2)), open_store()
    >>> while store.run(run.id).active:
    ...     time.sleep(0.1)
    >>> network_epochs(run)
    [0, 1, 2]
    >>> before, after = network_at(run, 0), network_at(run)
    >>> bool((before.features.conv1.weight == after.features.conv1.weight).any())
    False
    >>> store.close()
    """
    from cnnlab.runs.store.files import epoch_file
    from cnnlab.training.initialise import initial_network

    kept = network_epochs(run, folder)
    wanted = kept[-1] if epoch is None and kept else epoch
    if wanted not in kept or wanted is None:
        template = "The network of run {name!r} after epoch {epoch} is not kept: {remedy}."
        remedy = (
            Sentence("choose one of {kept}", kept=", ".join(map(str, kept)))
            if kept
            else Sentence("wait for the end of its first epoch")
        )
        raise NotPossible(Sentence(template, name=run.name, epoch="–" if epoch is None else epoch, remedy=remedy))
    if wanted == 0:
        return initial_network(run.spec, run.recipe.initialisation, run.recipe.seed).eval()
    return read_network(run.spec, epoch_file(folder or default_folder(), run.id, wanted))


def read_network(spec: "NetworkSpec", file: Path) -> "nn.Module":
    """The network of a checkpoint as it was tested, in eval mode. Raises `DamagedCheckpoint`."""
    from cnnlab.building import build
    from cnnlab.training.checkpoint import read_checkpoint

    checkpoint = read_checkpoint(file)
    network = build(spec)
    checkpoint.load_into(network, averaged=bool(checkpoint.averaged))
    return network.eval()


def images_of(run: Run) -> "Adapted":
    """The images of a run's data set, split and adapted as in its training. Raises `Refused` where it is missing."""
    from cnnlab.data import adapt, load

    return adapt(load(run.recipe.dataset), run.spec, run.recipe)


def input_of(run: Run) -> "Adapted":
    """How other images become the input of a run's network: its size, its channels, its mean and deviation.

    It holds no images. Raises `Refused` where the data set is missing.
    """
    return images_of(run).without_images()
