"""How sensitive a layer is to each knob: every knob is changed in turn, on shapes alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine, with_entry
from cnnlab.spec import Setting
from cnnlab.walk import Layer


@dataclass(frozen=True, slots=True)
class KnobChange:
    """Another value of a field, or of one entry of a list; `spec` is the spec that has it."""

    field: str
    index: int | None
    value: int | float
    spec: NetworkSpec

    @property
    def name(self) -> str:
        """The field, and the index in it."""
        return self.field if self.index is None else f"{self.field}[{self.index}]"


def scaled_knobs(spec: NetworkSpec, factor: float) -> Iterator[KnobChange]:
    """Every number of the spec multiplied by `factor`, one at a time, where it is then still within its limits.

    The image's side is multiplied by the root of it, as a map's area follows the square.
    """
    for name, setting in spec.settings().items():
        value = spec.values[name]
        is_number = setting.kind in ("whole", "real")
        # What follows from the data set is no remedy.
        if name in {"num_classes", "in_channels"} or not is_number or not setting.knob.matters(spec.values):
            continue
        by = math.sqrt(factor) if name == "image_size" else factor
        for index, old in enumerate(value) if isinstance(value, tuple) else [(None, value)]:
            assert isinstance(old, int | float)
            new = _scaled(setting, old, by)
            changed = with_entry(spec, name, index, new)
            if new != old and changed is not None:
                yield KnobChange(name, index, new, changed)


def _scaled(setting: Setting, value: float, factor: float) -> float:
    if setting.kind == "real":
        return round(value * factor, 4)
    step = setting.multiple_of or 1
    return max(step, round(value * factor / step) * step)


def changed_layer(change: KnobChange, row: Layer) -> Layer | None:
    """The same layer, in train mode, of the changed network; None where that breaks or has no such layer."""
    found = examine(change.spec).training
    if found.broken is not None:
        return None
    return next((other for other in found.layers if (other.path, other.type) == (row.path, row.type)), None)
