"""What the layers of a network make of an image."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnlab.insight.layers import find_layer, layers_of
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_images


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps:
    """The output of one layer: `values` are (N, channels, height, width), or (N, features) of a dense layer.

    `type` is the layer's type, or torch's name of the operation, as in the table of layers.
    """

    layer: str
    type: str
    values: Tensor


def feature_maps(network: nn.Module, images: Tensor, layer: str) -> FeatureMaps:
    """What one layer gives for images (N, C, H, W), in eval mode; values have no unit.

    `layer` is a name in the table of `cnnlab.analyse(spec).layers`; of a layer that is called several times, the last
    call is meant. Nothing else is kept, and the network stays as it is. Raises `Refused` if the network has no such
    layer or cannot take the images. (Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks",
    section 2, call them feature maps.)

    >>> import cnnlab, torch
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> cnnlab.feature_maps(network, torch.zeros(1, 1, 32, 32), "features.conv1").values.shape
    torch.Size([1, 6, 28, 28])
    """
    images = checked_images(network, images)
    layers = layers_of(network, tuple(images.shape[1:]))
    index = find_layer(layers, layer)
    with torch.no_grad():
        values = ProbedNetwork(network, layers, index).outputs(images)
    return FeatureMaps(layer, layers[index].type, values.cpu())
