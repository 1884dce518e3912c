"""Two networks part by part: their alignment, and the change of each part.

Parts are the units of a network, with a depthwise and the pointwise convolution after it as one. They are aligned in
the order of the calls, so that as much as possible matches: path, layers, size of the feature map, channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cnnlab.analysis.costs import Analysis
from cnnlab.analysis.outline import Section, outline
from cnnlab.architectures import family_of
from cnnlab.spec import Value
from cnnlab.walk import Layer

Change = Literal["same", "input", "itself", "added", "removed"]


@dataclass(frozen=True, slots=True)
class PartPair:
    """A part of the old network and the part of the new one that it is aligned with; one of the two may be missing."""

    old: Section | None
    new: Section | None

    @property
    def change(self) -> Change:
        """ "input" where the part is the same and only its input differs."""
        if self.old is None or self.new is None:
            return "added" if self.old is None else "removed"
        if _form(self.old) != _form(self.new):
            return "itself"
        old, new = ((part.input_shape, part.output_shape, part.params, part.macs) for part in (self.old, self.new))
        return "same" if old == new else "input"


@dataclass(frozen=True, slots=True)
class ChangedKnob:
    """A field of the spec whose value differs, with its title and both values as people write them."""

    field: str
    title: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Diff:
    """`knobs` are the fields that differ, None where the networks are of different families."""

    knobs: tuple[ChangedKnob, ...] | None
    pairs: tuple[PartPair, ...]

    def count(self, *changes: Change) -> int:
        """How many pairs changed in one of these ways."""
        return sum(pair.change in changes for pair in self.pairs)


def diff(old: Analysis, new: Analysis) -> Diff:
    """The differences of `new` from `old`, part by part.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> found = diff(analyse(preset("resnet18")), analyse(preset("resnet18").replace(num_classes=10)))
    >>> [(knob.field, knob.old, knob.new) for knob in found.knobs]
    [('num_classes', '1000', '10')]
    >>> [pair.new.path for pair in found.pairs if pair.change != "same"]
    ['head.output']
    """
    return Diff(changed_knobs(old, new), tuple(_align(parts(old), parts(new))))


def parts(analysis: Analysis) -> tuple[Section, ...]:
    """The parts of a network in the order of the calls."""
    found: list[Section] = []
    before: Section | None = None
    for unit in outline(analysis):
        if before is not None and _are_halves(before, unit):
            found[-1] = replace(
                before,
                path=before.parent,
                output_shape=unit.output_shape,
                params=before.params + unit.params,
                macs=before.macs + unit.macs,
                rows=(*before.rows, *unit.rows),
            )
        else:
            found.append(unit)
        before = unit
    return tuple(found)


def _are_halves(first: Section, second: Section) -> bool:
    """Whether these are a depthwise convolution and the pointwise one after it."""
    kinds = (first.kind, second.kind) == ("depthwise", "pointwise")
    return kinds and not first.is_block and not second.is_block and first.parent == second.parent


def _form(part: Section) -> tuple[object, ...]:
    """What the part is, regardless of its input: its layers, their kernels and channels, and its repeats."""
    layers = [(row.type, row.kind, row.window, row.kernel, _own_channels(row)) for row in part.rows]
    return (part.repeat, *layers)


def _own_channels(row: Layer) -> int | None:
    """The output channels of a layer, None where they follow from its input."""
    return row.output_shape[0] if row.macs and row.kind != "depthwise" else None


def changed_knobs(old: Analysis, new: Analysis) -> tuple[ChangedKnob, ...] | None:
    """The fields whose values differ; None where the networks are of different families."""
    if family_of(old.spec) is not family_of(new.spec):
        return None
    settings = old.spec.settings()

    def written(field: str, value: Value) -> str:
        return ", ".join(map(settings[field].written, value if isinstance(value, tuple) else (value,)))

    return tuple(
        ChangedKnob(field, settings[field].title, written(field, old.spec.values[field]), written(field, value))
        for field, value in new.spec.changes_from(old.spec).items()
    )


def _align(old: Sequence[Section], new: Sequence[Section]) -> list[PartPair]:
    """The alignment with the largest total similarity, by dynamic programming (Needleman and Wunsch, 1970)."""
    similarity = [[_similarity(a, b) for b in new] for a in old]
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + similarity[i][j])
    pairs, i, j = [], 0, 0
    while i < len(old) or j < len(new):
        together = i < len(old) and j < len(new) and similarity[i][j] > 0
        if together and best[i][j] == best[i + 1][j + 1] + similarity[i][j]:
            pairs.append(PartPair(old[i], new[j]))
            i, j = i + 1, j + 1
        elif i < len(old) and best[i][j] == best[i + 1][j]:
            pairs.append(PartPair(old[i], None))
            i += 1
        else:
            pairs.append(PartPair(None, new[j]))
            j += 1
    return pairs


def _similarity(a: Section, b: Section) -> int:
    """The similarity of two parts, 0 where they cannot be aligned."""
    if bool(a.macs) != bool(b.macs) or len(a.output_shape) != len(b.output_shape):
        return 0
    # Up to this ratio the sizes of two feature maps belong to one stage: 55 and 56, 13 and 14, 6 and 7.
    near = all(max(pair) <= 1.3 * min(pair) for pair in zip(a.output_shape[1:], b.output_shape[1:], strict=True))
    if a.path != b.path and a.title != b.title and not near:
        return 0
    return (
        4 * (a.path == b.path)
        + 2 * near
        + (a.output_shape[1:] == b.output_shape[1:])
        + 2 * (_form(a) == _form(b))
        + (a.title == b.title)
        + (a.input_shape == b.input_shape)
        + (a.output_shape == b.output_shape)
        + ([row.type for row in a.rows] == [row.type for row in b.rows])
    )
