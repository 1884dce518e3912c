"""A map from what happens to the answer when a part of the image is covered."""

from collections.abc import Sequence

from captum.attr import Occlusion
from torch import Tensor, nn

from cnnlab.insight.attribution.explain import explain, images_at_once
from cnnlab.insight.attribution.result import Attribution
from cnnlab.insight.layers import layers_of
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_count, checked_images

WINDOWS_PER_SIDE = 7
"""The square that covers the image is this part of its side by default; each time it moves by half of itself."""


def occlusion(
    network: nn.Module,
    images: Tensor,
    target: int | Sequence[int] | None = None,
    *,
    window: int | None = None,
    stride: int | None = None,
    baseline: float = 0.0,
    seed: int = 0,
) -> tuple[Attribution, ...]:
    """For each image of (N, C, H, W), how much of a class's probability is lost when a pixel is covered.

    A square of `window` pixels with the value `baseline`, 0 being the mean of normalised images, moves over the image
    by `stride` pixels. A pixel gets the mean loss over the squares that cover it; its unit is a probability, and it is
    negative where covering helps. By default `window` is a seventh of the shorter side and `stride` half of `window`.
    `target`, `seed` and what is raised are those of `saliency`, and `Refused` for a window that is larger than the
    image, or a stride that leaves pixels out. (Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional
    Networks", section 4.2.)

    >>> import cnnlab, torch
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> (found,) = cnnlab.occlusion(network, torch.rand(1, 1, 32, 32), target=3, window=8)
    >>> found.values.shape
    torch.Size([32, 32])
    """
    images = checked_images(network, images)
    layers_of(network, tuple(images.shape[1:]))
    shorter = min(images.shape[2:])
    window = checked_count("window", max(shorter // WINDOWS_PER_SIDE, 1) if window is None else window, shorter)
    stride = checked_count("stride", max(window // 2, 1) if stride is None else stride, window)
    channels = images.shape[1]

    def maps(network: ProbedNetwork, images: Tensor, targets: Tensor) -> Tensor:
        found: Tensor = Occlusion(lambda covered: network(covered).softmax(1)).attribute(
            images,
            sliding_window_shapes=(channels, window, window),
            strides=(channels, stride, stride),
            baselines=baseline,
            target=targets,
            perturbations_per_eval=max(images_at_once(images) // len(images), 1),
        )
        # All channels are covered at once, and have the same value.
        return found[:, 0]

    return explain(network, images, target, seed, maps)
