"""The catalogue of families, oldest paper first."""

import difflib

from cnnlab.architectures.base import Family, NetworkSpec
from cnnlab.architectures.lenet import LENET
from cnnlab.architectures.resnet import RESNET
from cnnlab.spec import Problem, Refused

FAMILIES: dict[str, Family] = {
    "lenet": LENET,
    "resnet": RESNET,
}


def preset_names() -> list[str]:
    """The names of all presets, family by family."""
    return [name for family in FAMILIES.values() for name in family.presets]


def preset(name: str) -> NetworkSpec:
    """The spec of that name; raises `Refused` if there is none.

    >>> preset("resnet18").depths
    (2, 2, 2, 2)
    """
    for family in FAMILIES.values():
        if name in family.presets:
            return family.presets[name]
    near = difflib.get_close_matches(name, preset_names(), n=1)
    remedy = f"did you mean `{near[0]}`?" if near else f"choose from {', '.join(preset_names())}."
    raise Refused([Problem("preset", f"There is no preset {name!r}: {remedy}")])


def family_of(spec: NetworkSpec) -> Family:
    """The family that the spec describes a member of."""
    return next(family for family in FAMILIES.values() if type(spec) is family.spec)


__all__ = ["FAMILIES", "Family", "NetworkSpec", "family_of", "preset", "preset_names"]
