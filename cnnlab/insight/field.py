"""What a unit sees: the part of the image that its value depends on, in theory and as measured."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnlab.analysis.receptive_field import ReceptiveField, receptive_fields
from cnnlab.insight.layers import find_layer, is_map, layers_of
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_images, refused
from cnnlab.walk import Layer, Shape
from cnnlab.words.sentence import Sentence

RANDOM_IMAGES = 10
"""Images of noise over which the gradient is averaged, where none is given."""
CONTRIBUTES = 1 - 0.9545
"""A pixel counts as seen if its gradient is more than this part of the largest, two standard deviations of a normal
distribution: Luo and others 2016."""


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveField:
    """The measured receptive field of a unit, beside the theoretical one.

    `values` (H, W) are the absolute gradient of the unit with respect to each pixel, as a part of the largest, from 0
    to 1. `size` is the side in pixels of a square with as many pixels as are seen. `cell` is the row and column of the
    unit in its map, `channel` its channel, or None for the sum of all. `theoretical` is the field of one cell of the
    layer, and `box` that of this one inside the image: its first row, first column, and the row and column after its
    last. `problem` says why nothing was measured, where the gradient is 0 everywhere.
    """

    layer: str
    channel: int | None
    cell: tuple[int, int] | None
    values: Tensor
    size: float
    theoretical: ReceptiveField
    box: tuple[int, int, int, int]
    problem: Sentence | None


def effective_field(
    network: nn.Module,
    layer: str,
    images: Tensor | Shape,
    *,
    channel: int | None = None,
    cell: tuple[int, int] | None = None,
    seed: int = 0,
) -> EffectiveField:
    """How strongly each pixel changes the value of a unit of a layer, in eval mode, averaged over the images.

    `images` are (N, C, H, W), or the shape (C, H, W) of images of noise, which `seed` draws. The unit is that of the
    middle `cell` (row, column) by default, and the sum of all channels unless a `channel` is given. `layer` is a name
    in the table of `cnnlab.analyse(spec).layers`. Raises `Refused` if the network cannot take the images, or has no
    such layer, channel or cell. (Luo, Li, Urtasun and Zemel 2016, "Understanding the Effective Receptive Field in Deep
    Convolutional Neural Networks", sections 2 and 3.)

    >>> import cnnlab
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> field = cnnlab.effective_field(network, "features.conv2", (1, 32, 32))
    >>> field.theoretical.size, field.box
    ((14, 14), (10, 10, 24, 24))
    >>> field.size <= 14
    True
    """
    if not isinstance(images, Tensor):
        generator = torch.Generator().manual_seed(seed)
        images = torch.randn(RANDOM_IMAGES, *images, generator=generator)
    images = checked_images(network, images).requires_grad_()
    layers = layers_of(network, tuple(images.shape[1:]))
    index = find_layer(layers, layer)
    channel, cell = _unit(layers[index], channel, cell)
    with torch.enable_grad():
        outputs = ProbedNetwork(network, layers, index).outputs(images)
        units = outputs if cell is None else outputs[:, :, *cell]
        chosen = units if channel is None else units[:, channel]
        (gradient,) = torch.autograd.grad(chosen.sum(), images, allow_unused=True, materialize_grads=True)
    values = gradient.abs().sum(1).mean(0).cpu()
    largest = float(values.max())
    problem = None
    if not largest > 0:
        problem = Sentence(
            "The unit of `{layer}` has a gradient of 0 at every pixel of these images: choose another channel, cell or"
            " image.",
            layer=layer,
        )
    theoretical = receptive_fields(layers)[index]
    return EffectiveField(
        layer=layer,
        channel=channel,
        cell=cell,
        values=values if problem else values / largest,
        size=float((values > CONTRIBUTES * largest).sum()) ** 0.5,
        theoretical=theoretical,
        box=_box(theoretical, cell, (images.shape[2], images.shape[3])),
        problem=problem,
    )


def _unit(layer: Layer, channel: int | None, cell: tuple[int, int] | None) -> tuple[int | None, tuple[int, int] | None]:
    """The channel and the cell of the unit; None for all channels, and for a layer without cells."""
    num_channels = layer.output_shape[0]
    if channel is not None and not 0 <= channel < num_channels:
        raise refused(
            "channel",
            "`channel` must be from 0 to {last} for `{layer}`, and it is {channel}: use one of these.",
            last=num_channels - 1,
            layer=layer.path,
            channel=channel,
        )
    if not is_map(layer):
        return channel, None
    height, width = layer.output_shape[1:]
    if cell is None:
        return channel, (height // 2, width // 2)
    if not (0 <= cell[0] < height and 0 <= cell[1] < width):
        raise refused(
            "cell",
            "`cell` must be a row from 0 to {bottom} and a column from 0 to {right} for `{layer}`, and it is {cell}:"
            " use one of these.",
            bottom=height - 1,
            right=width - 1,
            layer=layer.path,
            cell=tuple(cell),
        )
    return channel, cell


def _box(field: ReceptiveField, cell: tuple[int, int] | None, image: tuple[int, int]) -> tuple[int, int, int, int]:
    if cell is None or field.is_whole:
        return 0, 0, *image
    firsts = [math.floor(field.offset[i] + cell[i] * field.stride[i]) for i in (0, 1)]
    top, left = (max(first, 0) for first in firsts)
    bottom, right = (min(firsts[i] + field.size[i], image[i]) for i in (0, 1))
    return top, left, bottom, right
