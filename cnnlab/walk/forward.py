"""One forward pass without weights: what every layer gets, gives, multiplies and keeps.

The forward of a skeleton runs under a mode that answers each operation with an empty tensor of the right shape. That
needs no memory, draws no random numbers and costs about as much as calling the modules. All figures are for one image.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode

from cnnlab.walk.layer import IMAGE, Break, ForwardPass, Layer
from cnnlab.walk.rules import LAYERS, NO_COMPUTATION, RULES
from cnnlab.walk.rules.answer import NOTHING_KEPT, Answer, Kept, Shape, ShapesDoNotFit


def walk(network: nn.Module, input_shape: Shape, *, training: bool) -> ForwardPass:
    """The layers that one image of `input_shape` (C, H, W) passes through in the network's eval or train mode.

    The network is one from `skeleton` that no other thread uses; it stays in that mode.
    """
    if any(module.training is not training for module in network.modules()):
        network.train(training)
    image = torch.empty((1, *input_shape), device="meta")
    recorder = _Recorder(network, image)
    broken = None
    with recorder.recording(), torch.no_grad():
        try:
            network(image)
        except ShapesDoNotFit as error:
            broken = Break(recorder.path, error.rule, error.have, error.need)
    return ForwardPass(
        layers=tuple(recorder.layers),
        modules=recorder.modules,
        broken=broken,
        unknown=tuple(recorder.unknown),
        keeps_image=_storage(image) in recorder.kept,
        unlisted_params=0 if broken else sum(recorder.uncounted.values()),
    )


def depends_on_mode(network: nn.Module) -> bool:
    """Whether eval and train mode may call different layers: whether the code of a module reads its mode.

    A normalisation or a dropout has the same shapes and work in both.
    """
    return any(_reads_mode(kind) for kind in {type(module) for module in network.modules()})  # type: ignore[arg-type]


@cache
def _reads_mode(kind: type[nn.Module]) -> bool:
    if issubclass(kind, _BatchNorm | _DropoutNd):
        return False
    own = [value for base in kind.__mro__ if base not in nn.Module.__mro__ for value in vars(base).values()]
    return any("training" in value.__code__.co_names for value in own if isinstance(value, FunctionType))


@dataclass(slots=True)
class _Call:
    """What one leaf module, or one operation between modules, has done so far; `index` is that of its row."""

    path: str
    type: str
    function: str
    index: int
    answer: Answer | None = None
    kept: Kept = NOTHING_KEPT
    sources: tuple[int, ...] = ()


class _Recorder(TorchFunctionMode):
    """Answers operations with empty tensors, and adds a `Layer` for each leaf module and each operation between."""

    def __init__(self, network: nn.Module, image: Tensor) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self._modules = {module: path for path, module in network.named_modules()}
        self.modules = {path: type(module).__name__ for module, path in self._modules.items()}
        self.unknown: dict[str, None] = {}
        self._open: list[str] = []
        self._leaf: _Call | None = None
        # By storage; the tensors are held, so that no other storage gets the same address.
        parameters = (p for module in self._modules for p in module._parameters.values() if p is not None)
        self.uncounted = {_storage(parameter): parameter.numel() for parameter in parameters}
        self._needs_gradient = set(self.uncounted)
        self.kept = set(self.uncounted)
        self._sources: dict[int, tuple[int, ...]] = {_storage(image): (IMAGE,)}
        self._held: list[Tensor] = [image]

    @property
    def path(self) -> str:
        """The module whose forward runs now."""
        return self._open[-1]

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Turns on this mode, and records when each module's forward begins and ends."""
        # A forward of the instance's own costs half of what hooks do.
        for module, path in self._modules.items():
            module.__dict__["forward"] = self._recorded(path, module)
        try:
            with self:
                yield
        finally:
            for module in self._modules:
                del module.__dict__["forward"]

    def _recorded(self, path: str, module: nn.Module) -> Callable[..., Any]:
        forward = module.forward
        if isinstance(module, nn.Identity):
            return forward
        if not module._modules:
            if type(module) in LAYERS and vars(module).get("padding_mode", "zeros") == "zeros":
                forward = self._short_forward(module)
            forward = self._leaf_forward(path, module, forward)

        def run(*args: Any, **kwargs: Any) -> Any:
            self._open.append(path)
            output = forward(*args, **kwargs)
            self._open.pop()
            return output

        return run

    def _leaf_forward(self, path: str, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Tensor]:
        name = type(module).__name__
        own = [_storage(parameter) for parameter in module._parameters.values() if parameter is not None]

        def run(*args: Any, **kwargs: Any) -> Tensor:
            call = self._leaf = _Call(path, name, name, len(self.layers))
            output: Tensor = forward(*args, **kwargs)
            self._leaf = None
            with torch._C.DisableTorchFunction():
                self._add_layer(call, args[0], output, own)
            return output

        return run

    def _short_forward(self, module: nn.Module) -> Callable[[Tensor], Tensor]:
        operation, arguments = LAYERS[type(module)]
        rule = RULES[operation]

        def run(x: Tensor) -> Tensor:
            with torch._C.DisableTorchFunction():
                answer = rule(x, *arguments(module))
                assert isinstance(answer, Answer)
                assert self._leaf is not None
                return self._perform(self._leaf, operation.__name__, answer)

        return run

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        rule = RULES.get(func)
        if rule is None:
            result = func(*args, **kwargs)
            self._inherit(func, result, args)
            return result
        answer = rule(*args, **kwargs)
        if not isinstance(answer, Answer):
            return answer
        if self._leaf is not None:
            return self._perform(self._leaf, func.__name__, answer)
        call = _Call(self.path, func.__name__, func.__name__, len(self.layers))
        output = self._perform(call, func.__name__, answer)
        self._add_layer(call, answer.inputs[0], output, map(_storage, answer.inputs))
        return output

    def _perform(self, call: _Call, function: str, answer: Answer) -> Tensor:
        """The operation's output; what it does is added to the call."""
        output = torch.empty(answer.shape, device="meta")
        stored = [_storage(tensor) for tensor in answer.inputs]
        sources = {source for storage in stored for source in self._sources.get(storage, ())} - {call.index}
        call.sources = tuple(sorted({*call.sources, *sources}))
        call.function = function
        call.answer = answer if call.answer is None else call.answer.then(answer)
        made = _storage(output)
        self._sources[made] = (call.index,)
        self._held.append(output)
        if not self._needs_gradient.isdisjoint(stored):
            self._needs_gradient.add(made)
            call.kept += answer.extra
            for tensor in self._needed(answer, stored, output):
                call.kept += self._keep(tensor)
        return output

    def _add_layer(self, call: _Call, given: Tensor, output: Tensor, own: Iterable[int]) -> None:
        # Without an answer the layer calls no operation with a rule.
        answer = call.answer or Answer("other", ())
        self.layers.append(
            Layer(
                path=call.path,
                type=call.type,
                function=call.function,
                kind=answer.kind,
                input_shape=tuple(given.shape[1:]),
                output_shape=tuple(output.shape[1:]),
                params=self._count(own),
                weights=answer.weights,
                biases=answer.biases,
                macs=answer.macs,
                kept=call.kept,
                geometry=answer.window,
                is_global=answer.is_global,
                num_neighbours=answer.num_neighbours,
                # A layer that computes nothing, such as one that flattens, has the sources of its input.
                sources=call.sources or self._sources.get(_storage(given), ()),
            )
        )

    def _needed(self, answer: Answer, stored: list[int], output: Tensor) -> Iterable[Tensor]:
        if answer.keeps == "input":
            return answer.inputs[:1]
        if answer.keeps == "output":
            return (output,)
        if answer.keeps == "factors":
            # The gradient of each factor is that of the product times the other factor.
            pairs = zip(answer.inputs, reversed(stored), strict=True)
            return [tensor for tensor, other in pairs if other in self._needs_gradient]
        return ()

    def _keep(self, tensor: Tensor) -> Kept:
        """What keeping this tensor for backward adds; a storage counts once, and parameters do not count."""
        storage = _storage(tensor)
        if storage in self.kept:
            return NOTHING_KEPT
        self.kept.add(storage)
        self._held.append(tensor)
        return Kept(values=tensor.untyped_storage().nbytes() // tensor.element_size())

    def _count(self, stored: Iterable[int]) -> int:
        """Elements of the parameters in these storages that are not counted yet; a view shares its tensor's storage."""
        return sum(self.uncounted.pop(storage, 0) for storage in stored) if self.uncounted else 0

    def _inherit(self, func: Any, result: Any, args: Iterable[Any]) -> None:
        """The outputs of an operation without a rule have the sources of its inputs; one that computes is unknown."""
        results = (result,) if isinstance(result, Tensor) else result if isinstance(result, tuple | list) else ()
        given = {_storage(arg) for arg in args if isinstance(arg, Tensor)}
        outputs = [tensor for tensor in results if isinstance(tensor, Tensor) and _storage(tensor) not in given]
        if not given or not outputs:
            return
        sources = tuple(sorted({source for storage in given for source in self._sources.get(storage, ())}))
        for output in outputs:
            self._held.append(output)
            self._sources[_storage(output)] = sources
            if not self._needs_gradient.isdisjoint(given):
                self._needs_gradient.add(_storage(output))
        if func not in NO_COMPUTATION:
            self.unknown[getattr(func, "__name__", str(func))] = None


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
