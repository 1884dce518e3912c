"""The state that an optimizer has from the steps before, checked before it is loaded."""

from collections.abc import Mapping

from torch import Tensor, nn

from cnnlab.insight.refusals import refused
from cnnlab.optimizer_kinds import OptimizerKind

_ADAM = {"step", "exp_avg", "exp_avg_sq"}

STATE_NAMES: dict[OptimizerKind, set[str]] = {
    "sgd": set(),
    "momentum": {"momentum_buffer"},
    "nesterov": {"momentum_buffer"},
    "adam": _ADAM,
    "adamw": _ADAM,
    "rmsprop": {"step", "square_avg"},
}
"""Torch's names of the tensors that each optimizer keeps for a parameter; "step" counts, the others have its shape."""


def check_earlier_state(kind: OptimizerKind, network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Raises `Refused` if these are not the tensors of this optimizer, by "0.momentum_buffer", for this network."""
    shapes = {str(number): tuple(parameter.shape) for number, parameter in enumerate(network.parameters())}
    found: dict[str, set[str]] = {}
    for path, tensor in tensors.items():
        number, _, name = path.partition(".")
        found.setdefault(number, set()).add(name)
        if tuple(tensor.shape) != (() if name == "step" else shapes.get(number)):
            raise _refused(kind, path, tensor)
    for number, names in found.items():
        if names != STATE_NAMES[kind]:
            path = f"{number}.{min(names ^ STATE_NAMES[kind])}"
            raise _refused(kind, path, tensors.get(path))


def _refused(kind: OptimizerKind, path: str, tensor: Tensor | None) -> Exception:
    return refused(
        "optimizer_state",
        "`optimizer_state` must be that of {kind} for this network, and {path!r} has {shape}: use the state after a"
        " step with the same optimizer and network, or none.",
        kind=kind,
        path=path,
        shape="no tensor" if tensor is None else f"the shape {tuple(tensor.shape)}",
    )
