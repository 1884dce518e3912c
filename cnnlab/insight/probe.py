"""A copy of a network in which the output of one layer can be read, and its gradient."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnlab.walk import Layer

_OUT_OF_PLACE: dict[str, Callable[..., Tensor]] = {
    "add_": torch.add,
    "sub_": torch.sub,
    "mul_": torch.mul,
    "div_": torch.div,
}
"""What computes the same in memory of its own: where a map is overwritten, neither it nor its gradient can be read."""


class ProbedNetwork(nn.Module):
    """A network in eval mode, (N, C, H, W) to (N, classes), in which one layer's output passes through `probe`.

    It is a copy that has the weights in common with the network given, to which nothing happens: no mode, hook, buffer
    or gradient of it changes. Each thread needs a copy of its own.
    """

    def __init__(self, network: nn.Module, layers: tuple[Layer, ...] = (), index: int = 0) -> None:
        """`layers` are those of `layers_of`, of which the one at `index` is probed; none if there are no layers."""
        super().__init__()
        # The memory of the weights is shared; gradients of weights are neither needed nor left behind.
        memo: dict[int, Any] = {id(p): nn.Parameter(p.detach(), requires_grad=False) for p in network.parameters()}
        self.network = copy.deepcopy(network, {**memo, **{id(b): b.detach() for b in network.buffers()}}).eval()
        self.probe = nn.Identity()
        self._wanted: tuple[str, str] | None = None
        if layers:
            self._wanted = _name(layers[index])
            self._calls_before = sum(_name(layer) == self._wanted for layer in layers[:index])
        self._open: list[nn.Module] = []
        self._num_calls = 0
        self._paths = {module: path for path, module in self.network.named_modules()}
        for module in self._paths:
            module.register_forward_pre_hook(lambda module, _: self._open.append(module))
            module.register_forward_hook(self._leave)

    def forward(self, images: Tensor) -> Tensor:
        self._open.clear()
        self._num_calls = 0
        with _Calls(self):
            scores: Tensor = self.network(images)
        return scores

    def outputs(self, images: Tensor) -> Tensor:
        """The output of the probed layer, (N, ...)."""
        found: list[Tensor] = []
        hook = self.probe.register_forward_hook(lambda _module, _inputs, output: found.append(output))
        try:
            self(images)
        finally:
            hook.remove()
        return found[0]

    def after_operation(self, name: str, result: Any) -> Any:
        """The result of torch's operation of that name, through the probe where it is the layer."""
        inside = self._open[-1] if self._open else self.network
        # What a module without parts does is one layer, however many operations that takes.
        return result if not inside._modules else self._probed((self._paths[inside], name), result)

    def _leave(self, module: nn.Module, _inputs: Any, output: Any) -> Any:
        self._open.pop()
        return output if module._modules else self._probed((self._paths[module], type(module).__name__), output)

    def _probed(self, name: tuple[str, str], output: Any) -> Any:
        if name != self._wanted:
            return output
        self._num_calls += 1
        return self.probe(output) if self._num_calls == self._calls_before + 1 else output


class _Calls(TorchFunctionMode):
    """Sees each operation of a forward pass, and lets none overwrite its input."""

    def __init__(self, probed: ProbedNetwork) -> None:
        super().__init__()
        self._probed = probed

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if kwargs.get("inplace"):
            kwargs["inplace"] = False
        name = func.__name__
        return self._probed.after_operation(name, _OUT_OF_PLACE.get(name, func)(*args, **kwargs))


def _name(layer: Layer) -> tuple[str, str]:
    return layer.path, layer.type
