"""How large the gradient is in each layer of a network, from the image to the answer."""

import math
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from cnnlab.insight.gradient_diagnosis import Diagnosis, LayerGradient, diagnose
from cnnlab.insight.one_step.batch import checked_batch, losses, memory_explained, random_state, training_copy
from cnnlab.insight.refusals import refused
from cnnlab.insight.weighted_layers import is_weight
from cnnlab.training.recipe import Recipe
from cnnlab.training.step.norm_meter import tensor_norms


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientFlow:
    """The gradients of one backward pass: the layers that have weights, in the order in which the images meet them."""

    layers: tuple[LayerGradient, ...]
    loss: float
    diagnosis: Diagnosis


def gradient_flow(network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> GradientFlow:
    """The gradient norm of each layer for a batch, in train mode, before any clipping.

    The arguments are those of `one_step`: `images` (N, C, H, W) normalised as for training, `labels` (N,). Layers are
    modules with a weight of two dimensions or more, such as convolutions and dense layers; frozen ones are left out.
    The network stays as it is, and so does torch's random state. Raises `Refused` if the images, labels or network do
    not fit each other, and `TrainingFailed` if the memory does not suffice.

    >>> import torch, cnnlab
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> flow = gradient_flow(network, torch.rand(8, 1, 32, 32), torch.arange(8), cnnlab.Recipe())
    >>> [layer.name for layer in flow.layers][:2], flow.diagnosis.verdict
    (['features.conv1', 'features.conv2'], 'fine')

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    trained = training_copy(network)
    images, labels = checked_batch(trained, images, labels)
    called: dict[str, nn.Module] = {}
    for name, module in trained.named_modules():
        if _weights(module):
            module.register_forward_hook(partial(_note, called, name))
    with memory_explained(images):
        with random_state(trained, recipe):
            total = losses(trained, images, labels, recipe).total
        total.backward()  # type: ignore[no-untyped-call]
    layers = [_layer(name, module) for name, module in called.items() if _weights(module)[0].grad is not None]
    if not layers:
        raise refused("network", "`network` has no layer with weights that are trained: unfreeze a layer.")
    return GradientFlow(layers=tuple(layers), loss=total.item(), diagnosis=diagnose(layers))


def _weights(module: nn.Module) -> list[Tensor]:
    """The module's own weights that are trained, without biases, factors of normalisations and other parameters."""
    own = module.named_parameters(recurse=False)
    return [p for name, p in own if is_weight(name, p) and p.requires_grad]


def _note(called: dict[str, nn.Module], name: str, module: nn.Module, *_: object) -> None:
    called.setdefault(name, module)


def _layer(name: str, module: nn.Module) -> LayerGradient:
    weights = [weight.detach() for weight in _weights(module)]
    gradients = [weight.grad for weight in _weights(module) if weight.grad is not None]
    return LayerGradient(name=name, gradient_norm=_together(gradients), weight_norm=_together(weights))


def _together(tensors: list[Tensor]) -> float:
    return math.hypot(*tensor_norms(tensors).tolist())
