"""What any network costs: a spec, a preset by its name, or a module of one's own."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnnlab.analysis.costs import Analysis, analysis_of
from cnnlab.analysis.costs import analyse as analyse_spec
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import what_breaks
from cnnlab.spec import Problem, Refused
from cnnlab.walk import Break, ForwardPass, Shape, mapped, meta_copy, walk_inputs
from cnnlab.words.sentence import Sentence


def analyse(
    network: NetworkSpec | str | nn.Module,
    *,
    image_size: int | tuple[int, int] | None = None,
    in_channels: int | None = None,
    inputs: Any = None,
) -> Analysis:
    """The costs of a network: of a spec, of the preset of that name, or of any module, for one image.

    A module needs `image_size`, in pixels, one number or (height, width); `in_channels` is by default that of its first
    convolution. `inputs` are other arguments of its forward in place of an image, as an example: a tensor, a tuple of
    arguments, or a dictionary of keyword arguments; only their shapes count, and a leading dimension of 1 is the batch.

    The module is only read: a copy without weights takes the pass. It may be on any device, in either mode. Raises
    `Refused` where it cannot take these inputs.

    >>> analyse("resnet18").macs
    1814073344
    >>> analyse(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(392, 10)), image_size=9).macs
    14504
    """
    if isinstance(network, nn.Module):
        return _analyse_module(network, image_size, in_channels, inputs)
    if any(given is not None for given in (image_size, in_channels, inputs)):
        raise _refused(
            "image_size",
            "`image_size`, `in_channels` and `inputs` are for modules: those of a spec are changed by `spec.replace`.",
        )
    if isinstance(network, str):
        return analyse_spec(preset(network))
    if not isinstance(network, NetworkSpec):
        raise _refused(
            "network",
            "`network` must be a spec, the name of a preset or a `torch.nn.Module`, and it is of the type {kind}.",
            kind=type(network).__name__,
        )
    return analyse_spec(network)


def _analyse_module(
    module: nn.Module, image_size: int | tuple[int, int] | None, in_channels: int | None, inputs: Any
) -> Analysis:
    # What wraps a module for several devices, or compiles it, has the module itself as an attribute.
    while isinstance(module, nn.DataParallel) or hasattr(module, "_orig_mod"):
        module = module.module if isinstance(module, nn.DataParallel) else module._orig_mod  # type: ignore[assignment]
    name = type(module).__name__
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise _refused(
            "network", "{name} is compiled by `torch.jit`: analyse the module that it was made from.", name=name
        )
    if any(is_lazy(value) for value in (*module.parameters(), *module.buffers())):
        raise _refused(
            "network",
            "{name} has lazy layers, which get their sizes from the first batch: pass one through it first.",
            name=name,
        )
    if inputs is None:
        inputs = _image(module, image_size, in_channels)
    args, kwargs = _arguments(inputs)
    input_shape = _shape(args, kwargs)
    passes: list[ForwardPass] = []
    with _random_states_kept():
        for training in (False, True):
            copied = meta_copy(module).train(training)
            try:
                passes.append(walk_inputs(copied, args, kwargs))
            except Exception as error:
                # Code of others may raise anything.
                raise _refused(
                    "network",
                    "{name} cannot take these inputs without weights: {error}",
                    name=name,
                    error=f"{type(error).__name__}: {error}",
                ) from error
    broken = next((found.broken for found in passes if found.broken is not None), None)
    forward, training_pass = passes
    return analysis_of(
        forward,
        training_pass,
        name=name,
        description=None,
        input_shape=input_shape,
        problem=None if broken is None else _problem(broken, name),
    )


def _image(module: nn.Module, image_size: int | tuple[int, int] | None, in_channels: int | None) -> Tensor:
    if image_size is None:
        raise _refused(
            "image_size",
            "A module does not say how large its images are: give `image_size`, in pixels, or `inputs`, an example.",
        )
    sides = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    convolutions = (part.in_channels for part in module.modules() if isinstance(part, nn.Conv2d))
    channels = next(convolutions, 3) if in_channels is None else in_channels
    for field, values in (("image_size", sides), ("in_channels", (channels,))):
        wrong = next((value for value in values if not isinstance(value, int) or value < 1), None)
        if wrong is not None:
            raise _refused(
                field, "`{setting}` must be a whole number from 1 on, and it is {value!r}.", setting=field, value=wrong
            )
    return torch.empty((1, channels, *sides), device="meta")


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    inputs = mapped(inputs, lambda tensor: torch.empty_like(tensor, device="meta"))
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return (tuple(inputs) if isinstance(inputs, tuple) else (inputs,)), {}


def _shape(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    shapes: list[Shape] = []
    mapped((args, kwargs), lambda tensor: shapes.append(tuple(tensor.shape)))
    if not shapes:
        raise _refused("inputs", "`inputs` must contain a tensor, and there is none.")
    return shapes[0][1:] if shapes[0][:1] == (1,) else shapes[0]


def _problem(broken: Break, name: str) -> Problem:
    named = broken if broken.path else Break(name, broken.rule, broken.have, broken.need, broken.function)
    return Problem("network", Sentence("{what}.", what=what_breaks(named)), layer=broken.path)


def _refused(field: str, template: str, **values: object) -> Refused:
    return Refused([Problem(field, Sentence(template, **values))])


@contextmanager
def _random_states_kept() -> Iterator[None]:
    """A forward in train mode may draw random numbers."""
    ours, numpys = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            random.setstate(ours)
            np.random.set_state(numpys)
