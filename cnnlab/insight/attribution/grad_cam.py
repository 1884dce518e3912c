"""A map from the feature maps of one layer, weighted by their gradients."""

from collections.abc import Sequence

from captum.attr import LayerGradCam
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.insight.attribution.explain import explain
from cnnlab.insight.attribution.result import Attribution
from cnnlab.insight.layers import find_layer, is_map, last_map, layers_of
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_images, refused


def grad_cam(
    network: nn.Module,
    images: Tensor,
    target: int | Sequence[int] | None = None,
    layer: str | None = None,
    *,
    seed: int = 0,
) -> tuple[Attribution, ...]:
    """For each image of (N, C, H, W), where the feature maps of a layer count for a class.

    Each map of the layer is weighted by the mean of the gradient of the score, before the softmax, with respect to its
    cells; of the sum of the maps the positive part is kept, and enlarged to the image. Its unit is that of the score.
    `layer` is a name in the table of `cnnlab.analyse(spec).layers`; by default the last map of several cells, before
    the poolings that end the network. The check compares the maps before they are enlarged, with their negative part.
    `target`, `seed` and what is raised are those of `saliency`, and `Refused` for a layer without a map. (Selvaraju and
    others 2017, "Grad-CAM", section 3, equations 1 and 2.)

    >>> import cnnlab, torch
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> (found,) = cnnlab.grad_cam(network, torch.rand(1, 1, 32, 32), target=3, layer="features.conv2")
    >>> found.values.shape
    torch.Size([32, 32])
    """
    images = checked_images(network, images)
    layers = layers_of(network, tuple(images.shape[1:]))
    index = last_map(layers) if layer is None else find_layer(layers, layer)
    if not is_map(layers[index]):
        raise refused(
            "layer",
            "`layer` must have a feature map of several cells, and that of `{layer}` has the shape {shape}: use a layer"
            " before it, such as `{other}`.",
            layer=layers[index].path,
            shape=layers[index].output_shape,
            other=layers[last_map(layers)].path,
        )
    side = tuple(images.shape[2:])
    return explain(
        network,
        images,
        target,
        seed,
        _grad_cam_maps,
        layers=layers,
        index=index,
        shown=lambda maps: F.interpolate(maps.relu()[:, None], side, mode="bilinear")[:, 0],
    )


def _grad_cam_maps(network: ProbedNetwork, images: Tensor, targets: Tensor) -> Tensor:
    found: Tensor = LayerGradCam(network, network.probe).attribute(images, targets)
    return found[:, 0]
