"""Which knob changes a layer, and by how much: found by trying, on shapes alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine
from cnnlab.spec import Setting, replace_entry
from cnnlab.walk import Layer

GIVEN_BY_THE_TASK = frozenset({"num_classes", "in_channels"})
"""Fields that follow from the data and are no remedy."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A field, or one entry of a list, with another value; `spec` is what that makes."""

    field: str
    index: int | None
    value: int | float
    spec: NetworkSpec

    @property
    def name(self) -> str:
        """The field, and the place in it."""
        return self.field if self.index is None else f"{self.field}[{self.index}]"


def scaled(spec: NetworkSpec, factor: float) -> Iterator[Lever]:
    """Every number of the spec multiplied by `factor`, one at a time, where it is then still within its limits.

    The image's side is multiplied by the root of it, as a map's area follows the square.
    """
    for name, setting in spec.settings().items():
        value = spec.values[name]
        if name in GIVEN_BY_THE_TASK or setting.kind not in ("whole", "real"):
            continue
        if not setting.knob.matters(spec.values):
            continue
        by = math.sqrt(factor) if name == "image_size" else factor
        for index, old in enumerate(value) if isinstance(value, tuple) else [(None, value)]:
            assert isinstance(old, int | float)
            new = _scaled(setting, old, by)
            if new != old:
                lever = _changed(spec, name, index, new)
                if lever is not None:
                    yield lever


def _changed(spec: NetworkSpec, field: str, index: int | None, new: int | float) -> Lever | None:
    found, _ = type(spec).check({**spec.values, field: replace_entry(spec.values[field], index, new)})
    return None if found is None else Lever(field, index, new, found)


def _scaled(setting: Setting, value: float, factor: float) -> float:
    if setting.kind == "real":
        return round(value * factor, 4)
    step = setting.multiple_of or 1
    return max(step, round(value * factor / step) * step)


def counterpart(lever: Lever, row: Layer) -> Layer | None:
    """The same layer, in train mode, of the network that the lever makes; None where that breaks or has none."""
    found = examine(lever.spec, training=True)
    if found.broken is not None:
        return None
    return next((other for other in found.layers if (other.path, other.type) == (row.path, row.type)), None)
