"""A spec becomes a network; where the shapes break, the layer is named, and what would mend it."""

import inspect
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from torch import nn

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.spec import Problem, Refused
from cnnlab.walk import Break, Walk, skeleton, walk

NEAREST_TRIED = 64
"""How far from the value at fault a working one is looked for, in steps of one."""


def arguments(spec: NetworkSpec) -> dict[str, Any]:
    """The keyword arguments of the family's network; the image size is left out where the network does not need it."""
    accepted = inspect.signature(family_of(spec).network).parameters
    return {name: value for name, value in spec.values.items() if name in accepted}


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
    image = (spec.in_channels, spec.image_size, spec.image_size)
    return walk(skeleton(family_of(spec).network, arguments(spec)), image, training=training)


@lru_cache(maxsize=512)
def diagnose(spec: NetworkSpec) -> Problem | None:
    """Why no image passes through this network, in eval or in train mode; None where one does."""
    for training in (False, True):
        broken = examine(spec, training=training).broken
        if broken is not None:
            return _explain(spec, broken)
    return None


def _explain(spec: NetworkSpec, broken: Break) -> Problem:
    have, need, layer = broken.have, broken.need, broken.path
    if broken.rule == "groups":
        what = f"`groups` must divide the channels of `{layer}`: {have} / {need} is not a whole number"
        return Problem("groups", f"{what}: {_remedy(spec, 'groups', None, have)}.", layer=layer)
    field, index = spec.setting_of(layer)
    if broken.rule == "sum":
        what = f"`{layer}` cannot add its input, {need}x{need}, to its result, {have}x{have}"
        return Problem(field, f"{what}: {_remedy(spec, field, index)}.", index=index, layer=layer)
    what = f"The map is {have}x{have} when it reaches `{layer}`, too small for its {need}x{need} window"
    remedies = {_remedy(spec, "image_size", None), _remedy(spec, field, index)}
    return Problem(field, f"{what}: {', or '.join(sorted(filter(None, remedies), reverse=True))}.", index, layer)


def _remedy(spec: NetworkSpec, field: str, index: int | None, multiple: int | None = None) -> str:
    """The nearest values of a whole-number field (or of one entry of a list) with which the network works, in words.

    Only divisors of `multiple` are tried, where it is given.
    """
    setting, values = spec.settings()[field], spec.values[field]
    value = values if index is None else values[index]  # type: ignore[index]
    assert isinstance(value, int)
    assert setting.minimum is not None
    assert setting.maximum is not None
    name = f"`{field}`" if index is None else f"`{field}[{index}]`"
    if field == "image_size":
        found = _smallest_image(spec)
        return f"use images of at least {found}x{found}" if found else ""
    lower = range(value - 1, max(int(setting.minimum), value - NEAREST_TRIED) - 1, -1)
    higher = range(value + 1, min(int(setting.maximum), value + NEAREST_TRIED) + 1)
    near = []
    for candidates in (lower, higher):
        tried = [n for n in candidates if multiple is None or multiple % n == 0]
        near += [n for n in [_first_working(spec, field, index, tried)] if n is not None]
    return f"set {name} to {' or '.join(map(str, near))}" if near else ""


def _first_working(spec: NetworkSpec, field: str, index: int | None, candidates: Iterable[int]) -> int | None:
    for candidate in candidates:
        changed: Any = candidate
        if index is not None:
            values = spec.values[field]
            assert isinstance(values, tuple)
            changed = (*values[:index], candidate, *values[index + 1 :])
        if _works(spec, {field: changed}):
            return candidate
    return None


def _smallest_image(spec: NetworkSpec) -> int | None:
    """The smallest working image above the present one, by bisection: where a smaller one passes, so do larger."""
    maximum = spec.settings()["image_size"].maximum
    low, high = spec.image_size, int(maximum or 0)
    if not _works(spec, {"image_size": high}):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _works(spec, {"image_size": middle}) else (middle, high)
    return high


def _works(spec: NetworkSpec, changes: dict[str, Any]) -> bool:
    changed, problems = type(spec).check({**spec.values, **changes})
    return changed is not None and not problems and examine(changed, training=False).broken is None
