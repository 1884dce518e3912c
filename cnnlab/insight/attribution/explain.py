"""What all methods do: the map of the network, that of random weights, and what the comparison says."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from cnnlab.insight.attribution.random_weights import with_random_weights
from cnnlab.insight.attribution.result import Attribution, nothing_to_draw, rank_correlation, verdict
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_targets
from cnnlab.walk import Layer

MOST_IMAGES_AT_ONCE, MOST_PIXELS_AT_ONCE = 64, 200_000
"""What methods of many passes put into one: more takes more memory and no less time, with LeNet on images of 32x32 as
with ResNet-18 on images of 224x224, of which it is four."""

Method = Callable[[ProbedNetwork, Tensor, Tensor], Tensor]
"""From a network, images (N, C, H, W) and classes (N,) to maps (N, h, w)."""


def images_at_once(images: Tensor) -> int:
    """How many images of this size go into one pass of a method that needs many."""
    height, width = images.shape[2:]
    return min(max(MOST_PIXELS_AT_ONCE // (height * width), 1), MOST_IMAGES_AT_ONCE)


def explain(
    network: nn.Module,
    images: Tensor,
    target: int | Sequence[int] | None,
    seed: int,
    method: Method,
    *,
    layers: tuple[Layer, ...] = (),
    index: int = 0,
    shown: Callable[[Tensor], Tensor] = lambda maps: maps,
) -> tuple[Attribution, ...]:
    """One attribution for each of the images, which are checked already.

    `shown` makes what is drawn, (N, H, W), of the maps that are compared. Raises `Refused` if the target is no class.
    """
    probed = ProbedNetwork(network, layers, index)
    images = images.requires_grad_()
    with torch.no_grad():
        scores = probed(images)
    targets = checked_targets(scores, target)
    probabilities = scores.softmax(1)[range(len(images)), targets]
    maps = method(probed, images, targets).detach()
    random_network = ProbedNetwork(with_random_weights(network, seed), layers, index)
    random_maps = method(random_network, images, targets).detach()
    pictures, random_pictures = shown(maps).cpu(), shown(random_maps).cpu()
    found = []
    for i, (compared, random) in enumerate(zip(maps.cpu(), random_maps.cpu(), strict=True)):
        correlation = rank_correlation(compared, random)
        found.append(
            Attribution(
                target=int(targets[i]),
                probability=float(probabilities[i]),
                values=pictures[i],
                random_values=random_pictures[i],
                rank_correlation=correlation,
                check=verdict(correlation, compared.numel()),
                problem=nothing_to_draw(compared, int(targets[i])),
            )
        )
    return tuple(found)
