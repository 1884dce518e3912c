"""The layers of a network that can be looked at: those of `cnnlab.analyse`, by the same names."""

from collections.abc import Sequence

from torch import nn

from cnnlab.building import what_breaks
from cnnlab.insight.refusals import refused
from cnnlab.walk import ForwardPass, Layer, Shape, meta_copy, walk
from cnnlab.words.suggest import did_you_mean


def layers_of(network: nn.Module, image_shape: Shape) -> tuple[Layer, ...]:
    """The layers that an image of `image_shape` (C, H, W) passes in eval mode, in the order of the calls.

    Nothing is computed. Raises `Refused` if the network cannot take such images.

    >>> from cnnlab import build, preset
    >>> layers = layers_of(build(preset("lenet5_tutorial")), (1, 32, 32))
    >>> [(layer.path, layer.output_shape) for layer in layers][:2]
    [('features.conv1', (6, 28, 28)), ('features.activation1', (6, 28, 28))]
    """
    channels, height, width = image_shape
    shown = {"channels": channels, "height": height, "width": width}
    found = _walked(network, image_shape)
    broken = found.broken
    if broken is None:
        return found.layers
    if broken.rule != "channels":
        raise refused(
            "images",
            "`images` must be large enough for the network, and they are {height}x{width}. {what}: use larger images.",
            what=what_breaks(broken),
            **shown,
        )
    if isinstance(network.get_submodule(broken.path), nn.Linear):
        raise refused(
            "images",
            "`images` must have the size that the network was built for, and they are {height}x{width}: `{layer}`"
            " takes {takes} values and would get {gets}. Use images of that size.",
            layer=broken.path,
            takes=broken.need,
            gets=broken.have,
            **shown,
        )
    raise refused(
        "images",
        "`images` must have {takes} channels for this network, and they have {channels}: use images of the kind that it"
        " was built for.",
        takes=broken.need,
        **shown,
    )


def _walked(network: nn.Module, image_shape: Shape) -> ForwardPass:
    channels, height, width = image_shape
    try:
        return walk(meta_copy(network), image_shape, training=False)
    except (AssertionError, RuntimeError) as error:
        raise refused(
            "images",
            "`images` must be images that the network takes, and of {channels}x{height}x{width} torch says: {message}."
            " Use images of the size and the channels that it was built for.",
            channels=channels,
            height=height,
            width=width,
            message=str(error),
        ) from None


def find_layer(layers: Sequence[Layer], name: str) -> int:
    """The index of the layer of that name, its last call where there are several; raises `Refused`."""
    for i in reversed(range(len(layers))):
        if layers[i].path == name:
            return i
    known = [layer.path for layer in layers if layer.path]
    raise refused(
        "layer",
        "`layer` must be a layer of the network, and {name!r} is none: {remedy}",
        name=name,
        remedy=did_you_mean(name, known),
    )


def is_map(layer: Layer) -> bool:
    """Whether the layer's output is (channels, height, width), with more than one cell."""
    if len(layer.output_shape) != 3:
        return False
    first, second, third = layer.output_shape
    # Transformers and ConvNeXt have the channels last in some layers.
    channels_last = first == second != third
    return (second, third) != (1, 1) and not channels_last


def last_map(layers: Sequence[Layer]) -> int:
    """The index of the last map with several cells before the poolings that end the network; raises `Refused`."""
    for i in reversed(range(len(layers))):
        if is_map(layers[i]) and layers[i].kind != "pooling":
            return i
    raise refused("layer", "`layer` must have a feature map, and no layer of this network has one: use another method.")
