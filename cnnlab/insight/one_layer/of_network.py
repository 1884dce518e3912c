"""The window arithmetic of a layer inside a network: its real inputs, its real kernel, and its map."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.insight.layers import find_layer, is_map, layers_of
from cnnlab.insight.one_layer.window import Map, Rows, Stage, Tap
from cnnlab.insight.recording import recorded_outputs
from cnnlab.insight.refusals import checked_images, refused
from cnnlab.walk import IMAGE, Layer
from cnnlab.walk.rules.answer import Window
from cnnlab.words.sentence import Sentence

SHOWN_INPUTS = 3
"""Input channels whose products are shown; of more, those that contribute most, and the rest as one number."""

MOST_CELLS, MOST_CELLS_OF_SEVERAL = 32, 16
"""Rows and columns of the input that are shown, and of several inputs, so that they can be read one below the other.

Of larger ones those around the strongest value of the map are shown."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerWindow:
    """The arithmetic of one channel of a convolution or a pooling, for one image.

    `stage` has the inputs and the part of the map that they make. `shown` are the numbers of its input channels, of
    `num_inputs` that the channel uses, those that contribute most first. `map_shape` is (height, width) of the whole
    map, and `cells` its rows and columns that are shown: first row, first column, and the row and column after the
    last.
    """

    stage: Stage
    shown: tuple[int, ...]
    num_inputs: int
    map_shape: tuple[int, int]
    cells: tuple[int, int, int, int]


def layer_window(network: nn.Module, images: Tensor, layer: str, channel: int) -> LayerWindow:
    """How the values of one channel of a convolution or pooling arise from its inputs, for one image (1, C, H, W).

    The products of each window, the sum of the input channels that are not shown, and the bias add up to the value of
    the map. Raises `Refused` if the network has no such layer or channel, or the layer is neither.

    >>> import cnnlab, torch
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> window = layer_window(network, torch.rand(1, 1, 32, 32), "features.conv2", 0)
    >>> window.num_inputs, len(window.shown), [addend.name for addend in window.stage.addends]
    (6, 3, ['the other 3 channels', 'bias'])
    """
    images = checked_images(network, images)[:1]
    layers = layers_of(network, tuple(images.shape[1:]))
    index = find_layer(layers, layer)
    row = layers[index]
    if not has_window(row):
        raise refused(
            "layer",
            "`layer` must be a convolution or a pooling with a window, and `{layer}` is a {type}: choose another one.",
            layer=layer,
            type=row.type,
        )
    if not 0 <= channel < row.output_shape[0]:
        raise refused(
            "channel",
            "`channel` must be from 0 to {last} for `{layer}`, and it is {channel}: use one of these.",
            last=row.output_shape[0] - 1,
            layer=layer,
            channel=channel,
        )
    (source,) = row.sources
    outputs = recorded_outputs(network, images, layers, {index, source} - {IMAGE})
    inputs = (images.cpu() if source == IMAGE else outputs[source])[0].double()
    result = outputs[index][0, channel].double()
    is_image = source == IMAGE
    if row.kind == "pooling":
        return _pooling(row, inputs, result, channel, is_image=is_image)
    module = network.get_submodule(row.path)
    assert isinstance(module, nn.Conv2d)
    return _convolution(row, module, inputs, result, channel, is_image=is_image)


def has_window(layer: Layer) -> bool:
    """Whether the layer is a convolution, or a pooling that leaves a map."""
    if layer.geometry is None or len(layer.input_shape) != 3 or len(layer.output_shape) != 3:
        return False
    return layer.kind in ("convolution", "depthwise", "pointwise") or (layer.kind == "pooling" and is_map(layer))


