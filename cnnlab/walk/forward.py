"""One forward pass without weights: what every layer gets, gives, multiplies and keeps.

The forward of a skeleton runs under a mode that answers each operation with an empty tensor of the right shape. That
needs no memory, draws no random numbers and costs about as much as calling the modules. All figures are for one image.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import FunctionType
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from cnnlab.walk.by_torch import tensors_in
from cnnlab.walk.layer import Break, ForwardPass
from cnnlab.walk.recorder import Recorder
from cnnlab.walk.rules.answer import Shape, ShapesDoNotFit


def walk(network: nn.Module, input_shape: Shape, *, training: bool) -> ForwardPass:
    """The layers that one image of `input_shape` (C, H, W) passes through in the network's eval or train mode.

    The network is one from `skeleton` that no other thread uses; it stays in that mode.
    """
    if any(module.training is not training for module in network.modules()):
        network.train(training)
    return walk_inputs(network, (torch.empty((1, *input_shape), device="meta"),), {})


def walk_inputs(network: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> ForwardPass:
    """The same with any arguments, whose tensors are on the meta device, in the mode that the network is in."""
    images = tensors_in((tuple(args), dict(kwargs)))
    recorder = Recorder(network, images)
    broken = None
    with recorder.recording(), torch.no_grad():
        try:
            network(*args, **kwargs)
        except ShapesDoNotFit as error:
            broken = Break(recorder.path, error.rule, error.have, error.need, error.function)
    return ForwardPass(
        layers=tuple(recorder.layers),
        modules=recorder.modules,
        broken=broken,
        unknown=tuple(recorder.unknown),
        keeps_image=any(int(image.untyped_storage()._cdata) in recorder.kept for image in images),
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
