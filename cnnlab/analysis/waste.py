"""What is wasted in a network without any error, and what weighs most: sentences with a field and a remedy."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from cnnlab.analysis.costs import WEIGHTED_KINDS, Analysis, analyse
from cnnlab.analysis.sensitivity import Lever, counterpart, scaled
from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine
from cnnlab.spec import Problem
from cnnlab.walk import IMAGE, Layer

SQUEEZE = 16
"""How many times fewer channels than before and after make a layer a bottleneck that little gets through."""


def waste(analysis: Analysis) -> tuple[Problem, ...]:
    """What costs and does nothing, or lets nothing through; empty where all is well.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> [problem.field for problem in waste(analyse(preset("vgg16").replace(image_size=32)))]
    ['head_size']
    >>> waste(analyse(preset("vgg16")))
    ()
    """
    checks = (_repeated_cells, _weights_on_margins, _skipped_pixels, _bottlenecks, _needless_biases)
    return tuple(problem for check in checks for problem in check(analysis))


def _repeated_cells(analysis: Analysis) -> Iterator[Problem]:
    """An adaptive pooling that makes a map larger before dense layers."""
    for i, row in enumerate(analysis.rows):
        if row.kind != "pooling" or row.geometry is not None or len(row.output_shape) < 3:
            continue
        before, after = math.prod(row.input_shape[1:]), math.prod(row.output_shape[1:])
        if after <= before:
            continue
        dense = next((later for later in analysis.rows[i:] if later.kind == "dense"), None)
        needless = ""
        if dense is not None:
            needless = f", and {dense.weights * (after - before) // after:,} weights of `{dense.path}` see nothing new"
        field = "head_size" if "head_size" in analysis.spec.values else "image_size"
        set_head = f"set `head_size` to {max(row.input_shape[1:])}, or " if field == "head_size" else ""
        sentence = (
            f"`{row.path}` blows a map of {_sides(row.input_shape)} up to {_sides(row.output_shape)}: each value is"
            f" repeated about {after / before:.0f} times{needless}: {set_head}use images of at least"
            f" {math.ceil(analysis.spec.image_size * math.sqrt(after / before))} pixels."
        )
        yield Problem(field, sentence, layer=row.path)


def _live_taps(side: int, out_side: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many cells of a window ever meet the map and not only the margin round it."""
    starts = [i * stride - padding for i in range(out_side)]
    return sum(any(0 <= start + tap * dilation < side for start in starts) for tap in range(kernel))