def _convolution(
    row: Layer, module: nn.Conv2d, inputs: Tensor, result: Tensor, channel: int, *, is_image: bool
) -> LayerWindow:
    weights = module.weight.detach().double().cpu()[channel]
    first = channel // (module.out_channels // module.groups) * len(weights)
    used = inputs[first : first + len(weights)]
    assert row.geometry is not None
    kernel, stride, padding, dilation = row.geometry
    each = F.conv2d(used[None], weights[:, None], None, stride, padding, dilation, groups=len(weights))[0]
    strongest = each.abs().mean((1, 2)).argsort(descending=True)[:SHOWN_INPUTS]
    bias = 0.0 if module.bias is None else float(module.bias.detach()[channel])
    cells, patch, parts = _cut(row, used[strongest], result)
    top, left, bottom, right = cells
    rest = patch - each[strongest, top:bottom, left:right].sum(0) - bias
    addends = []
    if len(weights) > len(strongest):
        count = len(weights) - len(strongest)
        name = Sentence("the other {count} channels", count=count) if count > 1 else Sentence("the other channel")
        addends.append(Map(name, _rows(rest)))
    if module.bias is not None:
        addends.append(Map(Sentence("bias"), _rows(torch.full_like(rest, bias))))
    shown = tuple((first + strongest).tolist())
    stage = Stage(
        title=row.path,
        inputs=tuple(Map(_name(number, is_image), _rows(part)) for number, part in zip(shown, parts, strict=True)),
        outputs=(Map(Sentence("map {channel}", channel=channel), _rows(patch)),),
        taps=(tuple(Tap(i, _rows(weights[which])) for i, which in enumerate(strongest.tolist())),),
        kernel=kernel,
        stride=max(stride),
        dilation=max(dilation),
        addends=tuple(addends),
        origin=(top, left),
    )
    return LayerWindow(stage, shown, len(weights), (len(result), len(result[0])), cells)


def _pooling(row: Layer, inputs: Tensor, result: Tensor, channel: int, *, is_image: bool) -> LayerWindow:
    assert row.geometry is not None
    is_max = "max" in row.type.lower()
    cells, patch, parts = _cut(row, inputs[channel][None], result)
    counts_padding = not is_max and _counts_padding(row.geometry, inputs[channel], result)
    stage = Stage(
        title=row.path,
        combine="max" if is_max else "mean",
        inputs=(Map(_name(channel, is_image), _rows(parts[0])),),
        outputs=(Map(Sentence("map {channel}", channel=channel), _rows(patch)),),
        taps=((Tap(0, None),),),
        kernel=row.geometry.kernel,
        stride=max(row.geometry.stride),
        dilation=max(row.geometry.dilation),
        outside=0.0 if counts_padding else None,
        origin=cells[:2],
    )
    return LayerWindow(stage, (channel,), 1, (len(result), len(result[0])), cells)


def _counts_padding(window: Window, inputs: Tensor, result: Tensor) -> bool:
    """Whether an average pooling takes the mean over the padding as well, which only its values say."""
    found = F.avg_pool2d(inputs[None], window.kernel, window.stride, window.padding)[0]
    return found.shape == result.shape and torch.allclose(found, result, rtol=1e-4, atol=1e-5)


def _cut(row: Layer, inputs: Tensor, result: Tensor) -> tuple[tuple[int, int, int, int], Tensor, Tensor]:
    """The cells of the map that are shown, their values, and the inputs of their windows; what is outside is nan."""
    assert row.geometry is not None
    _, stride, padding, _ = row.geometry
    strongest = divmod(int(result.abs().argmax()), result.shape[1])
    most = MOST_CELLS if len(inputs) == 1 else MOST_CELLS_OF_SEVERAL
    top, bottom = _part(row, result.shape[0], strongest[0], 0, most)
    left, right = _part(row, result.shape[1], strongest[1], 1, most)
    height = (bottom - top - 1) * stride[0] + _span(row, 0)
    width = (right - left - 1) * stride[1] + _span(row, 1)
    # So many cells beyond the edges that every window lies inside, also one that torch lets stick out at the end.
    edges = [padding[1], padding[1] + width, padding[0], padding[0] + height]
    padded = F.pad(inputs, edges, value=torch.nan)
    parts = padded[:, top * stride[0] :, left * stride[1] :][:, :height, :width]
    return (top, left, bottom, right), result[top:bottom, left:right], parts


def _span(row: Layer, side: int) -> int:
    assert row.geometry is not None
    return row.geometry.dilation[side] * (row.geometry.kernel[side] - 1) + 1


def _part(row: Layer, length: int, centre: int, side: int, inputs: int) -> tuple[int, int]:
    """The first cell of a side that is shown and the one after the last: all where their inputs are few enough."""
    assert row.geometry is not None
    stride = row.geometry.stride[side]
    most = max((inputs + 2 * row.geometry.padding[side] - _span(row, side)) // stride + 1, 1)
    first = min(max(centre - most // 2, 0), max(length - most, 0))
    return first, min(first + most, length)


def _rows(values: Tensor) -> Rows:
    """To seven digits; what is outside is None."""
    return tuple(tuple(None if v != v else float(f"{v:.7g}") for v in line) for line in values.tolist())


def _name(number: int, is_image: bool) -> Sentence:
    return Sentence("image, channel {number}" if is_image else "input map {number}", number=number)
