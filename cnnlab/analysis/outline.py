"""The network as it is usually drawn: layers grouped into sections, and equal sections in a row counted."""

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Literal

from cnnlab.analysis.costs import Analysis
from cnnlab.walk import Kind, Layer, Shape

CostName = Literal["params", "macs"]
"""The costs of which each section has its share."""

PLAIN_CONTAINERS = frozenset({"Sequential", "ModuleList", "Conv2dNormActivation"})
"""Modules that only call others in a row (the last is torchvision's); any other with submodules is a block."""

ATTACHED_KINDS = frozenset({"norm", "activation", "shortcut", "other"})
"""Layers that are not drawn on their own: outside a block they belong to the layer before them."""


@dataclass(frozen=True, slots=True)
class ParallelBranch:
    """One branch of a block that concatenates several: the kind of its costliest layer, and its output channels."""

    kind: Kind
    channels: int


@dataclass(frozen=True, slots=True)
class Section:
    """One thing to draw: `repeat` copies in a row, whose costs are added up.

    `path` is the module of the first copy, `rows` are its layers, `title` is its short name, `stage` the number of its
    stage (from 1) where the network has stages, and `is_block` is true of a block of layers. Copies are equal, or each
    concatenates its result to its input, so that the channels grow: then `grows`.
    """

    path: str
    title: str
    type: str
    kind: Kind
    stage: int | None
    is_block: bool
    repeat: int
    input_shape: Shape
    output_shape: Shape
    params: int
    macs: int
    rows: tuple[Layer, ...]

    @property
    def parent(self) -> str:
        """The path of the module that holds it."""
        return self.path.rpartition(".")[0]

    @property
    def has_shortcut(self) -> bool:
        """Whether the block adds its input to its result."""
        return any(row.type in ("add", "add_") for row in self.rows)

    @property
    def grows(self) -> bool:
        """Whether the block concatenates its result to its input (a dense connection)."""
        return self.rows[-1].type == "cat" and not self.branches

    @property
    def branches(self) -> tuple[ParallelBranch, ...]:
        """The block's parallel branches, in the order of the calls; none if there is only one path."""
        branches: dict[str, list[Layer]] = {}
        for row in self.rows:
            name = row.path.removeprefix(f"{self.path}.").split(".")[0]
            if name.startswith("branch"):
                branches.setdefault(name, []).append(row)
        return tuple(
            ParallelBranch(max(branch, key=attrgetter("macs")).kind, branch[-1].output_shape[0])
            for branch in branches.values()
        )


def outline(analysis: Analysis) -> tuple[Section, ...]:
    """The sections of a network in the order of the calls."""
    sections: list[Section] = []
    for path, is_block, rows in _gathered(analysis):
        section = _section(path, analysis.modules[path], is_block, rows)
        if sections and is_block and _follows(section, sections[-1]):
            sections[-1] = replace(
                sections[-1],
                repeat=sections[-1].repeat + 1,
                output_shape=section.output_shape,
                params=sections[-1].params + section.params,
                macs=sections[-1].macs + section.macs,
            )
        else:
            sections.append(section)
    return tuple(sections)


def rows_of_sections(analysis: Analysis) -> tuple[range, ...]:
    """The indices of the rows of each section of the outline, those of all its copies.

    >>> from cnnlab import analyse, preset
    >>> rows_of_sections(analyse(preset("lenet5_tutorial")))[:3]
    (range(0, 2), range(2, 3), range(3, 5))
    """
    places = {id(row): index for index, row in enumerate(analysis.rows)}
    firsts = [places[id(section.rows[0])] for section in outline(analysis)]
    return tuple(range(first, after) for first, after in pairwise([*firsts, len(analysis.rows)]))


def _gathered(analysis: Analysis) -> list[tuple[str, bool, list[Layer]]]:
    """The rows of each block together, or a layer with those attached to it: path, whether it is a block, rows."""
    holders = {path.rpartition(".")[0] for path in analysis.modules if path}
    blocks = {path for path in holders if path and analysis.modules[path] not in PLAIN_CONTAINERS}
    gathered: list[tuple[str, bool, list[Layer]]] = []
    pending: list[Layer] = []
    for row in analysis.rows:
        block = next((path for path in accumulate(row.path.split("."), "{}.{}".format) if path in blocks), None)
        if block is None and row.kind in ATTACHED_KINDS:
            # After a block they belong to what comes next: the block's copies stay copies.
            (gathered[-1][2] if gathered and not gathered[-1][1] else pending).append(row)
        elif block is not None and gathered and gathered[-1][0] == block:
            gathered[-1][2].append(row)
        else:
            gathered.append((block or row.path, block is not None, [*pending, row]))
            pending = []
    return [*gathered, (pending[0].path, False, pending)] if pending else gathered


def _section(path: str, type_name: str, is_block: bool, rows: list[Layer]) -> Section:
    parts = path.split(".")
    stage = int(parts[1]) + 1 if parts[0] == "stages" else None
    main = max(rows, key=lambda row: (row.kind not in ATTACHED_KINDS, row.window or (0, 0), row.macs))
    return Section(
        path=path,
        title=_block_title(main, parts, type_name, stage) if is_block or stage is not None else _title(main, parts),
        type=type_name,
        kind=max(rows, key=lambda row: (row.macs, row.kind not in ATTACHED_KINDS)).kind,
        stage=stage,
        is_block=is_block,
        repeat=1,
        input_shape=rows[0].input_shape,
        output_shape=next((row.output_shape for row in reversed(rows) if row.kind != "other"), rows[-1].output_shape),
        params=sum(row.params for row in rows),
        macs=sum(row.macs for row in rows),
        rows=tuple(rows),
    )


def _step(row: Layer) -> str:
    """How the row shrinks the map, as people write it: " /2"."""
    _, stride = row.window or (0, 1)
    return f" /{stride}" if stride > 1 else ""


def _block_title(main: Layer, parts: list[str], type_name: str, stage: int | None) -> str:
    """The stage, or else the block's own name in words without its number, or what it is where it has only a number."""
    if stage is not None:
        return f"stage {stage}"
    name = type_name if parts[-1].isdigit() else parts[-1].rstrip("0123456789").replace("_", " ")
    return f"{name}{_step(main)}"


def _title(main: Layer, parts: list[str]) -> str:
    """A layer's name, and its window; of the usual names in a container, the container's."""
    if main.kind == "pooling":
        return f"{'max pool' if 'Max' in main.type else 'average'}{_step(main)}"
    name = parts[0] if parts[0] == "stem" else parts[-1]
    if name.isdigit():
        name = main.kind
    elif name == main.kind and len(parts) > 1:
        name = f"{parts[-2]} {name}"
    if main.window is None:
        return name
    side, _ = main.window
    return f"{name} {side}×{side}{_step(main)}"


def _follows(section: Section, last: Section) -> bool:
    """Whether a block is one more copy of the last one, in the same stage."""
    if (section.type, section.parent) != (last.type, last.parent):
        return False
    return (section.grows and last.grows) or _signature(section) == _signature(last)


def _signature(section: Section) -> tuple[object, ...]:
    return tuple((row.type, row.input_shape, row.output_shape, row.params, row.macs) for row in section.rows)
