"""The network from image to output as an SVG drawing: slabs in the order of the calls.

Equal blocks in a row are one slab with their number; an arc is a shortcut. Behind a network may stand the one from
which it was made, as dashed outlines at the same scale.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Literal

from cnnlab.analysis import Analysis
from cnnlab.analysis.outline import CostName, Section, outline
from cnnlab.figures.layout import FONT
from cnnlab.figures.network.columns import TALLEST, Box, Column, Slab, columns_of, written
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme, mix
from cnnlab.walk import Kind
from cnnlab.words.numbers import count, macs, shape

TOP, LABEL_HEIGHT, MARGIN, GAP = 52, 100, 4, 13


def ribbon(
    analysis: Analysis,
    *,
    theme: Theme,
    measure: CostName = "macs",
    selected: str | None = None,
    before: Analysis | None = None,
) -> str:
    """The drawing as SVG text; each slab carries its module path in `data-path`. `selected` is the path to mark.

    The share of `measure` in the total is shown under each label. Where the shapes of the network fit, those of
    `before`, the network before the change, are outlined behind it where they differ.
    """
    sections = outline(analysis)
    is_changed = analysis.problem is None and before is not analysis
    columns = columns_of(analysis, sections, before if is_changed else None, measure)
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
        ".ghost": f"fill:{muted};fill-opacity:0.12;stroke:{muted};stroke-width:1.5;stroke-dasharray:5 4;"
        "pointer-events:none",
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
    steps = [f"image {shape(analysis.input_shape)}"]
    for section in sections:
        times = f" {section.repeat} times" if section.repeat > 1 else ""
        steps.append(f"{section.title}{times} to {shape(section.output_shape)}")
    if analysis.problem is not None:
        steps.append(f"stops at {analysis.problem.layer}")
    return "From image to output: " + ", ".join(steps) + "."


def _draw_column(
    column: Column, x: float, base: float, *, theme: Theme, measure: CostName, selected: str | None
) -> Iterator[str]:
    left = x + (column.width - column.slabs_width) / 2
    for slab in column.slabs:
        yield from _draw_slab(slab, left, base, theme=theme, selected=selected)
        left += slab.room + 7
    centre = x + column.width / 2
    title = "title" if column.shape else "shape"
    yield f'<text class="{title}" x="{centre:.1f}" y="{base + 26:.1f}">{escape(column.title)}</text>'
    yield f'<text class="shape" x="{centre:.1f}" y="{base + 47:.1f}">{written(column.shape)}</text>'
    if column.share is not None:
        bar = KIND_COLOURS[theme][column.costliest]
        place = f'x="{centre - 36:.1f}" y="{base + 59:.1f}" height="7" rx="3.5"'
        yield f'<rect class="track" {place} width="72"/>'
        filled = max(72 * column.share, 3 if column.share > 0 else 0)
        yield f'<rect {place} width="{filled:.1f}" fill="{bar}"/>'
        share = "&lt; 1 %" if 0 < column.share < 0.005 else f"{100 * column.share:.0f} %"
        name = "MACs" if measure == "macs" else "params"
        yield f'<text class="share" x="{centre:.1f}" y="{base + 87:.1f}">{share} {name}</text>'


def _draw_slab(slab: Slab, x: float, base: float, *, theme: Theme, selected: str | None) -> Iterator[str]:
    section, box = slab.section, slab.box
    if box is not None:
        if section is not None:
            chosen = " selected" if section.path == selected else ""
            alt = escape(_alt(section, slab.before if slab.ghost else None))
            yield (
                f'<g class="unit{chosen}" data-path="{escape(section.path)}" tabindex="0" role="button"'
                f' aria-label="{alt}"><title>{alt}</title>'
            )
        yield from _draw_boxes(slab.kind, box, section, x, base, theme)
        if section is not None:
            high = base - max(one.height + one.depth / 2 for one in (box, slab.ghost) if one is not None)
            yield from _draw_above(section, box, slab.before, x, high, theme)
            yield "</g>"
    if slab.ghost is not None:
        left = x
        for width in slab.ghost.widths:
            # On top of the slab: one that has grown would hide it.
            yield (
                f'<rect class="ghost" x="{left:.1f}" y="{base - slab.ghost.height:.1f}" width="{width:.1f}"'
                f' height="{slab.ghost.height:.1f}"/>'
            )
            left += width + 2


def _draw_boxes(
    kind: Kind | Literal["input"], box: Box, section: Section | None, x: float, base: float, theme: Theme
) -> Iterator[str]:
    colour, surface = KIND_COLOURS[theme][kind], SURFACES[theme]["background"]
    for shadow in range(box.num_shadows, 0, -1):
        yield _sides(x + 6 * shadow, base, box.widths[0], box, mix(colour, surface, 0.55), surface)
    depthwise = section is not None and kind != "depthwise" and any(row.kind == "depthwise" for row in section.rows)
    left = x
    for width in box.widths:
        yield _sides(left, base, width, box, colour, surface)
        if depthwise:
            # The thin half is the depthwise step, the thick one the pointwise step.
            yield _band(left, base - box.height, 0.22 * width, box.height, KIND_COLOURS[theme]["depthwise"])
        left += width + 2
    if section is not None:
        yield from _draw_branches(section, box, x, base, theme)


def _draw_above(
    section: Section, box: Box, before: Section | None, x: float, high: float, theme: Theme
) -> Iterator[str]:
    """The arc of a shortcut, and the number of copies."""
    if section.has_shortcut:
        arc, end = KIND_COLOURS[theme]["shortcut"], x + box.room
        yield (
            f'<path d="M{x:.1f} {high - 5:.1f}C{x:.1f} {high - 27:.1f} {end:.1f} {high - 27:.1f} {end:.1f}'
            f' {high - 5:.1f}" fill="none" stroke="{arc}" stroke-width="2.5" stroke-linecap="round"/>'
        )
    was = "" if before is None or before.repeat == section.repeat else f"  was {before.repeat}"
    if section.repeat > 1 or was:
        above = high - (29 if section.has_shortcut else 10)
        place = f'x="{x + box.room / 2:.1f}" y="{above:.1f}"'
        yield f'<text class="times" {place}>× {section.repeat}<tspan class="share">{was}</tspan></text>'


def _draw_branches(section: Section, box: Box, x: float, base: float, theme: Theme) -> Iterator[str]:
    """The parallel branches of a block as rows of its front, each as high as its share of the channels."""
    total = sum(branch.channels for branch in section.branches)
    top, width = base - box.height, box.widths[0]
    for i, branch in enumerate(section.branches):
        height = box.height * branch.channels / total
        yield _band(x, top, width, height, KIND_COLOURS[theme][branch.kind])
        if i > 0:
            yield _band(x, top - 0.75, width, 1.5, SURFACES[theme]["background"])
        top += height


def _band(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _sides(x: float, base: float, w: float, box: Box, colour: str, surface: str) -> str:
    """Front, top and right side of a box of width `w` whose front's lower left corner is (x, base)."""
    h, d, top = box.height, box.depth, base - box.height
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


def _alt(section: Section, before: Section | None) -> str:
    times = f", {section.repeat} times" if section.repeat > 1 else ""
    what = f"{section.title}, {section.type}{times}: {shape(section.input_shape)} to {shape(section.output_shape)}"
    was = "" if before is None else f"; before the change to {shape(before.output_shape)}"
    return f"{what}, {count(section.params)} parameters, {macs(section.macs)}{was}"
