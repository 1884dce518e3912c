"""One forward pass without weights: what every layer gets, gives, multiplies and keeps.

A network is built on the `meta` device without initialising it, and its forward runs under a mode that answers each
operation with an empty tensor of the right shape. That needs no memory, touches no random state and costs about as much
as calling the modules. All figures are for one image.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Kind = Literal["convolution", "depthwise", "pointwise", "dense", "pooling", "norm", "activation", "shortcut", "other"]
Rule = Literal["window", "groups", "sum"]
Keeps = Literal["input", "inputs", "output", "nothing"]
Shape = tuple[int, ...]

FLOAT_BYTES = 4
INDEX_BYTES = 8


@dataclass(frozen=True, slots=True)
class Layer:
    """One call of a layer, or of an operation between layers, in the order of the calls.

    Shapes are those of one image. `macs` are multiply-accumulates of convolution and dense layers; `kept_bytes` is what
    autograd newly keeps for the backward pass in float32; `window` is (kernel, stride), where there is one, and of an
    oblong kernel the longer side; `kernel` is a convolution's (height, width).
    """

    path: str
    type: str
    kind: Kind
    input_shape: Shape
    output_shape: Shape
    params: int
    macs: int
    kept_bytes: int
    window: tuple[int, int] | None
    kernel: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Break:
    """Where the shapes stop fitting: the layer's path, the rule that was broken, and the numbers that broke it.

    "window": the map's side, and the window that is larger. "groups": the channels, and the groups that do not divide
    them. "sum": the sides of the two maps to be added.
    """

    path: str
    rule: Rule
    have: int
    need: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The layers up to the end or the break, the class name of each module by path, and operations without a rule."""

    layers: tuple[Layer, ...]
    modules: dict[str, str]
    broken: Break | None
    unknown: tuple[str, ...]


class _Broken(Exception):
    """Ends a walk at a layer whose input does not fit; turned into a `Break`."""

    def __init__(self, rule: Rule, have: int, need: int) -> None:
        super().__init__(rule)
        self.rule, self.have, self.need = rule, have, need


class _Lenient(int):
    """A number of groups that a constructor takes for a divisor; the walk then says where it is not one."""

    def __rmod__(self, other: int) -> int:
        return 0


class _WithoutWeights(TorchFunctionMode):
    """Parameters and buffers are made on the meta device, and no initialisation runs. Local to the thread."""

    _creators = frozenset({torch.empty, torch.zeros, torch.ones, torch.tensor})

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in self._creators:
            return func(*args, **{**(kwargs or {}), "device": "meta"})
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def skeleton(network: Callable[..., nn.Module], arguments: dict[str, Any]) -> nn.Module:
    """The network on the meta device, without weights; a `groups` that divides nothing is let through."""
    if "groups" in arguments:
        arguments = {**arguments, "groups": _Lenient(arguments["groups"])}
    with _WithoutWeights():
        return network(**arguments)


def walk(network: nn.Module, input_shape: Shape, *, training: bool) -> Walk:
    """The layers that one image of `input_shape` (C, H, W) passes through in the network's eval or train mode.

    The network is one from `skeleton` and belongs to the caller alone; its mode is left as asked for here.
    """
    network.train(training)
    recorder = _Recorder(network)
    broken = None
    with recorder.watching(), torch.no_grad():
        try:
            network(torch.empty((1, *input_shape), device="meta"))
        except _Broken as error:
            broken = Break(recorder.path, error.rule, error.have, error.need)
    return Walk(tuple(recorder.layers), recorder.modules, broken, tuple(recorder.unknown))


@dataclass(slots=True)
class _Call:
    """What one leaf module, or one operation between modules, has done so far."""

    path: str
    type: str
    params: int = 0
    kind: Kind = "other"
    macs: int = 0
    kept_bytes: int = 0
    window: tuple[int, int] | None = None
    kernel: tuple[int, int] | None = None


