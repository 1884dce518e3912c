"""One forward pass without weights: what every layer gets, gives, multiplies and keeps.

The forward of a skeleton runs under a mode that answers each operation with an empty tensor of the right shape. That
needs no memory, touches no random state and costs about as much as calling the modules. All figures are for one image.
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

from cnnlab.walk.layer import IMAGE, Break, Layer, Walk
from cnnlab.walk.rules import FREE, LAYERS, NOTHING_KEPT, RULES, Answer, Broken, Kept, Kind, Shape, Window


def walk(network: nn.Module, input_shape: Shape, *, training: bool) -> Walk:
    """The layers that one image of `input_shape` (C, H, W) passes through in the network's eval or train mode.

    The network is one from `skeleton` and belongs to the caller alone; its mode is left as asked for here.
    """
    if any(module.training is not training for module in _named(network)):
        network.train(training)
    image = torch.empty((1, *input_shape), device="meta")
    recorder = _Recorder(network, image)
    broken = None
    with recorder.watching(), torch.no_grad():
        try:
            network(image)
        except Broken as error:
            broken = Break(recorder.path, error.rule, error.have, error.need)
    keeps_image = recorder.is_kept(image)
    return Walk(
        layers=tuple(recorder.layers),
        modules=recorder.modules,
        broken=broken,
        unknown=tuple(recorder.unknown),
        keeps_image=keeps_image,
        unlisted_params=0 if broken else recorder.num_uncounted,
    )


def depends_on_mode(network: nn.Module) -> bool:
    """Whether eval and train mode may call different layers: whether a module but those that torch has for it asks.

    A normalisation or a dropout has the same shapes and work in both.
    """
    return any(_asks_for_mode(kind) for kind in {type(module) for module in _named(network)})  # type: ignore[arg-type]


def _named(network: nn.Module) -> dict[nn.Module, str]:
    """All modules and their paths, as `named_modules` gives them, in a third of its time."""
    paths: dict[nn.Module, str] = {}

    def name(module: nn.Module, path: str) -> None:
        paths[module] = path
        for own, child in module._modules.items():
            if child is not None and child not in paths:
                name(child, f"{path}.{own}" if path else own)

    name(network, "")
    return paths


@cache
def _asks_for_mode(kind: type[nn.Module]) -> bool:
    if issubclass(kind, _BatchNorm | _DropoutNd):
        return False
    own = [value for base in kind.__mro__ if base not in nn.Module.__mro__ for value in vars(base).values()]
    return any("training" in value.__code__.co_names for value in own if isinstance(value, FunctionType))


@dataclass(slots=True)
class _Call:
    """What one leaf module, or one operation between modules, has done so far."""

    path: str
    type: str
    function: str
    place: int
    params: int = 0
    kind: Kind = "other"
    weights: int = 0
    biases: int = 0
    macs: int = 0
    kept: Kept = NOTHING_KEPT
    geometry: Window | None = None
    is_global: bool = False
    num_neighbours: int = 0
    sources: tuple[int, ...] = ()
    input_shape: Shape = ()
    output_shape: Shape = ()


class _Recorder(TorchFunctionMode):
    """Answers operations with empty tensors, and writes a `Layer` for each leaf module and each operation between."""

    def __init__(self, network: nn.Module, image: Tensor) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self._named = _named(network)
        self.modules = {path: type(module).__name__ for module, path in self._named.items()}
        self.unknown: dict[str, None] = {}
        self._paths: list[str] = []
        self._leaf: _Call | None = None
        # By storage; the tensors are held, so that no other storage gets the same address.
        parameters = (p for module in self._named for p in module._parameters.values() if p is not None)
        self._uncounted = {_storage(parameter): parameter.numel() for parameter in parameters}
        self._needs_gradient = set(self._uncounted)
        self._kept = set(self._uncounted)
        self._sources: dict[int, tuple[int, ...]] = {_storage(image): (IMAGE,)}
        self._held: list[Tensor] = [image]

    @property
    def path(self) -> str:
        """The module whose forward runs now."""
        return self._paths[-1]

    @property
    def num_uncounted(self) -> int:
        """Elements of the parameters that no layer has counted."""
        return sum(self._uncounted.values())

    def is_kept(self, tensor: Tensor) -> bool:
        """Whether backward needs the tensor."""
        return _storage(tensor) in self._kept

    @contextmanager
    def watching(self) -> Iterator[None]:
        """This mode is on, and each module's forward tells when it begins and ends."""
        # A forward of the instance's own costs half of what hooks do.
        for module, path in self._named.items():
            module.__dict__["forward"] = self._watched(path, module)
        try:
            with self:
                yield
        finally:
            for module in self._named:
                del module.__dict__["forward"]

    def _watched(self, path: str, module: nn.Module) -> Callable[..., Any]:
        forward = module.forward
        if not module._modules:
            return forward if isinstance(module, nn.Identity) else self._watched_leaf(path, module, forward)

        def run(*args: Any, **kwargs: Any) -> Any:
            self._paths.append(path)
            answer = forward(*args, **kwargs)
            self._paths.pop()
            return answer

        return run

    def _watched_leaf(self, path: str, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        name = type(module).__name__
        own = [_storage(parameter) for parameter in module._parameters.values() if parameter is not None]
        if type(module) in LAYERS and vars(module).get("padding_mode", "zeros") == "zeros":
            return self._known_leaf(path, module, name, own)

        def run(*args: Any, **kwargs: Any) -> Any:
            self._paths.append(path)
            call = _Call(path, name, name, len(self.layers))
            call.params = self._count(own)
            self._leaf = call
            result = forward(*args, **kwargs)
            self._leaf = None
            call.input_shape, call.output_shape = tuple(args[0].shape[1:]), tuple(result.shape[1:])
            self._write(call, args[0])
            self._paths.pop()
            return result

        return run

    def _known_leaf(self, path: str, module: nn.Module, name: str, own: list[int]) -> Callable[[Tensor], Tensor]:
        """As any leaf, for the layers that most networks consist of: without calling their forward."""
        function, rule = LAYERS[type(module)]

        def run(x: Tensor) -> Tensor:
            self._paths.append(path)
            with torch._C.DisableTorchFunction():
                given = tuple(x.shape)
                answer = rule(module, given)
                output = torch.empty(answer.shape, device="meta")
                before, made = _storage(x), _storage(output)
                kept = NOTHING_KEPT
                if own or before in self._needs_gradient:
                    self._needs_gradient.add(made)
                    kept = answer.extra + self._keep(x if answer.keeps == "input" else output)
            place = len(self.layers)
            self._sources[made] = (place,)
            self._held.append(output)
            self.layers.append(
                Layer(
                    path=path,
                    type=name,
                    function=function,
                    kind=answer.kind,
                    input_shape=given[1:],
                    output_shape=answer.shape[1:],
                    params=self._count(own),
                    weights=answer.weights,
                    biases=answer.biases,
                    macs=answer.macs,
                    kept=kept,
                    geometry=answer.window,
                    is_global=answer.is_global,
                    num_neighbours=answer.num_neighbours,
                    sources=self._sources.get(before, ()),
                )
            )
            self._paths.pop()
            return output

        return run

    def _write(self, call: _Call, before: Tensor) -> None:
        # A layer that computes nothing, such as one that flattens, has what it was given.
        sources = call.sources or self._sources.get(_storage(before), ())
        self.layers.append(
            Layer(
                path=call.path,
                type=call.type,
                function=call.function,
                kind=call.kind,
                input_shape=call.input_shape,
                output_shape=call.output_shape,
                params=call.params,
                weights=call.weights,
                biases=call.biases,
                macs=call.macs,
                kept=call.kept,
                geometry=call.geometry,
                is_global=call.is_global,
                num_neighbours=call.num_neighbours,
                sources=sources,
            )
        )

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
        leaf = self._leaf
        call = leaf or _Call(self.path, func.__name__, func.__name__, len(self.layers))
        result = self._carry_out(call, func.__name__, answer)
        if leaf is None:
            call.params = self._count(map(_storage, answer.inputs))
            self._write(call, answer.inputs[0])
        return result

    def _carry_out(self, call: _Call, function: str, answer: Answer) -> Tensor:
        shape = tuple(answer.shape)
        output = torch.empty(shape, device="meta")
        if not call.sources:
            call.input_shape = tuple(answer.inputs[0].shape[1:])
        call.output_shape = shape[1:]
        stored = [_storage(tensor) for tensor in answer.inputs]
        call.function = function
        call.kind = answer.kind if call.kind == "other" else call.kind
        call.macs += answer.macs
        call.weights += answer.weights
        call.biases += answer.biases
        call.geometry = answer.window or call.geometry
        call.is_global = call.is_global or answer.is_global
        call.num_neighbours = answer.num_neighbours or call.num_neighbours
        sources = {source for storage in stored for source in self._sources.get(storage, ())} - {call.place}
        call.sources = tuple(sorted({*call.sources, *sources}))
        made = _storage(output)
        self._sources[made] = (call.place,)
        self._held.append(output)
        if not self._needs_gradient.isdisjoint(stored):
            self._needs_gradient.add(made)
            kept = answer.extra
            for tensor in self._needed(answer, stored, output):
                kept += self._keep(tensor)
            call.kept += kept
        return output

    def _needed(self, answer: Answer, stored: list[int], output: Tensor) -> Iterable[Tensor]:
        """The tensors that backward needs."""
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
        if storage in self._kept:
            return NOTHING_KEPT
        self._kept.add(storage)
        self._held.append(tensor)
        return Kept(values=tensor.untyped_storage().nbytes() // tensor.element_size())

    def _count(self, stored: Iterable[int]) -> int:
        """The elements of the parameters in these storages that nobody has counted; views of them have the same."""
        return sum(self._uncounted.pop(storage, 0) for storage in stored) if self._uncounted else 0

    def _inherit(self, func: Any, result: Any, args: Iterable[Any]) -> None:
        """An operation without a rule hands on where its inputs came from; one that computes is unknown."""
        if not isinstance(result, Tensor | tuple | list):
            return
        made = [thing for thing in ((result,) if isinstance(result, Tensor) else result) if isinstance(thing, Tensor)]
        if not made:
            return
        given = {_storage(arg) for arg in args if isinstance(arg, Tensor)}
        if not given:
            return
        known = tuple(sorted({source for storage in given for source in self._sources.get(storage, ())}))
        for tensor in made:
            storage = _storage(tensor)
            if storage in given:
                continue
            self._held.append(tensor)
            self._sources[storage] = known
            if not self._needs_gradient.isdisjoint(given):
                self._needs_gradient.add(storage)
            if func not in FREE:
                self.unknown[getattr(func, "__name__", str(func))] = None


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
