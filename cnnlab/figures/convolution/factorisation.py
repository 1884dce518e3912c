"""A convolution and its factorisation side by side, or for a phone one below the other, as an SVG of its own.

Every kernel is drawn by its cells; below each side is its cost, with a bar as long as its share of the MACs.
"""

from collections.abc import Iterator
from html import escape

from cnnlab.analysis.convolution.factorisations import Alternative, Factorisation, window_of
from cnnlab.figures.layout import FONT
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme, mix
from cnnlab.walk import Layer
from cnnlab.words.numbers import count, exact, macs

WIDTH, MIDDLE, PANEL = 880, 50, 415
"""Pixels: of the drawing, between the two panels, and of each panel."""

TITLE, PRICE = 40, 96
"""Pixels above and below the kernels of a panel."""

BOX, ARROW = 106, 32
"""Pixels: the minimum width of a box, and the width of an arrow."""

LARGEST_CELL, LARGEST_WINDOW = 18, 190
"""Pixels: the largest cell of a kernel, and the largest kernel."""

CELL_IN_BRANCH = 9
MARGIN = 2


def draw_factorisation(pair: Factorisation, *, theme: Theme, is_narrow: bool = False) -> str:
    """The drawing as SVG text."""
    ink, muted, line = (SURFACES[theme][name] for name in ("text", "muted", "line"))
    flows = [sum(_row_heights(side)) for side in (pair.before, pair.after)]
    if is_narrow:
        above = TITLE + flows[0] + PRICE
        width, height = PANEL + 2 * MARGIN, above + MIDDLE + TITLE + flows[1] + PRICE
        below = _panel(pair.after, MARGIN, flows[1], pair, theme)
        turn = f"M{PANEL / 2} {above + 4:.1f}v{MIDDLE - 22}m-9 -9l9 10l9 -10"
        parts = [*_panel(pair.before, MARGIN, flows[0], pair, theme)]
        parts += [f'<g transform="translate(0 {above + MIDDLE:.1f})">', *below, "</g>"]
    else:
        flow = max(flows)
        width, height = WIDTH, TITLE + flow + PRICE
        turn = f"M{PANEL + 8} {TITLE + flow / 2}h{MIDDLE - 22}m-9 -9l10 9l-10 9"
        parts = [*_panel(pair.before, MARGIN, flow, pair, theme)]
        parts += _panel(pair.after, PANEL + MIDDLE, flow, pair, theme)
    parts.append(
        f'<path class="turn" d="{turn}" fill="none" stroke="{muted}"'
        ' stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>'
    )
    rules = {
        "text": f"font-family:{FONT};font-variant-numeric:tabular-nums;text-anchor:middle;fill:{ink}",
        ".title": "font-size:19px;font-weight:650;text-anchor:start",
        ".cost": "font-size:24px;font-weight:700;text-anchor:start",
        ".kernel": "font-size:17px;font-weight:650",
        ".small": f"font-size:15px;fill:{muted}",
        ".left": "text-anchor:start",
        ".track": f"fill:{line}",
    }
    style = "".join(f".factorisation-svg :is({selector}){{{rule}}}" for selector, rule in rules.items())
    alt = escape(describe_factorisation(pair))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}"'
        f' height="{height:.0f}" class="factorisation-svg" role="img" aria-label="{alt}">'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )


def describe_factorisation(pair: Factorisation) -> str:
    """The drawing in words."""
    sides = (
        f"{side.title}, {exact(side.params)} weights, {macs(side.macs)}, a window of {side.window[0]} by"
        f" {side.window[1]} pixels and {side.out_channels} channels out"
        for side in (pair.before, pair.after)
    )
    return f"{pair.title}. Before: {'. After: '.join(sides)}."


def written_weights(pair: Factorisation) -> tuple[str, str]:
    """The weights of both sides, as multiples of C² ("18 C²") if input and output have C channels."""
    before, after = pair.before, pair.after
    if before.in_channels != before.out_channels:
        return count(before.params), count(after.params)
    return f"{before.params / before.in_channels**2:.3g} C²", f"{after.params / after.in_channels**2:.3g} C²"