def _weights_on_margins(analysis: Analysis) -> Iterator[Problem]:
    """Windows so much larger than the map that some of their weights only ever meet zeros."""
    found: list[tuple[Layer, int]] = []
    for row in analysis.rows:
        window = row.geometry
        if window is None or row.kind == "pooling" or max(window.padding) == 0:
            continue
        live = 1
        for i in (0, 1):
            axis = (window.kernel[i], window.stride[i], window.padding[i], window.dilation[i])
            live *= _live_taps(row.input_shape[1 + i], row.output_shape[1 + i], *axis)
        cells = math.prod(window.kernel)
        if live < cells:
            found.append((row, row.weights * (cells - live) // cells))
    if not found:
        return
    first, dead = found[0][0], sum(weights for _, weights in found)
    assert first.geometry is not None
    others = f" and of {len(found) - 1} later layers" if len(found) > 1 else ""
    sentence = (
        f"The map is {_sides(first.input_shape)} when it reaches `{first.path}`: parts of its"
        f" {_sides((0, *first.geometry.kernel))} window{others} only ever meet the zeros round it, and {dead:,} weights"
        " learn nothing: use larger images, or make the map smaller later."
    )
    yield Problem("image_size", sentence, layer=first.path)


def _skipped_pixels(analysis: Analysis) -> Iterator[Problem]:
    """Windows that step further than they reach, outside shortcuts, whose other way sees what they skip."""
    found = [row for row in analysis.rows if _skips(row) and "shortcut" not in row.path.split(".")]
    if found:
        row = found[0]
        assert row.geometry is not None
        seen = math.prod(min(k / s, 1) for k, s in zip(row.geometry.kernel, row.geometry.stride, strict=True))
        field, index = analysis.spec.setting_of(row.path)
        sentence = (
            f"`{row.path}` steps {row.geometry.stride[0]} pixels with a window of {_sides((0, *row.geometry.kernel))}:"
            f" {1 - seen:.0%} of its input is thrown away unseen{_and_others(found)}: use a larger window or a smaller"
            " stride."
        )
        yield Problem(field, sentence, index=index, layer=row.path)


def _skips(row: Layer) -> bool:
    window = row.geometry
    if window is None or min(row.input_shape[1:]) == 1:
        return False
    reach = [d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel, strict=True)]
    return any(r < s for r, s in zip(reach, window.stride, strict=True))


def _and_others(found: Sequence[Layer]) -> str:
    return f" (as in {len(found) - 1} more)" if len(found) > 1 else ""


def _only_ways(rows: Sequence[Layer]) -> list[Layer]:
    """The rows that everything passes: no later row looks back beyond them."""
    looks_back_to, ways = len(rows), []
    for i in reversed(range(len(rows))):
        if looks_back_to >= i:
            ways.append(rows[i])
        looks_back_to = min(looks_back_to, *rows[i].sources, i)
    return ways[::-1]


def _bottlenecks(analysis: Analysis) -> Iterator[Problem]:
    """Layers that everything must pass and hardly anything can."""
    ways = [row for row in _only_ways(analysis.rows) if row.kind in WEIGHTED_KINDS]
    classes = analysis.spec.num_classes
    few = [row for row in ways[:-1] if row.activation_elements < classes - 1]
    if few:
        row = min(few, key=lambda row: row.activation_elements)
        what = (
            f"`{row.path}` leaves {row.activation_elements} numbers of each image, too few to tell {classes} classes"
            f" apart freely{_and_others(few)}"
        )
        yield _too_narrow(analysis, row, what)
        return
    for i, row in enumerate(ways[:-2]):
        before, channels = row.input_shape[0], row.output_shape[0]
        after = max(later.output_shape[0] for later in ways[i + 1 : -1])
        if IMAGE not in row.sources and SQUEEZE * channels <= min(before, after):
            what = f"`{row.path}` squeezes {before} channels through {channels}, and later layers make {after} of them"
            yield _too_narrow(analysis, row, what)
            return


def _too_narrow(analysis: Analysis, row: Layer, what: str) -> Problem:
    wider = _wider(analysis, row)
    if wider is None:
        return Problem("image_size", f"{what}: give it more channels, or use larger images.", layer=row.path)
    remedy = f"set `{wider.name}` to {wider.value} or more"
    return Problem(wider.field, f"{what}: {remedy}.", index=wider.index, layer=row.path)


def _wider(analysis: Analysis, row: Layer) -> Lever | None:
    """A number that gives the layer more channels, where it is doubled or more."""
    for lever in scaled(analysis.spec, 4):
        other = counterpart(lever, row)
        if other is not None and other.output_shape[0] > row.output_shape[0]:
            return lever
    return None


def _needless_biases(analysis: Analysis) -> Iterator[Problem]:
    """Biases that a batch normalisation takes away again with the mean."""
    found = [
        rows[0]
        for row in analysis.rows
        if row.function == "batch_norm"
        and (rows := [analysis.rows[i] for i in row.sources if i != IMAGE])
        and rows[0].macs
        and rows[0].biases
    ]
    if found:
        field = "bias" if "bias" in analysis.spec.values else "norm"
        remedy = "set `bias` to false" if field == "bias" else "they do no harm, and could be left out"
        sentence = (
            f"The batch normalisation after `{found[0].path}` takes its biases away again, as in {len(found)} layers in"
            f" all: {sum(row.biases for row in found):,} parameters do nothing: {remedy}."
        )
        yield Problem(field, sentence, layer=found[0].path)


MEASURES: dict[str, Callable[[Layer], int]] = {
    "parameters": lambda row: row.params,
    "MACs": lambda row: row.macs,
    "memory for activations": lambda row: row.kept_bytes,
}
"""What a layer can be the largest in."""

HALF = (0.2, 0.6)
"""What is left of a figure that has been about halved; what follows a square falls to a quarter."""


@lru_cache(maxsize=128)
def largest(spec: NetworkSpec) -> tuple[Problem, ...]:
    """The layer with the most parameters, the most MACs and the most memory in train mode, and a knob that would about
    halve it.

    Each number of the spec is tried at half its value, at the cost of a pass each.
    """
    rows = analyse(spec).training_rows
    levers = list(scaled(spec, 0.5))
    return tuple(
        _largest(rows, words, measure, levers)
        for words, measure in MEASURES.items()
        if any(measure(row) for row in rows)
    )


def _largest(rows: Sequence[Layer], words: str, measure: Callable[[Layer], int], levers: list[Lever]) -> Problem:
    row, total = max(rows, key=measure), sum(map(measure, rows))
    what = f"`{row.path}` has {measure(row) / total:.0%} of the {words}"
    found: list[tuple[float, Lever]] = []
    for lever in levers:
        other = counterpart(lever, row)
        if other is not None and HALF[0] <= measure(other) / measure(row) <= HALF[1]:
            found.append((measure(other) / measure(row), lever))
    if not found:
        return Problem("image_size", f"{what}, and no single knob halves that.", layer=row.path)
    left, lever = min(found, key=lambda candidate: abs(candidate[0] - 0.5))
    after = sum(map(measure, examine(lever.spec, training=True).layers)) / total
    remedy = f"`{lever.name}` = {lever.value} would leave {left:.0%} of that, and {after:.0%} of the network's"
    return Problem(lever.field, f"{what}: {remedy}.", index=lever.index, layer=row.path)


def _sides(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape[1:]))
