"""What each operation answers in a pass without weights: its shape, its work, and what backward keeps of it.

A rule takes the operation's own arguments, whose tensors have shapes and no values, and returns an `Answer`. It needs
to know nothing of the network round it.
"""

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kind = Literal["convolution", "depthwise", "pointwise", "dense", "pooling", "norm", "activation", "shortcut", "other"]
Misfit = Literal["window", "groups", "sum", "join"]
Keeps = Literal["input", "factors", "output", "nothing"]
Shape = tuple[int, ...]
Pair = tuple[int, int]


class Kept(NamedTuple):
    """What autograd keeps for the backward pass, in elements.

    `values` are in the network's number type and `indices` whole numbers of eight bytes, both for one image;
    `statistics`, of at least four bytes each, are as many for a batch as for one image.
    """

    values: int = 0
    indices: int = 0
    statistics: int = 0

    def __add__(self, other: "Kept") -> "Kept":  # type: ignore[override]
        return Kept(self.values + other.values, self.indices + other.indices, self.statistics + other.statistics)


NOTHING_KEPT = Kept()


class Window(NamedTuple):
    """How a window goes over a map: (height, width) of its cells, its steps, the margin around the map, and the
    distance between its cells."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)


class Answer(NamedTuple):
    """What an operation does to shapes that are known.

    `inputs` are the tensors that its result depends on; a layer's answer leaves them out, as they are what it is given
    and its own parameters. `keeps` says which tensors backward needs: the first input, the
    output, or of a product each factor whose partner has a gradient; `extra` is what it keeps besides. `weights` and
    `biases` count the elements of its parameters, whether others use them too or not; `num_neighbours` counts the
    channels that a response normalisation looks at.
    """

    kind: Kind
    shape: Shape
    inputs: tuple[Tensor, ...] = ()
    macs: int = 0
    keeps: Keeps = "nothing"
    extra: Kept = NOTHING_KEPT
    weights: int = 0
    biases: int = 0
    window: Window | None = None
    is_global: bool = False
    num_neighbours: int = 0


class Broken(Exception):
    """An operation whose inputs do not fit: what was broken, and the numbers that broke it (see `walked.Break`)."""

    def __init__(self, rule: Misfit, have: int, need: int) -> None:
        super().__init__(rule)
        self.rule, self.have, self.need = rule, have, need


def _pair(value: int | tuple[int, ...]) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _numel(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.numel()


def _sides(given: Shape, window: Window, ceil_mode: bool = False) -> list[int]:
    """Height and width after a window has gone over them; raises `Broken` where it is larger than the map."""
    sides = []
    places = zip(given[-2:], window.kernel, window.stride, window.padding, window.dilation, strict=True)
    for side, k, s, p, d in places:
        room = side + 2 * p - d * (k - 1) - 1
        steps = math.ceil(room / s) if ceil_mode else room // s
        if steps < 0:
            raise Broken("window", have=side, need=k)
        # A last window that would start beyond the map and its padding is not taken (torch's rule for ceil_mode).
        sides.append(steps + 1 - int(ceil_mode and steps * s >= side + p))
    return sides


@lru_cache(maxsize=4096)
def _convolution(
    given: Shape, weight: Shape, num_biases: int, stride: Any, padding: Any, dilation: Any, groups: int
) -> Answer:
    """Of shapes alone: the same convolution of the same map comes again in a network, and in the next one."""
    in_channels, (out_channels, _, *kernel) = given[1], weight
    for channels in (in_channels, out_channels):
        if channels % groups:
            raise Broken("groups", have=channels, need=groups)
    if padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(_pair(dilation), kernel, strict=True))
    elif padding == "valid":
        padding = 0
    window = Window(_pair(tuple(kernel)), _pair(stride), _pair(padding), _pair(dilation))
    height, width = _sides(given, window)
    kind: Kind = "convolution"
    if groups == in_channels and groups > 1:
        kind = "depthwise"
    elif max(kernel) == 1:
        kind = "pointwise"
    weights = out_channels * (in_channels // groups) * math.prod(kernel)
    return Answer(
        kind,
        (given[0], out_channels, height, width),
        macs=height * width * weights,
        keeps="input",
        weights=weights,
        biases=num_biases,
        window=window,
    )


def _conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Answer:
    stride, dilation = _pair(stride), _pair(dilation)
    padding = padding if isinstance(padding, str) else _pair(padding)
    answer = _convolution(tuple(x.shape), tuple(weight.shape), _numel(bias), stride, padding, dilation, int(groups))
    return answer._replace(inputs=(x, weight))


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Answer:
    return Answer(
        "dense",
        (*x.shape[:-1], weight.shape[0]),
        (x, weight),
        macs=math.prod(x.shape[1:]) * weight.shape[0],
        keeps="input",
        weights=weight.numel(),
        biases=_numel(bias),
    )


def _norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, extra: Kept) -> Answer:
    inputs = (x,) if weight is None else (x, weight)
    return Answer("norm", x.shape, inputs, keeps="input", extra=extra, weights=_numel(weight), biases=_numel(bias))


def _batch_norm(
    x: Tensor, _mean: Any, _variance: Any, weight: Tensor | None = None, bias: Tensor | None = None, *_: Any, **__: Any
) -> Answer:
    return _norm(x, weight, bias, Kept(statistics=2 * x.shape[1]))


def _group_norm(
    x: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, *_: Any, **__: Any
) -> Answer:
    return _norm(x, weight, bias, Kept(values=2 * x.shape[0] * num_groups))


def _layer_norm(
    x: Tensor, shape: Any, weight: Tensor | None = None, bias: Tensor | None = None, *_: Any, **__: Any
) -> Answer:
    # A mean and a deviation for each place that is normalised.
    return _norm(x, weight, bias, Kept(values=2 * math.prod(x.shape[: x.dim() - len(shape)])))


def _local_response_norm(x: Tensor, size: int, *_: Any, **__: Any) -> Answer:
    # torch squares, pads by size - 1 channels, averages, raises to a power and divides: the input, the padded squares,
    # the base of the power and its result stay.
    padded = (x.shape[1] + size - 1) * x.shape[0] * math.prod(x.shape[2:])
    return Answer("norm", x.shape, (x,), keeps="input", extra=Kept(values=padded + 2 * x.numel()), num_neighbours=size)


def _bends(keeps: Literal["input", "output"]) -> Callable[..., Answer]:
    """The rule of an activation whose derivative is computed from its input, or from its output."""

    def rule(x: Tensor, *_: Any, **__: Any) -> Answer:
        return Answer("activation", x.shape, (x,), keeps=keeps)

    return rule


_relu, _relu6 = _bends("output"), _bends("input")


def _softmax(x: Tensor, *_: Any, **__: Any) -> Answer:
    return Answer("activation", x.shape, (x,), keeps="output")


def _dropout(x: Tensor, p: float = 0.5, training: bool = True, *_: Any, **__: Any) -> Answer | Tensor:
    if not training or p == 0:
        return x
    return Answer("other", x.shape, (x,), extra=Kept(values=x.numel()))


def _max_pool2d(
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    **_: Any,
) -> Answer:
    stride = kernel_size if stride is None else stride
    window = Window(_pair(kernel_size), _pair(stride), _pair(padding), _pair(dilation))
    shape = (*x.shape[:2], *_sides(x.shape, window, ceil_mode))
    return Answer("pooling", shape, (x,), keeps="input", extra=Kept(indices=math.prod(shape)), window=window)


def _avg_pool2d(
    x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, *_: Any, **__: Any
) -> Answer:
    stride = kernel_size if stride is None else stride
    window = Window(_pair(kernel_size), _pair(stride), _pair(padding))
    return Answer("pooling", (*x.shape[:2], *_sides(x.shape, window, ceil_mode)), (x,), keeps="input", window=window)


def _adaptive_sides(x: Tensor, output_size: Any) -> Pair:
    height, width = _pair(output_size)
    return (x.shape[-2] if height is None else height, x.shape[-1] if width is None else width)


def _adaptive_avg_pool2d(x: Tensor, output_size: Any) -> Answer:
    sides = _adaptive_sides(x, output_size)
    # One cell is a mean over the map, whose backward needs only the shape.
    keeps: Keeps = "nothing" if sides == (1, 1) else "input"
    return Answer("pooling", (*x.shape[:2], *sides), (x,), keeps=keeps, is_global=sides == (1, 1))


def _adaptive_max_pool2d(x: Tensor, output_size: Any, *_: Any, **__: Any) -> Answer:
    sides = _adaptive_sides(x, output_size)
    shape = (*x.shape[:2], *sides)
    extra = Kept(indices=math.prod(shape))
    return Answer("pooling", shape, (x,), keeps="input", extra=extra, is_global=sides == (1, 1))


def _mean(x: Tensor, dim: Any = None, keepdim: bool = False, *_: Any, **__: Any) -> Answer:
    gone = {axis % x.dim() for axis in ([dim] if isinstance(dim, int) else dim or range(x.dim()))}
    sides = [(1 if axis in gone else side) for axis, side in enumerate(x.shape) if keepdim or axis not in gone]
    return Answer("pooling", tuple(sides), (x,), is_global={x.dim() - 2, x.dim() - 1} <= gone)


def _add(x: Tensor, y: Tensor | float, *_: Any, **__: Any) -> Answer | Tensor:
    if not isinstance(y, Tensor):
        # A single number is a counter, such as the batches that a batch normalisation has seen.
        return Answer("other", x.shape, (x,)) if x.dim() else x
    if x.shape != y.shape:
        if x.dim() == y.dim() == 4 and x.shape[1:] != y.shape[1:]:
            raise Broken("sum", have=x.shape[-1], need=y.shape[-1])
        return Answer("shortcut", torch.broadcast_shapes(x.shape, y.shape), (x, y))  # type: ignore[no-untyped-call]
    return Answer("shortcut", x.shape, (x, y))


def _mul(x: Tensor, y: Tensor | float, *_: Any, **__: Any) -> Answer:
    if not isinstance(y, Tensor):
        return Answer("other", x.shape, (x,))
    shape = torch.broadcast_shapes(x.shape, y.shape)  # type: ignore[no-untyped-call]
    return Answer("other", shape, (x, y), keeps="factors")


def _cat(tensors: list[Tensor], dim: int = 0) -> Answer:
    first, *others = tensors
    axis = dim % first.dim()
    for other in others:
        if other.shape[:axis] != first.shape[:axis] or other.shape[axis + 1 :] != first.shape[axis + 1 :]:
            raise Broken("join", have=other.shape[-1], need=first.shape[-1])
    joined = sum(tensor.shape[axis] for tensor in tensors)
    return Answer("shortcut", (*first.shape[:axis], joined, *first.shape[axis + 1 :]), tuple(tensors))


def _pad(x: Tensor, pad: Iterable[int], *_: Any, **__: Any) -> Answer:
    amounts, shape = list(pad), list(x.shape)
    for i in range(len(amounts) // 2):
        shape[-1 - i] += amounts[2 * i] + amounts[2 * i + 1]
    return Answer("shortcut", tuple(shape), (x,))


RULES: dict[Any, Callable[..., Answer | Tensor]] = {
    torch.conv2d: _conv2d,
    F.linear: _linear,
    F.batch_norm: _batch_norm,
    F.group_norm: _group_norm,
    F.layer_norm: _layer_norm,
    F.relu: _relu,
    torch.relu: _relu,
    torch.relu_: _relu,
    torch.sigmoid: _bends("output"),
    torch.tanh: _bends("output"),
    F.leaky_relu: _bends("input"),
    F.gelu: _bends("input"),
    F.silu: _bends("input"),
    F.relu6: _relu6,
    F.hardtanh: _relu6,
    F.hardswish: _bends("input"),
    F.hardsigmoid: _bends("input"),
    F.softmax: _softmax,
    torch.softmax: _softmax,
    F.local_response_norm: _local_response_norm,
    F.dropout: _dropout,
    F.max_pool2d: _max_pool2d,
    torch.max_pool2d: _max_pool2d,
    F.avg_pool2d: _avg_pool2d,
    F.adaptive_avg_pool2d: _adaptive_avg_pool2d,
    F.adaptive_max_pool2d: _adaptive_max_pool2d,
    torch.mean: _mean,
    Tensor.mean: _mean,
    torch.add: _add,
    Tensor.add: _add,
    Tensor.add_: _add,
    Tensor.__add__: _add,
    Tensor.__radd__: _add,
    Tensor.__iadd__: _add,
    torch.mul: _mul,
    Tensor.mul: _mul,
    Tensor.mul_: _mul,
    Tensor.__mul__: _mul,
    Tensor.__rmul__: _mul,
    Tensor.__imul__: _mul,
    torch.cat: _cat,
    torch.concat: _cat,
    F.pad: _pad,
}
"""How each operation that does work answers."""


def _conv2d_layer(layer: nn.Conv2d, given: Shape) -> Answer:
    weight, bias = layer._parameters["weight"], layer._parameters["bias"]
    assert weight is not None
    groups = int(layer.groups)  # those of a skeleton may be lenient
    return _convolution(given, weight.shape, _numel(bias), layer.stride, layer.padding, layer.dilation, groups)


def _batch_norm_layer(layer: nn.BatchNorm2d, given: Shape) -> Answer:
    weight, bias = layer._parameters["weight"], layer._parameters["bias"]
    return _normalisation(given, _numel(weight), _numel(bias))


@lru_cache(maxsize=4096)
def _normalisation(given: Shape, num_weights: int, num_biases: int) -> Answer:
    extra = Kept(statistics=2 * given[1])
    return Answer("norm", given, keeps="input", extra=extra, weights=num_weights, biases=num_biases)


def _bending_layer(keeps: Literal["input", "output"]) -> Callable[[nn.Module, Shape], Answer]:
    """As `_bends`, of a layer."""
    return lambda _, given: Answer("activation", given, keeps=keeps)


LAYERS: dict[type[nn.Module], tuple[str, Callable[[Any, Shape], Answer]]] = {
    nn.Conv2d: ("conv2d", _conv2d_layer),
    nn.BatchNorm2d: ("batch_norm", _batch_norm_layer),
    nn.ReLU: ("relu", _bending_layer("output")),
    nn.ReLU6: ("hardtanh", _bending_layer("input")),
    nn.Hardswish: ("hardswish", _bending_layer("input")),
    nn.Hardsigmoid: ("hardsigmoid", _bending_layer("input")),
    nn.SiLU: ("silu", _bending_layer("input")),
    nn.Sigmoid: ("sigmoid", _bending_layer("output")),
}
"""The most frequent of torch's layers: the operation that their forward comes to, and its answer to a shape, asked for
directly. Most networks consist of them, and the way through their forward takes longer than the answer."""

FREE = frozenset(
    {
        *(torch.flatten, Tensor.flatten, Tensor.view, Tensor.reshape, torch.reshape, Tensor.__getitem__),
        *(torch.permute, Tensor.permute, torch.transpose, Tensor.transpose, Tensor.contiguous),
        *(torch.chunk, Tensor.chunk, torch.split, Tensor.split, Tensor.expand, Tensor.expand_as, Tensor.clone),
        *(torch.squeeze, Tensor.squeeze, torch.unsqueeze, Tensor.unsqueeze, Tensor.unflatten),
    }
)
"""Operations that look at memory differently, or copy it, without computing."""
