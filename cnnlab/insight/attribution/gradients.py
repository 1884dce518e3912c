"""Maps from the gradient of a class's score with respect to the pixels."""

from collections.abc import Sequence

from captum.attr import IntegratedGradients, Saliency
from torch import Tensor, nn

from cnnlab.insight.attribution.explain import explain, images_at_once
from cnnlab.insight.attribution.result import Attribution
from cnnlab.insight.layers import layers_of
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_count, checked_images

STEPS = 32
"""Points at which the gradient is integrated: Sundararajan and others find 20 to 300 enough."""
MOST_STEPS = 1000


def saliency(
    network: nn.Module, images: Tensor, target: int | Sequence[int] | None = None, *, seed: int = 0
) -> tuple[Attribution, ...]:
    """For each image of (N, C, H, W), how strongly each pixel changes the score of a class.

    The absolute value of the gradient of the score, before the softmax, with respect to the pixel; of several channels
    the largest. Its unit is that of the score for each unit of the pixel. `target` is one class, or one for each image;
    by default that of the highest score. `seed` draws the random weights of the check. The network stays as it is.
    Raises `Refused` if the network cannot take the images or there is no such class. (Simonyan, Vedaldi and Zisserman
    2013, "Deep Inside Convolutional Networks", section 3; the check: Adebayo and others 2018, "Sanity Checks for
    Saliency Maps", section 3.)

    >>> import cnnlab, torch
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> (found,) = cnnlab.saliency(network, torch.rand(1, 1, 32, 32), target=3)
    >>> found.values.shape, found.target, found.problem
    (torch.Size([32, 32]), 3, None)
    """
    images = checked_images(network, images)
    layers_of(network, tuple(images.shape[1:]))
    return explain(network, images, target, seed, _saliency_maps)


def _saliency_maps(network: ProbedNetwork, images: Tensor, targets: Tensor) -> Tensor:
    return Saliency(network).attribute(images, targets).amax(1)


def integrated_gradients(
    network: nn.Module,
    images: Tensor,
    target: int | Sequence[int] | None = None,
    *,
    baseline: float = 0.0,
    steps: int = STEPS,
    seed: int = 0,
) -> tuple[Attribution, ...]:
    """For each image of (N, C, H, W), what each pixel adds to the score of a class on the way from a plain image.

    The gradient is integrated from an image with the value `baseline` everywhere to the image, at `steps` points, times
    the difference of the two, and the sum over the channels is taken. Its unit is that of the score before the softmax;
    the sum over all pixels is what the score gains. `target`, `seed` and what is raised are those of `saliency`, and
    `Refused` for `steps` that are not from 1 to 1000. (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep
    Networks", sections 3 and 5.)

    >>> import cnnlab, torch
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> (found,) = cnnlab.integrated_gradients(network, torch.rand(1, 1, 32, 32), target=3, steps=8)
    >>> found.values.shape
    torch.Size([32, 32])
    """
    images = checked_images(network, images)
    layers_of(network, tuple(images.shape[1:]))
    checked_count("steps", steps, MOST_STEPS)

    def maps(network: ProbedNetwork, images: Tensor, targets: Tensor) -> Tensor:
        found: Tensor = IntegratedGradients(network).attribute(
            images, baseline, targets, n_steps=steps, internal_batch_size=max(images_at_once(images), len(images))
        )
        return found.sum(1)

    return explain(network, images, target, seed, maps)