class _Recorder(TorchFunctionMode):
    """Answers operations with empty tensors, and writes a `Layer` for each leaf module and each operation between."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self.modules = {path: type(module).__name__ for path, module in network.named_modules()}
        self.unknown: dict[str, None] = {}
        self._network = network
        self._paths: list[str] = []
        self._leaf: _Call | None = None
        self._seen: set[int] = set()
        self._kept: dict[int, Tensor] = {}
        self._needs_gradient: dict[int, Tensor] = {}

    @property
    def path(self) -> str:
        """The module whose forward runs now."""
        return self._paths[-1]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hooks on this network's modules, and this mode, while the forward runs."""
        handles = []
        for path, module in self._network.named_modules():
            handles += [
                module.register_forward_pre_hook(self._enter(path)),
                module.register_forward_hook(self._leave, always_call=False),
            ]
        try:
            with self:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, path: str) -> Callable[[nn.Module, Any], None]:
        def enter(module: nn.Module, _: Any) -> None:
            self._paths.append(path)
            if not any(True for _ in module.children()):
                own = sum(p.numel() for p in module.parameters(recurse=False) if id(p) not in self._seen)
                self._seen.update(id(p) for p in module.parameters(recurse=False))
                self._leaf = _Call(path, type(module).__name__, params=own)

        return enter

    def _leave(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self._paths.pop()
        if self._leaf is not None:
            if not isinstance(module, nn.Identity):
                self._write(self._leaf, inputs[0], output)
            self._leaf = None

    def _write(self, call: _Call, before: Tensor, after: Tensor) -> None:
        self.layers.append(
            Layer(
                path=call.path,
                type=call.type,
                kind=call.kind,
                input_shape=tuple(before.shape[1:]),
                output_shape=tuple(after.shape[1:]),
                params=call.params,
                macs=call.macs,
                kept_bytes=call.kept_bytes,
                window=call.window,
                kernel=call.kernel,
            )
        )

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        rule = _RULES.get(func)
        if rule is None:
            result = func(*args, **kwargs)
            if isinstance(result, Tensor) and self._inherit(result, args) and func not in _FREE:
                self.unknown[getattr(func, "__name__", str(func))] = None
            return result
        call = self._leaf or _Call(self.path, func.__name__)
        result = rule(_Operation(self, call), *args, **kwargs)
        if self._leaf is None:
            self._write(call, args[0] if isinstance(args[0], Tensor) else args[0][0], result)
        return result

    def _inherit(self, result: Tensor, args: Iterable[Any]) -> bool:
        """Whether `result` is new memory; it needs a gradient where one of the arguments does."""
        sources = {_storage(arg) for arg in args if isinstance(arg, Tensor)}
        if sources & self._needs_gradient.keys():
            self._needs_gradient.setdefault(_storage(result), result)
        return bool(sources) and _storage(result) not in sources

    def needs_gradient(self, tensor: Tensor) -> bool:
        return _storage(tensor) in self._needs_gradient

    def mark(self, tensor: Tensor) -> None:
        self._needs_gradient[_storage(tensor)] = tensor

    def keep(self, tensor: Tensor) -> int:
        """Bytes that keeping this tensor for backward adds; a storage counts once."""
        storage = _storage(tensor)
        if storage in self._kept:
            return 0
        self._kept[storage] = tensor
        return tensor.untyped_storage().nbytes()


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


@dataclass(frozen=True, slots=True)
class _Operation:
    """What a rule tells about the operation that it answers."""

    recorder: _Recorder
    call: _Call

    def answer(
        self,
        kind: Kind,
        shape: Iterable[int],
        inputs: tuple[Tensor, ...],
        *,
        macs: int = 0,
        keeps: Keeps = "nothing",
        extra_bytes: int = 0,
        has_params: bool = False,
        window: tuple[int, int] | None = None,
    ) -> Tensor:
        output = torch.empty(tuple(shape), device="meta")
        call, recorder = self.call, self.recorder
        call.kind = kind if call.kind == "other" else call.kind
        call.macs += macs
        call.window = window or call.window
        if has_params or any(recorder.needs_gradient(tensor) for tensor in inputs):
            recorder.mark(output)
            call.kept_bytes += extra_bytes
            kept = {"nothing": (), "output": (output,), "input": inputs[:1], "inputs": inputs}[keeps]
            call.kept_bytes += sum(map(recorder.keep, kept))
        return output


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _sides(x: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any = 1, ceil_mode: bool = False) -> list[int]:
    """Height and width after a window has gone over them; ends the walk where the window is larger than the map."""
    sides = []
    for side, k, s, p, d in zip(x.shape[-2:], *map(_pair, (kernel, stride, padding, dilation)), strict=True):
        room = side + 2 * p - d * (k - 1) - 1
        steps = math.ceil(room / s) if ceil_mode else room // s
        if steps < 0:
            raise _Broken("window", have=side, need=k)
        # A last window that would start beyond the map and its padding is not taken (torch's rule for ceil_mode).
        sides.append(steps + 1 - int(ceil_mode and steps * s >= side + p))
    return sides


def _conv2d(
    op: _Operation,
    x: Tensor,
    weight: Tensor,
    _bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    in_channels, (out_channels, _, *kernel) = x.shape[1], weight.shape
    groups = int(groups)
    for channels in (in_channels, out_channels):
        if channels % groups:
            raise _Broken("groups", have=channels, need=groups)
    height, width = _sides(x, tuple(kernel), stride, padding, dilation)
    op.call.kernel = _pair(tuple(kernel))
    kind: Kind = "convolution"
    if groups == in_channels and groups > 1:
        kind = "depthwise"
    elif max(kernel) == 1:
        kind = "pointwise"
    return op.answer(
        kind,
        (x.shape[0], out_channels, height, width),
        (x,),
        macs=height * width * out_channels * (in_channels // groups) * math.prod(kernel),
        keeps="input",
        has_params=True,
        window=(max(kernel), max(_pair(stride))),
    )


def _linear(op: _Operation, x: Tensor, weight: Tensor, _bias: Tensor | None = None) -> Tensor:
    shape = (*x.shape[:-1], weight.shape[0])
    macs = math.prod(x.shape[1:]) * weight.shape[0]
    return op.answer("dense", shape, (x,), macs=macs, keeps="input", has_params=True)


def _batch_norm(op: _Operation, x: Tensor, *_: Any, **__: Any) -> Tensor:
    statistics = 2 * x.shape[1] * FLOAT_BYTES
    return op.answer("norm", x.shape, (x,), keeps="input", has_params=True, extra_bytes=statistics)


def _group_norm(op: _Operation, x: Tensor, num_groups: int, *_: Any, **__: Any) -> Tensor:
    statistics = 2 * x.shape[0] * num_groups * FLOAT_BYTES
    return op.answer("norm", x.shape, (x,), keeps="input", has_params=True, extra_bytes=statistics)


def _keeps(what: Literal["input", "output"]) -> Callable[..., Tensor]:
    """The rule of an activation whose derivative is computed from its input, or from its output."""

    def rule(op: _Operation, x: Tensor, *_: Any, **__: Any) -> Tensor:
        return op.answer("activation", x.shape, (x,), keeps=what)

    return rule


def _dropout(op: _Operation, x: Tensor, p: float = 0.5, training: bool = True, *_: Any, **__: Any) -> Tensor:
    if not training or p == 0:
        return x
    return op.answer("other", x.shape, (x,), extra_bytes=x.numel() * FLOAT_BYTES)


def _max_pool2d(
    op: _Operation,
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    **_: Any,
) -> Tensor:
    stride = kernel_size if stride is None else stride
    sides = _sides(x, kernel_size, stride, padding, dilation, ceil_mode)
    shape = (*x.shape[:2], *sides)
    window = (max(_pair(kernel_size)), max(_pair(stride)))
    indices = math.prod(shape) * INDEX_BYTES
    return op.answer("pooling", shape, (x,), keeps="input", extra_bytes=indices, window=window)


def _avg_pool2d(
    op: _Operation,
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    *_: Any,
    **__: Any,
) -> Tensor:
    stride = kernel_size if stride is None else stride
    sides = _sides(x, kernel_size, stride, padding, ceil_mode=ceil_mode)
    window = (max(_pair(kernel_size)), max(_pair(stride)))
    return op.answer("pooling", (*x.shape[:2], *sides), (x,), keeps="input", window=window)


def _adaptive_avg_pool2d(op: _Operation, x: Tensor, output_size: Any) -> Tensor:
    sides = tuple(old if new is None else new for new, old in zip(_pair(output_size), x.shape[-2:], strict=True))
    # One cell is a mean over the map, whose backward needs only the shape.
    return op.answer("pooling", (*x.shape[:2], *sides), (x,), keeps="nothing" if sides == (1, 1) else "input")


def _adaptive_max_pool2d(op: _Operation, x: Tensor, output_size: Any, *_: Any, **__: Any) -> Tensor:
    sides = tuple(old if new is None else new for new, old in zip(_pair(output_size), x.shape[-2:], strict=True))
    shape = (*x.shape[:2], *sides)
    return op.answer("pooling", shape, (x,), keeps="input", extra_bytes=math.prod(shape) * INDEX_BYTES)


def _add(op: _Operation, x: Tensor, y: Tensor) -> Tensor:
    if x.shape != y.shape:
        raise _Broken("sum", have=x.shape[-1], need=y.shape[-1])
    return op.answer("shortcut", x.shape, (x, y))


def _mul(op: _Operation, x: Tensor, y: Tensor) -> Tensor:
    return op.answer("other", torch.broadcast_shapes(x.shape, y.shape), (x, y), keeps="inputs")  # type: ignore[no-untyped-call]


def _cat(op: _Operation, tensors: list[Tensor], dim: int = 0) -> Tensor:
    first, *others = tensors
    assert dim == 1, "maps are joined along their channels"
    for other in others:
        if other.shape[2:] != first.shape[2:]:
            raise _Broken("sum", have=first.shape[-1], need=other.shape[-1])
    channels = sum(tensor.shape[1] for tensor in tensors)
    return op.answer("shortcut", (first.shape[0], channels, *first.shape[2:]), tuple(tensors))


def _local_response_norm(op: _Operation, x: Tensor, size: int, *_: Any, **__: Any) -> Tensor:
    # torch squares, pads by size - 1 channels, averages, raises to a power and divides: the input, the padded squares,
    # the base of the power and its result stay.
    padded = (x.shape[1] + size - 1) * x.shape[0] * math.prod(x.shape[2:])
    extra = FLOAT_BYTES * (padded + 2 * x.numel())
    return op.answer("norm", x.shape, (x,), keeps="input", extra_bytes=extra)


def _pad(op: _Operation, x: Tensor, pad: Iterable[int], *_: Any, **__: Any) -> Tensor:
    amounts, shape = list(pad), list(x.shape)
    for i in range(len(amounts) // 2):
        shape[-1 - i] += amounts[2 * i] + amounts[2 * i + 1]
    return op.answer("shortcut", shape, (x,))


_RULES: dict[Any, Callable[..., Tensor]] = {
    torch.conv2d: _conv2d,
    F.linear: _linear,
    F.batch_norm: _batch_norm,
    F.group_norm: _group_norm,
    F.relu: _keeps("output"),
    torch.sigmoid: _keeps("output"),
    torch.tanh: _keeps("output"),
    F.leaky_relu: _keeps("input"),
    F.gelu: _keeps("input"),
    F.silu: _keeps("input"),
    F.relu6: _keeps("input"),
    F.hardtanh: _keeps("input"),
    F.hardswish: _keeps("input"),
    F.hardsigmoid: _keeps("input"),
    F.local_response_norm: _local_response_norm,
    F.dropout: _dropout,
    F.max_pool2d: _max_pool2d,
    torch.max_pool2d: _max_pool2d,
    F.avg_pool2d: _avg_pool2d,
    F.adaptive_avg_pool2d: _adaptive_avg_pool2d,
    F.adaptive_max_pool2d: _adaptive_max_pool2d,
    Tensor.add: _add,
    Tensor.__add__: _add,
    Tensor.mul: _mul,
    Tensor.__mul__: _mul,
    torch.cat: _cat,
    F.pad: _pad,
}
"""How each operation that does work answers: its shape, cost and what backward keeps of it."""

_FREE = frozenset({torch.flatten, Tensor.flatten, Tensor.view, Tensor.reshape, Tensor.__getitem__})
"""Operations that only look at memory differently, or might copy it without computing."""