def _row_heights(side: Alternative) -> list[float]:
    return [max(window_of(layer)[0] for layer in branch) * _cell(side) + 76 for branch in side.branches]


def _cell(side: Alternative) -> int:
    if len(side.branches) > 2:
        return CELL_IN_BRANCH
    longest = max(max(window_of(layer)) for branch in side.branches for layer in branch)
    return min(LARGEST_CELL, LARGEST_WINDOW // longest)


def _panel(side: Alternative, x: float, flow: float, pair: Factorisation, theme: Theme) -> Iterator[str]:
    yield f'<text class="title" x="{x}" y="20">{escape(side.title)}</text>'
    heights, cell = _row_heights(side), _cell(side)
    top = TITLE + (flow - sum(heights)) / 2
    longest = max(side.branches, key=len)
    arrow = min(ARROW, (PANEL - sum(_box_width(layer, cell) for layer in longest)) / len(longest))
    for branch, height in zip(side.branches, heights, strict=True):
        left = x
        for i, layer in enumerate(branch):
            if i:
                yield _arrow(left, top + height / 2, arrow, theme)
                left += arrow
            yield from _box(layer, left, top, height - 14, cell, theme)
            left += _box_width(layer, cell)
        top += height
    yield from _cost(side, x, TITLE + flow, pair, theme)


def _box_width(layer: Layer, cell: int) -> float:
    return max(BOX, window_of(layer)[1] * cell + 16)


def _box(layer: Layer, x: float, y: float, height: float, cell: int, theme: Theme) -> Iterator[str]:
    colour, surface = KIND_COLOURS[theme][layer.kind], SURFACES[theme]["background"]
    width, (rows, columns) = _box_width(layer, cell), window_of(layer)
    centre, top = x + width / 2, y + (height - rows * cell - 46) / 2
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="9"'
        f' fill="{mix(colour, surface, 0.86)}" stroke="{colour}" stroke-width="1.5"/>'
    )
    for row in range(rows):
        for column in range(columns):
            left = centre + (column - columns / 2) * cell
            yield (
                f'<rect x="{left + 0.75:.1f}" y="{top + row * cell + 0.75:.1f}" width="{cell - 1.5}"'
                f' height="{cell - 1.5}" rx="2" fill="{colour}"/>'
            )
    name, channels = f"{rows}×{columns}", f"{layer.input_shape[0]} → {layer.output_shape[0]}"
    if layer.kind == "pooling":
        name, channels = "max pool", f"{layer.output_shape[0]}"
    below = top + rows * cell
    yield f'<text class="kernel" x="{centre:.1f}" y="{below + 21:.1f}">{name}</text>'
    yield f'<text class="small" x="{centre:.1f}" y="{below + 41:.1f}">{channels}</text>'


def _arrow(x: float, y: float, length: float, theme: Theme) -> str:
    start, end = x + 0.18 * length, x + 0.82 * length
    return (
        f'<path d="M{start:.1f} {y:.1f}H{end:.1f}m-5 -5l5 5l-5 5" fill="none" stroke="{SURFACES[theme]["muted"]}"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _cost(side: Alternative, x: float, y: float, pair: Factorisation, theme: Theme) -> Iterator[str]:
    share = side.macs / max(pair.before.macs, pair.after.macs)
    colour = KIND_COLOURS[theme]["convolution"]
    written = written_weights(pair)[side is pair.after]
    yield f'<rect class="track" x="{x}" y="{y + 10:.1f}" width="{PANEL}" height="12" rx="6"/>'
    yield f'<rect x="{x}" y="{y + 10:.1f}" width="{share * PANEL:.1f}" height="12" rx="6" fill="{colour}"/>'
    large = written if written.endswith("C²") else f"{written} weights"
    yield f'<text class="cost" x="{x}" y="{y + 54:.1f}">{large}</text>'
    detail = f"{exact(side.params)} weights, {macs(side.macs)}, {side.out_channels} channels out"
    yield f'<text class="small left" x="{x}" y="{y + 80:.1f}">{detail}</text>'
