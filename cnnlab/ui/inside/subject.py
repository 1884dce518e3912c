"""What the Inside page is about: this image in this network after this epoch."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from cnnlab.analysis import analyse
from cnnlab.architectures import NetworkSpec
from cnnlab.bounded_cache import bounded_cache
from cnnlab.data.adapted import Adapted
from cnnlab.runs import NotPossible, Run
from cnnlab.training import Recipe
from cnnlab.training.initialise import initial_network
from cnnlab.ui.state.loaded_networks import loaded_network
from cnnlab.ui.state.shown_images import shown_images
from cnnlab.words.numbers import count, macs
from cnnlab.words.sentence import Sentence

MAX_MACS, MAX_PARAMS = 5 * 10**9, 70 * 10**6
"""The multiply-accumulates of one image, and the parameters, of a network that this server looks into: more would hold
up all its visitors, or take their memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A network after an epoch, and one test image.

    `run` is None for a network before its first step. `network` is in eval mode and shared by all visitors: a method
    works on it without changing it. `index` is the image's number among the test images, from 0; `images` (1, C, H, W)
    is the network's input, and `probabilities` (classes,) its answer. `layer` is the one that the address names, or "".
    """

    run: Run | None
    name: str
    spec: NetworkSpec
    recipe: Recipe
    epoch: int
    index: int
    layer: str
    network: nn.Module = field(repr=False)
    data: Adapted = field(repr=False)
    images: Tensor = field(repr=False)
    probabilities: Tensor = field(repr=False)

    @property
    def label(self) -> int:
        """The class of the image."""
        return int(self.data.test_labels[self.index])

    @property
    def answer(self) -> int:
        """The class that the network takes the image for."""
        return int(self.probabilities.argmax())

    @property
    def key(self) -> tuple[object, ...]:
        """What identifies network and image, to cache what is computed of them."""
        return (*network_key(self.run, self.spec, self.recipe, self.epoch), self.index)

    def class_name(self, number: int) -> str:
        """The name of a class; outputs that no class of the data has are numbers."""
        names = self.data.card.classes
        return names[number] if number < len(names) else str(number)


def network_key(run: Run | None, spec: NetworkSpec, recipe: Recipe, epoch: int) -> tuple[object, ...]:
    """What identifies a network with its weights."""
    return (spec, recipe.initialisation, recipe.seed) if run is None else (run.id, epoch)


def make_subject(
    run: Run | None, name: str, spec: NetworkSpec, recipe: Recipe, *, epoch: int, index: int, layer: str
) -> Subject:
    """Loads the network and the image, and asks the one about the other.

    Raises `NotPossible`, `Refused`, `StoreUnavailable`, `UnknownRun` and `DamagedCheckpoint`.
    """
    _check_size(spec)
    data = shown_images(spec, recipe)
    network = _untrained((spec, recipe.initialisation, recipe.seed)) if run is None else loaded_network((run.id, epoch))
    images = data.batch(data.test_images, torch.tensor([index]))
    with torch.inference_mode():
        probabilities = network(images)[0].softmax(0)
    return Subject(
        run=run,
        name=name,
        spec=spec,
        recipe=recipe,
        epoch=epoch,
        index=index,
        layer=layer,
        network=network,
        data=data,
        images=images,
        probabilities=probabilities,
    )


def _check_size(spec: NetworkSpec) -> None:
    cost = analyse(spec)
    if cost.macs <= MAX_MACS and cost.params <= MAX_PARAMS:
        return
    raise NotPossible(
        Sentence(
            "The network has {params} parameters and takes {macs} for an image; a page looks into networks of at most"
            " {max_params} and {max_macs}, because all visitors share its memory. Choose a smaller network or smaller"
            " images, or use `cnnlab.feature_maps` and its like in a program of your own.",
            params=count(cost.params),
            macs=macs(cost.macs),
            max_params=count(MAX_PARAMS),
            max_macs=macs(MAX_MACS),
        )
    )


@bounded_cache(size=lambda network: sum(p.nbytes for p in network.parameters()), limit=512 * 2**20)
def _untrained(key: tuple[NetworkSpec, str, int]) -> nn.Module:
    spec, initialisation, seed = key
    return initial_network(spec, initialisation, seed).eval()
