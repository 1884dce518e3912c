"""The mode under which a forward runs: it answers operations with empty tensors, and records what each of them does."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnlab.walk.by_torch import Finding, ask_torch, tensors_in
from cnnlab.walk.layer import FLOAT_BYTES, IMAGE, INDEX_BYTES, Layer
from cnnlab.walk.rules import LAYERS, NO_COMPUTATION, RULES, VALUES
from cnnlab.walk.rules.answer import NOTHING_KEPT, Answer, Kept, Shape, ShapesDoNotFit


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


class Recorder(TorchFunctionMode):
    """Answers operations with empty tensors, and adds a `Layer` for each leaf module and each operation between.

    `images` are the tensors that the network gets.
    """

    def __init__(self, network: nn.Module, images: Iterable[Tensor]) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self._modules = {module: path for path, module in network.named_modules()}
        self.modules = {path: type(module).__name__ for module, path in self._modules.items()}
        self.unknown: dict[str, None] = {}
        self._open: list[str] = [""]
        self._leaf: _Call | None = None
        # By storage; the tensors are held, so that no other storage gets the same address.
        parameters = {_storage(p): p for module in self._modules for p in module._parameters.values() if p is not None}
        self.uncounted = {storage: parameter.numel() for storage, parameter in parameters.items()}
        self._needs_gradient = {storage for storage, parameter in parameters.items() if parameter.requires_grad}
        # What belongs to the network is not kept for the backward pass, but there already. The rules of frequent layers
        # keep none of their buffers.
        self.kept = set(parameters)
        holders = (module for module in self._modules if module._buffers and type(module) not in LAYERS)
        self.kept.update(_storage(b) for module in holders for b in module._buffers.values() if b is not None)
        # What depends on nothing else does not grow with the batch.
        self._constant = set(self.kept)
        self._held: list[Tensor] = list(images)
        self._sources: dict[int, tuple[int, ...]] = {_storage(image): (IMAGE,) for image in self._held}

    @property
    def path(self) -> str:
        """The module whose forward runs now."""
        return self._open[-1]

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Turns on this mode, and records when each module's forward begins and ends."""
        # A forward of the instance's own costs half of what hooks do.
        own = {module: module.__dict__["forward"] for module in self._modules if "forward" in module.__dict__}
        for module, path in self._modules.items():
            module.__dict__["forward"] = self._recorded(path, module)
        try:
            with self:
                yield
        finally:
            for module in self._modules:
                del module.__dict__["forward"]
                if module in own:
                    module.__dict__["forward"] = own[module]

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

    def _leaf_forward(self, path: str, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        name = type(module).__name__
        own = [_storage(parameter) for parameter in module._parameters.values() if parameter is not None]

        def run(*args: Any, **kwargs: Any) -> Any:
            outer, call = self._leaf, _Call(path, name, name, len(self.layers))
            self._leaf = call
            output = forward(*args, **kwargs)
            self._leaf = outer
            if outer is None:
                with torch._C.DisableTorchFunction():
                    made = output if isinstance(output, Tensor) else _first(output)
                    if made is not None:
                        given = args[0] if args and isinstance(args[0], Tensor) else _first((args, kwargs))
                        self._add_layer(call, made if given is None else given, made, own)
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
        answer = NotImplemented if rule is None else rule(*args, **kwargs)
        if answer is NotImplemented:
            return self._without_rule(func, args, kwargs)
        if not isinstance(answer, Answer):
            return answer
        if self._leaf is not None:
            return self._perform(self._leaf, func.__name__, answer)
        call = _Call(self.path, func.__name__, func.__name__, len(self.layers))
        output = self._perform(call, func.__name__, answer)
        own = tensors_in((args, kwargs)) if answer.biases else answer.inputs
        self._add_layer(call, answer.inputs[0], output, map(_storage, own))
        return output

    def _perform(self, call: _Call, function: str, answer: Answer) -> Tensor:
        """The operation's output; what it does is added to the call."""
        output = answer.inputs[0] if answer.in_place else torch.empty(answer.shape, device="meta")
        stored = [_storage(tensor) for tensor in answer.inputs]
        if call.answer is None and len(stored) == 1:
            # The most frequent case, in short.
            call.sources, call.function, call.answer = self._sources.get(stored[0], ()), function, answer
        else:
            self._does(call, function, answer, stored)
        made = _storage(output)
        self._sources[made] = (call.index,)
        self._held.append(output)
        if self._constant.issuperset(stored):
            self._constant.add(made)
        if not self._needs_gradient.isdisjoint(stored):
            self._needs_gradient.add(made)
            call.kept += answer.extra
            for tensor, storage in self._needed(answer, stored, output, made):
                if storage not in self.kept:
                    call.kept += self._keep(tensor, storage)
        return output

    def _does(self, call: _Call, function: str, answer: Answer, stored: Iterable[int]) -> None:
        sources = {source for storage in stored for source in self._sources.get(storage, ())} - {call.index}
        call.sources = tuple(sorted({*call.sources, *sources}))
        call.function = function
        call.answer = answer if call.answer is None else call.answer.then(answer)

    def _without_rule(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The operation as torch does it on tensors without values."""
        given = tensors_in((args, kwargs))
        if not any(tensor.is_meta for tensor in given):
            return func(*args, **kwargs)
        if func in VALUES:
            raise ShapesDoNotFit("data", function=func.__name__)
        if func in NO_COMPUTATION or func.__name__ == "__get__":
            result = func(*args, **kwargs)
            self._inherit(given, tensors_in(result))
            return result
        found = ask_torch(func, args, kwargs, lambda tensor: _storage(tensor) in self._needs_gradient)
        made = tensors_in(found.result)
        if not found.computes or not made:
            self._inherit(given, made)
            self._keep_found(found, self._leaf)
            return found.result
        name = func.__name__
        call = self._leaf or _Call(self.path, name, name, len(self.layers))
        stored = [_storage(tensor) for tensor in given]
        if not found.is_counted:
            self.unknown[name] = None
        self._does(call, name, self._answer_of(found, made[0], given), stored)
        params = self._count(stored) if self._leaf is None else 0
        self._inherit(given, made)
        self._sources |= {_storage(tensor): (call.index,) for tensor in made}
        self._keep_found(found, call)
        if self._leaf is None:
            self._add_layer(call, given[0], made[0], ())
            self.layers[-1] = self.layers[-1]._replace(params=params)
        return found.result

    def _answer_of(self, found: Finding, output: Tensor, given: list[Tensor]) -> Answer:
        """What torch found, as the answer of a rule."""
        own = [tensor.numel() for tensor in given if isinstance(tensor, nn.Parameter) and tensor.dim() > 1]
        maps = [tensor for tensor in given if _storage(tensor) not in self._constant]
        return Answer(
            "dense" if found.macs and own else "other",
            tuple(output.shape),
            tuple(given),
            macs=found.macs,
            weights=sum(own) if found.macs else 0,
            mixes=found.macs > 0 and (len(maps) > 1 or not own),
        )

    def _keep_found(self, found: Finding, call: _Call | None) -> None:
        kept = NOTHING_KEPT
        for tensor in found.saved:
            kept += self._keep(tensor, _storage(tensor))
        if call is not None:
            call.kept += kept
        elif self.layers:
            # What only moves values has no row.
            self.layers[-1] = self.layers[-1]._replace(kept=self.layers[-1].kept + kept)

    def _add_layer(self, call: _Call, given: Tensor, output: Tensor, own: Iterable[int]) -> None:
        # Without an answer the layer calls no operation with a rule.
        answer = call.answer or Answer("other", ())
        self.layers.append(
            Layer(
                path=call.path,
                type=call.type,
                function=call.function,
                kind=answer.kind,
                input_shape=_of_one_image(given),
                output_shape=_of_one_image(output),
                params=self._count(own),
                weights=answer.weights,
                biases=answer.biases,
                macs=answer.macs,
                kept=call.kept,
                geometry=answer.window,
                is_global=answer.is_global,
                mixes=answer.mixes,
                num_neighbours=answer.num_neighbours,
                # A layer that computes nothing, such as one that flattens, has the sources of its input.
                sources=call.sources or self._sources.get(_storage(given), ()),
            )
        )

    def _needed(self, answer: Answer, stored: list[int], output: Tensor, made: int) -> Iterable[tuple[Tensor, int]]:
        """The tensors that backward needs, each with its storage."""
        if answer.keeps == "output":
            return ((output, made),)
        if answer.keeps == "nothing":
            return ()
        given = zip(answer.inputs, stored, strict=True)
        if answer.keeps == "inputs":
            return given
        if answer.keeps == "input":
            return (next(given),)
        # The gradient of each factor is that of the product times the other factor.
        return [one for one, other in zip(given, reversed(stored), strict=True) if other in self._needs_gradient]

    def _keep(self, tensor: Tensor, storage: int) -> Kept:
        """What keeping this tensor for backward adds; a storage counts once, and parameters do not count."""
        if storage in self.kept:
            return NOTHING_KEPT
        self.kept.add(storage)
        self._held.append(tensor)
        size = tensor.untyped_storage().nbytes()
        if storage in self._constant:
            return Kept(statistics=size // FLOAT_BYTES)
        if tensor.itemsize == 1:
            return Kept(flags=size)
        if tensor.itemsize == INDEX_BYTES:
            return Kept(indices=size // INDEX_BYTES)
        return Kept(values=size // FLOAT_BYTES)

    def _count(self, stored: Iterable[int]) -> int:
        """Elements of the parameters in these storages that are not counted yet; a view shares its tensor's storage."""
        return sum(self.uncounted.pop(storage, 0) for storage in stored) if self.uncounted else 0

    def _inherit(self, given: list[Tensor], made: list[Tensor]) -> None:
        """The outputs of an operation have the sources of its inputs, and the parameters that only moved."""
        stored = {_storage(tensor) for tensor in given}
        sources = tuple(sorted({source for storage in stored for source in self._sources.get(storage, ())}))
        needs_gradient = not self._needs_gradient.isdisjoint(stored)
        is_constant = all(not tensor.is_meta or _storage(tensor) in self._constant for tensor in given)
        for tensor in made:
            storage = _storage(tensor)
            self._held.append(tensor)
            self._sources[storage] = sources
            if needs_gradient and tensor.is_floating_point():
                self._needs_gradient.add(storage)
            if is_constant:
                self._constant.add(storage)
            if storage not in stored and self._leaf is None and self.uncounted:
                self.uncounted[storage] = self._count(stored)


def _first(value: Any) -> Tensor | None:
    return next(iter(tensors_in(value)), None)


def _of_one_image(tensor: Tensor) -> Shape:
    """The shape without the batch, which is one image; another leading dimension counts what that image is made of."""
    shape = tensor.shape
    return tuple(shape[1:] if shape and shape[0] == 1 else shape)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
