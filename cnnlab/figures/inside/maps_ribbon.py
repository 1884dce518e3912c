"""One image on its way through a network as an SVG drawing: some maps of each section, in the order of the calls."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from cnnlab.analysis.outline import Section
from cnnlab.figures.inside.map_colours import Picture, Values, coloured, data_url, image_picture, range_of, shrunk
from cnnlab.figures.layout import FONT
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme
from cnnlab.words.numbers import shape

TALLEST, LARGEST_TILE, SMALLEST_TILE, TILE_GAP = 168, 84, 22, 4
"""Of the maps of a section together, of one map, and between them, in pixels."""

MANY_SECTIONS, NARROW_TILE = 9, 37
"""Of networks with more sections, the maps are smaller, and stand in two columns."""

MOST_COLUMNS, FEW_MAPS, MOST_BARS = 4, 6, 84
TOP, LABEL_HEIGHT, MARGIN, GAP, NARROWEST = 30, 66, 4, 18, 78


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """What a section makes of the image: `values` are (C, H, W) or (features,). The image itself has no section."""

    section: Section | None
    values: Values

    @property
    def is_map(self) -> bool:
        return self.values.ndim == 3 and self.values.shape[1:] != (1, 1)


@dataclass(frozen=True, slots=True)
class _Tiles:
    """How the maps of a section stand: rows and columns of tiles of `side` pixels."""

    side: float
    rows: int
    columns: int

    @property
    def width(self) -> float:
        return self.columns * (self.side + TILE_GAP) - TILE_GAP

    @property
    def height(self) -> float:
        return self.rows * (self.side + TILE_GAP) - TILE_GAP


def maps_ribbon(passages: Sequence[Passage], *, theme: Theme, selected: str | None) -> str:
    """The drawing as SVG text; each section carries its module path in `data-path`. `selected` is the path to mark."""
    largest = max(max(passage.values.shape[1:], default=1) for passage in passages)
    ink, muted = SURFACES[theme]["text"], SURFACES[theme]["muted"]
    x, base = float(MARGIN), TOP + TALLEST
    parts: list[str] = []
    for passage in passages:
        width, drawn = _drawn(passage, base, largest, len(passages) > MANY_SECTIONS, theme)
        title = "image" if passage.section is None else passage.section.title
        room = max(width, 9.2 * len(title), 8.6 * len(_written(passage)), NARROWEST)
        parts += _column(passage, x + room / 2, width, base, drawn, theme=theme, selected=selected)
        x += room + GAP
    rules = {
        "text": f"font-family:{FONT};font-variant-numeric:tabular-nums;text-anchor:middle;fill:{ink}",
        ".title": "font-size:17px;font-weight:650",
        ".shape": f"font-size:15px;fill:{muted}",
        "image": "image-rendering:pixelated",
        ".edge": "fill:none;stroke:none",
        ".unit": "cursor:pointer;outline:none",
        ".unit:is(:hover,:focus-visible,.selected) .edge": f"stroke:{ink};stroke-width:2.5",
    }
    style = "".join(f".maps-svg :is({selector}){{{rule}}}" for selector, rule in rules.items())
    words = ", ".join(
        ("the image" if passage.section is None else f"{passage.section.title} to") + f" {_written(passage)}"
        for passage in passages
    )
    width, height = x - GAP + MARGIN, base + LABEL_HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" class="maps-svg" role="group"'
        f' aria-label="{escape(f"From image to answer: {words}.")}">'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )


def _written(passage: Passage) -> str:
    return "×".join(map(str, passage.values.shape if passage.is_map else (passage.values.size,)))


def _column(
    passage: Passage, centre: float, width: float, base: float, drawn: str, *, theme: Theme, selected: str | None
) -> Iterator[str]:
    section, left = passage.section, centre - width / 2
    placed = f'<g transform="translate({left:.1f} 0)">{drawn}</g>'
    if section is None:
        yield placed
    else:
        alt = escape(f"{section.title}, {section.type}: {shape(passage.values.shape)}")
        yield (
            f'<g class="unit{" selected" if section.path == selected else ""}" data-path="{escape(section.path)}"'
            f' tabindex="0" role="button" aria-label="{alt}"><title>{alt}</title>{placed}'
            f'<rect class="edge" x="{left - 4:.1f}" y="{TOP - 4}" width="{width + 8:.1f}" height="{TALLEST + 8}" rx="4"'
            ' pointer-events="all"/>'
        )
    colour = KIND_COLOURS[theme]["input" if section is None else section.kind]
    yield f'<rect x="{left:.1f}" y="{base + 8}" width="{width:.1f}" height="5" rx="2.5" fill="{colour}"/>'
    if section is not None:
        if section.has_shortcut:
            arc = KIND_COLOURS[theme]["shortcut"]
            yield (
                f'<path d="M{left:.1f} {TOP - 7}C{left:.1f} 2 {left + width:.1f} 2 {left + width:.1f} {TOP - 7}"'
                f' fill="none" stroke="{arc}" stroke-width="2.5" stroke-linecap="round"/>'
            )
        yield "</g>"
    repeat = f" × {section.repeat}" if section is not None and section.repeat > 1 else ""
    title = "image" if section is None else f"{section.title}{repeat}"
    yield f'<text class="title" x="{centre:.1f}" y="{base + 34}">{escape(title)}</text>'
    yield f'<text class="shape" x="{centre:.1f}" y="{base + 55}">{_written(passage)}</text>'


def _drawn(passage: Passage, base: float, largest: int, is_narrow: bool, theme: Theme) -> tuple[float, str]:
    """The width of what is drawn of a section, and the drawing, whose left edge is at 0."""
    if not passage.is_map:
        return 64.0, _bars(passage.values.reshape(-1), base, theme)
    is_image = passage.section is None
    count = 1 if is_image else len(passage.values)
    tiles = _tiles(count, passage.values.shape[1] / largest, is_narrow and not is_image)
    picture = image_picture(passage.values) if is_image else _sprite(passage.values, tiles, theme)
    return tiles.width, (
        f'<image href="{data_url(picture)}" x="0" y="{base - tiles.height:.1f}" width="{tiles.width:.1f}"'
        f' height="{tiles.height:.1f}" preserveAspectRatio="none"/>'
    )


def _tiles(count: int, share: float, is_narrow: bool) -> _Tiles:
    side = max(LARGEST_TILE * math.sqrt(share), SMALLEST_TILE)
    if count > 1:
        # Two rows of the largest maps fit.
        side = min(side, NARROW_TILE if is_narrow else (TALLEST - TILE_GAP) / 2)
    rows = min(int((TALLEST + TILE_GAP) // (side + TILE_GAP)), MOST_COLUMNS)
    columns = min(-(-count // rows), 2 if is_narrow else 3 if count <= FEW_MAPS else 2 if side > 40 else MOST_COLUMNS)
    return _Tiles(side, min(rows, -(-count // columns)), columns)


def _sprite(maps: Values, tiles: _Tiles, theme: Theme) -> Picture:
    """Those maps that vary most in the order of their numbers, on one scale, with transparent gaps."""
    chosen = np.sort(np.argsort(-np.nan_to_num(maps.std((1, 2))), kind="stable")[: tiles.rows * tiles.columns])
    small = shrunk(maps[chosen], round(2 * tiles.side))
    pictures = coloured(small, range_of(maps), theme)
    times = max(round(2 * tiles.side / pictures.shape[1]), 1)
    pictures = pictures.repeat(times, axis=1).repeat(times, axis=2)
    height, width = pictures.shape[1:3]
    gap = max(round(TILE_GAP * height / tiles.side), 1)
    sprite = np.zeros((tiles.rows * (height + gap) - gap, tiles.columns * (width + gap) - gap, 4), np.uint8)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, tiles.columns)
        top, left = row * (height + gap), column * (width + gap)
        sprite[top : top + height, left : left + width, :3] = picture
        sprite[top : top + height, left : left + width, 3] = 255
    return sprite


def _bars(values: Values, base: float, theme: Theme) -> str:
    """The numbers as bars, negative ones to the left; of many, the largest of neighbours."""
    if len(values) > MOST_BARS:
        groups = np.array_split(np.nan_to_num(values), MOST_BARS)
        values = np.array([group[np.abs(group).argmax()] for group in groups])
    scale, step = range_of(values), TALLEST / len(values)
    zero = 64 * (-min(scale.low, 0) / ((max(scale.high, 0) - min(scale.low, 0)) or 1))
    colours = KIND_COLOURS[theme]
    shown = []
    for i, value in enumerate(np.nan_to_num(values).tolist()):
        length = 64 * abs(value) / ((max(scale.high, 0) - min(scale.low, 0)) or 1)
        left, colour = (zero, colours["convolution"]) if value >= 0 else (zero - length, colours["shortcut"])
        shown.append(
            f'<rect x="{left:.1f}" y="{base - TALLEST + i * step:.1f}" width="{max(length, 0.5):.1f}"'
            f' height="{max(0.8 * step, 0.8):.2f}" fill="{colour}"/>'
        )
    return "".join(shown)
