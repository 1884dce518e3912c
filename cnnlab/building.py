"""A spec becomes a network; where the shapes break, the layer is named, and what would mend it."""

import inspect
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from torch import nn

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.spec import Problem, Refused, Value, replace_entry, text_of
from cnnlab.walk import Break, Walk, depends_on_mode, skeleton, walk

_Fits = Callable[[NetworkSpec, nn.Module | None], bool]
"""Whether a spec is a remedy; the network is its skeleton, where there is one already."""

NEAREST_TRIED = 64
"""How far from the value at fault a working one is looked for, in steps of one."""


def arguments(spec: NetworkSpec) -> dict[str, Any]:
    """The keyword arguments of the family's network; the image size is left out where the network does not need it."""
    accepted = inspect.signature(family_of(spec).network).parameters
    return {name: spec.values[name] for name in accepted}


def build(spec: NetworkSpec) -> nn.Module:
    """The network, initialised as torch does by default and in train mode; raises `Refused` if its shapes break.

    >>> from cnnlab.architectures import preset
    >>> sum(p.numel() for p in build(preset("lenet5_tutorial")).parameters())
    61706
    """
    problem = diagnose(spec)
    if problem is not None:
        raise Refused([problem])
    return family_of(spec).network(**arguments(spec))


@lru_cache(maxsize=512)
def examine(spec: NetworkSpec, *, training: bool) -> Walk:
    """What one image meets on its way through the network in eval or train mode, up to the end or to a break."""
    return _passed(spec, _skeleton(spec), training=training)


def _skeleton(spec: NetworkSpec) -> nn.Module:
    return skeleton(family_of(spec).network, arguments(spec))


def _passed(spec: NetworkSpec, network: nn.Module, *, training: bool) -> Walk:
    return walk(network, (spec.in_channels, spec.image_size, spec.image_size), training=training)


@lru_cache(maxsize=512)
def examine_both(spec: NetworkSpec) -> tuple[Walk, Walk]:
    """What an image meets in eval and in train mode, of a network that is built once.

    Where no layer depends on the mode, one walk is both.
    """
    network = _skeleton(spec)
    training = _passed(spec, network, training=True)
    return (_passed(spec, network, training=False) if depends_on_mode(network) else training), training


@lru_cache(maxsize=512)
def diagnose(spec: NetworkSpec) -> Problem | None:
    """Why no image passes through this network, in eval or in train mode; None where one does."""
    for training, found in zip((False, True), examine_both(spec), strict=True):
        if found.broken is not None:
            return _explain(spec, found.broken, training=training)
    return None


def _explain(spec: NetworkSpec, broken: Break, *, training: bool) -> Problem:
    have, need, layer = broken.have, broken.need, broken.path
    field, index = ("groups", None) if broken.rule == "groups" else spec.setting_of(layer)
    if broken.rule == "groups":
        what = f"`groups` must divide the channels of `{layer}`: {have} / {need} is not a whole number"
    elif broken.rule == "sum":
        what = f"`{layer}` cannot add its input, {need}x{need}, to its result, {have}x{have}"
    elif broken.rule == "join":
        what = f"`{layer}` cannot join maps of {need}x{need} and {have}x{have} along the channels"
    else:
        what = f"The map is {have}x{have} when it reaches `{layer}`, too small for its {need}x{need} window"

    remedies: list[str] = []
    # Where something else is wrong as well, mending this has to do.
    for fits in (_works, partial(_mends, broken=broken, training=training)):
        if broken.rule == "window" and not remedies:
            remedies += _larger_images(spec, fits)
        if (field, index) != ("image_size", None):
            remedies += _nearest_values(spec, field, index, have if broken.rule == "groups" else None, fits)
        if remedies:
            break
    return Problem(field, f"{what}{': ' if remedies else ''}{', or '.join(remedies)}.", index=index, layer=layer)


def _works(spec: NetworkSpec, network: nn.Module | None) -> bool:
    """Whether images pass in train mode, which has every layer of eval mode, and auxiliary heads besides."""
    return _found(spec, network, training=True).broken is None


def _mends(spec: NetworkSpec, network: nn.Module | None, broken: Break, *, training: bool) -> bool:
    """Whether that break is gone in that mode, whatever is wrong besides."""
    found = _found(spec, network, training=training)
    if found.broken is None or any(row.path == broken.path for row in found.layers):
        return True
    return found.broken.path == broken.path and found.broken.rule != broken.rule


def _found(spec: NetworkSpec, network: nn.Module | None, *, training: bool) -> Walk:
    return examine(spec, training=training) if network is None else _passed(spec, network, training=training)


def _nearest_values(spec: NetworkSpec, field: str, index: int | None, multiple: int | None, fits: _Fits) -> list[str]:
    """The nearest value below and above, of a whole-number field or of one entry of a list, with which the spec fits;
    of a switch, the other value; of a list of blocks, to be without the one at fault.

    Only divisors of `multiple` are tried, where it is given.
    """
    setting, values = spec.settings()[field], spec.values[field]
    if isinstance(values, bool):
        other = not values
        return [f"set `{field}` to {text_of(other)}"] if _changed_fits(spec, field, None, other, fits) else []
    value = values if index is None else values[index]  # type: ignore[index]
    if isinstance(value, str):
        assert isinstance(values, tuple)
        assert index is not None
        fewer = (*values[:index], *values[index + 1 :])
        return [f"remove block {index + 1}"] if _changed_fits(spec, field, None, fewer, fits) else []
    assert isinstance(value, int)
    assert setting.minimum is not None
    assert setting.maximum is not None
    minimum, maximum = int(setting.minimum), int(setting.maximum)
    if multiple is None:
        minimum, maximum = max(minimum, value - NEAREST_TRIED), min(maximum, value + NEAREST_TRIED)
    tried = [n for n in range(minimum, maximum + 1) if multiple is None or multiple % n == 0]
    sides = (reversed([n for n in tried if n < value]), (n for n in tried if n > value))
    near = [next((n for n in side if _changed_fits(spec, field, index, n, fits)), None) for side in sides]
    found = " or ".join(str(n) for n in near if n is not None)
    name = f"`{field}`" if index is None else f"`{field}[{index}]`"
    return [f"set {name} to {found}"] if found else []


def _larger_images(spec: NetworkSpec, fits: _Fits) -> list[str]:
    """The smallest image above the present one that fits, by bisection: where a smaller one passes, so do larger."""
    maximum = spec.settings()["image_size"].maximum
    assert maximum is not None
    low, high = spec.image_size, int(maximum)
    # One network does for all sizes, unless it is made for a size.
    network = None if "image_size" in arguments(spec) else _skeleton(spec)
    if not _changed_fits(spec, "image_size", None, high, fits, network):
        return []
    while high - low > 1:
        middle = (low + high) // 2
        fitting = _changed_fits(spec, "image_size", None, middle, fits, network)
        low, high = (low, middle) if fitting else (middle, high)
    return [f"use images of at least {high}x{high}"]


def _changed_fits(
    spec: NetworkSpec, field: str, index: int | None, value: Value, fits: _Fits, network: nn.Module | None = None
) -> bool:
    """Whether the spec with that value, or with that entry of a list, fits; `network` does for all of its values."""
    changed = replace_entry(spec.values[field], index, value)
    found, _ = type(spec).check({**spec.values, field: changed})
    return found is not None and fits(found, network)
