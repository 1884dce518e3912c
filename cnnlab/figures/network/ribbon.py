"""The network from image to output as an SVG drawing: slabs in the order of the calls.

A slab's height follows the map's side (by square root, so that late stages stay visible), its width the channels (by
logarithm). Equal blocks in a row are one slab with their number; an arc is a shortcut.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Literal

from cnnlab.analysis import Analysis
from cnnlab.analysis.outline import Section, outline
from cnnlab.building import image_shape
from cnnlab.figures.layout import FONT
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme, mix
from cnnlab.walk import Kind, Shape
from cnnlab.words.numbers import count, macs, shape

CostName = Literal["params", "macs"]

TALLEST = 136
"""Height in pixels of a slab whose map is as large as the largest."""

TOP, LABEL_HEIGHT, MARGIN, GAP, NARROWEST = 52, 100, 4, 13, 78


@dataclass(frozen=True, slots=True)
class _Slab:
    """What is drawn for one section: a box, or one box for each step where the channels grow from copy to copy."""

    kind: Kind | Literal["input"]
    depthwise: bool
    widths: tuple[float, ...]
    height: float
    section: Section | None

    @property
    def depth(self) -> float:
        """How far the box goes back, in pixels to the right; half as much up."""
        return min(0.22 * self.height, 22)

    @property
    def num_shadows(self) -> int:
        """How many further copies are indicated behind the box."""
        return 0 if self.section is None or len(self.widths) > 1 else min(self.section.repeat - 1, 2)

    @property
    def room(self) -> float:
        """The total width of its boxes."""
        return sum(self.widths) + 2 * (len(self.widths) - 1) + self.depth + 6 * self.num_shadows


@dataclass(frozen=True, slots=True)
class _Column:
    """Slabs that share one label: a stage, or a single slab."""

    title: str
    shape: Shape
    share: float | None
    slabs: tuple[_Slab, ...]

    @property
    def slabs_width(self) -> float:
        return sum(slab.room for slab in self.slabs) + 7 * (len(self.slabs) - 1)

    @property
    def width(self) -> float:
        letters = max(len(self.title) * 9.2, len(_compact(self.shape)) * 8.6)
        return max(self.slabs_width, letters, NARROWEST)


def ribbon(analysis: Analysis, *, theme: Theme, measure: CostName = "macs", selected: str | None = None) -> str:
    """The drawing as SVG text; each slab carries its module path in `data-path`. `selected` is the path to mark.

    The share of `measure` in the total is shown under each label.
    """
    sections = outline(analysis)
    columns = _columns(analysis, sections, measure)
    ink, muted, line = (SURFACES[theme][name] for name in ("text", "muted", "line"))
    base = TOP + TALLEST
    x = float(MARGIN)
    parts: list[str] = []
    for column in columns:
        parts += _draw_column(column, x, base, theme=theme, measure=measure, selected=selected)
        x += column.width + GAP
    if analysis.problem is not None:
        parts += _draw_break(analysis.problem.layer or "", x, base, theme)
        x += 130
    width, height = x - GAP + MARGIN, base + LABEL_HEIGHT
    rules = {
        "text": f"font-family:{FONT};font-variant-numeric:tabular-nums;text-anchor:middle;fill:{ink}",
        ".title,.times": "font-size:17px;font-weight:650",
        ".shape,.share": f"font-size:15px;fill:{muted}",
        ".track": f"fill:{line}",
        ".unit": "cursor:pointer;outline:none",
        ".unit:is(:hover,:focus-visible,.selected) .edge": f"stroke:{ink};stroke-width:2.5",
    }
    # The drawing may be one of several on a page: its rules must not apply to the others.
    style = "".join(f".ribbon-svg :is({selector}){{{rule}}}" for selector, rule in rules.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" class="ribbon-svg" role="group" aria-label="{escape(_in_words(analysis, sections))}">'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )


def describe_network(analysis: Analysis) -> str:
    """The drawing in words: every column with its shape and repeats."""
    return _in_words(analysis, outline(analysis))


def _in_words(analysis: Analysis, sections: Iterable[Section]) -> str:
    steps = [f"image {shape(image_shape(analysis.spec))}"]
    for section in sections:
        times = f" {section.repeat} times" if section.repeat > 1 else ""
        steps.append(f"{section.title}{times} to {shape(section.output_shape)}")
    if analysis.problem is not None:
        steps.append(f"stops at {analysis.problem.layer}")
    return "From image to output: " + ", ".join(steps) + "."


def _columns(analysis: Analysis, sections: Iterable[Section], measure: CostName) -> list[_Column]:
    total = max(getattr(analysis, measure), 1)
    image = image_shape(analysis.spec)
    largest = max((analysis.spec.image_size, *(side for section in sections for side in section.output_shape[1:2])))
    columns = [_Column("image", image, None, (_slab("input", image, largest),))]
    for (title, _), group in groupby(sections, key=lambda section: (section.title, section.stage or section.path)):
        members = list(group)
        cost = sum(getattr(section, measure) for section in members)
        slabs = tuple(_slab(section.kind, section.output_shape, largest, section) for section in members)
        share = cost / total if any(section.params for section in members) else None
        columns.append(_Column(title, members[-1].output_shape, share, slabs))
    return columns


def _slab(kind: Kind | Literal["input"], form: Shape, largest: int, section: Section | None = None) -> _Slab:
    side = form[1] if len(form) > 1 else 1
    depthwise = section is not None and any(row.kind == "depthwise" for row in section.rows)
    widths: tuple[float, ...] = (_width(form[0]),)
    if section is not None and section.grows and section.repeat > 1:
        first, last, steps = section.input_shape[0], section.output_shape[0], min(section.repeat, 4)
        widths = tuple(0.4 * _width(first + (last - first) * i // steps) for i in range(1, steps + 1))
    return _Slab(kind, depthwise, widths, max(TALLEST * math.sqrt(side / largest), 6), section)


def _width(channels: int) -> float:
    return 8 + 5.6 * math.log2(channels + 1)


def _draw_column(
    column: _Column, x: float, base: float, *, theme: Theme, measure: CostName, selected: str | None
) -> Iterator[str]:
    left = x + (column.width - column.slabs_width) / 2
    for slab in column.slabs:
        yield from _draw_slab(slab, left, base, theme=theme, selected=selected)
        left += slab.room + 7
    centre = x + column.width / 2
    yield f'<text class="title" x="{centre:.1f}" y="{base + 26:.1f}">{escape(column.title)}</text>'
    yield f'<text class="shape" x="{centre:.1f}" y="{base + 47:.1f}">{_compact(column.shape)}</text>'
    if column.share is not None:
        bar = KIND_COLOURS[theme][column.slabs[-1].kind]
        place = f'x="{centre - 36:.1f}" y="{base + 59:.1f}" height="7" rx="3.5"'
        yield f'<rect class="track" {place} width="72"/>'
        filled = max(72 * column.share, 3 if column.share > 0 else 0)
        yield f'<rect {place} width="{filled:.1f}" fill="{bar}"/>'
        share = "&lt; 1 %" if 0 < column.share < 0.005 else f"{100 * column.share:.0f} %"
        name = "MACs" if measure == "macs" else "params"
        yield f'<text class="share" x="{centre:.1f}" y="{base + 87:.1f}">{share} {name}</text>'


def _compact(form: Shape) -> str:
    return "×".join(map(str, form))


def _draw_slab(slab: _Slab, x: float, base: float, *, theme: Theme, selected: str | None) -> Iterator[str]:
    section = slab.section
    colour, surface = KIND_COLOURS[theme][slab.kind], SURFACES[theme]["background"]
    top = base - slab.height
    if section is not None:
        chosen = " selected" if section.path == selected else ""
        yield (
            f'<g class="unit{chosen}" data-path="{escape(section.path)}" tabindex="0" role="button"'
            f' aria-label="{escape(_alt(section))}"><title>{escape(_alt(section))}</title>'
        )
    for shadow in range(slab.num_shadows, 0, -1):
        yield _box(x + 6 * shadow, base, slab.widths[0], slab, mix(colour, surface, 0.55), surface)
    left = x
    for width in slab.widths:
        yield _box(left, base, width, slab, colour, surface)
        if slab.depthwise and slab.kind != "depthwise":
            # The thin half is the depthwise step, the thick one the pointwise step.
            yield _band(left, top, 0.22 * width, slab.height, KIND_COLOURS[theme]["depthwise"])
        left += width + 2
    if section is None:
        return
    yield from _draw_branches(section, slab, x, base, theme)
    if section.has_shortcut:
        arc, end, high = KIND_COLOURS[theme]["shortcut"], x + slab.room, top - slab.depth / 2
        yield (
            f'<path d="M{x:.1f} {high - 5:.1f}C{x:.1f} {high - 27:.1f} {end:.1f} {high - 27:.1f} {end:.1f}'
            f' {high - 5:.1f}" fill="none" stroke="{arc}" stroke-width="2.5" stroke-linecap="round"/>'
        )
    if section.repeat > 1:
        above = top - slab.depth / 2 - (29 if section.has_shortcut else 10)
        yield f'<text class="times" x="{x + slab.room / 2:.1f}" y="{above:.1f}">× {section.repeat}</text>'
    yield "</g>"


def _draw_branches(section: Section, slab: _Slab, x: float, base: float, theme: Theme) -> Iterator[str]:
    """The parallel branches of a block as rows of its front, each as high as its share of the channels."""
    total = sum(branch.channels for branch in section.branches)
    top, width = base - slab.height, slab.widths[0]
    for i, branch in enumerate(section.branches):
        height = slab.height * branch.channels / total
        yield _band(x, top, width, height, KIND_COLOURS[theme][branch.kind])
        if i > 0:
            yield _band(x, top - 0.75, width, 1.5, SURFACES[theme]["background"])
        top += height


def _band(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _box(x: float, base: float, w: float, slab: _Slab, colour: str, surface: str) -> str:
    """Front, top and right side of a box of width `w` whose front's lower left corner is (x, base)."""
    h, d, top = slab.height, slab.depth, base - slab.height
    right, back, high, low = x + w, x + w + d, top - d / 2, base - d / 2
    roof = f"{x:.1f},{top:.1f} {x + d:.1f},{high:.1f} {back:.1f},{high:.1f} {right:.1f},{top:.1f}"
    side = f"{right:.1f},{top:.1f} {back:.1f},{high:.1f} {back:.1f},{low:.1f} {right:.1f},{base:.1f}"
    return (
        f'<polygon points="{roof}" fill="{mix(colour, surface, 0.4)}"/>'
        f'<polygon points="{side}" fill="{mix(colour, surface, 0.6)}"/>'
        f'<rect class="edge" x="{x:.1f}" y="{top:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{colour}"/>'
    )


def _draw_break(layer: str, x: float, base: float, theme: Theme) -> Iterator[str]:
    colour = KIND_COLOURS[theme]["shortcut"]
    yield (
        f'<rect x="{x + 30:.1f}" y="{base - 70:.1f}" width="54" height="70" rx="6" fill="none" stroke="{colour}"'
        ' stroke-width="2.5" stroke-dasharray="6 5"/>'
    )
    yield f'<text class="times" x="{x + 57:.1f}" y="{base - 29:.1f}" style="fill:{colour}">stop</text>'
    yield f'<text class="shape" x="{x + 57:.1f}" y="{base + 26:.1f}">{escape(layer)}</text>'


def _alt(section: Section) -> str:
    times = f", {section.repeat} times" if section.repeat > 1 else ""
    what = f"{section.title}, {section.type}{times}: {shape(section.input_shape)} to {shape(section.output_shape)}"
    return f"{what}, {count(section.params)} parameters, {macs(section.macs)}"
