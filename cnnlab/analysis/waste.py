"""What a network wastes without any error: sentences with a field and a remedy."""

import math
from collections.abc import Iterator, Sequence
from itertools import starmap

from cnnlab.analysis.costs import WEIGHTED_KINDS, Analysis
from cnnlab.analysis.sensitivity import KnobChange, changed_layer, scaled_knobs
from cnnlab.spec import Problem
from cnnlab.walk import IMAGE, Layer
from cnnlab.words.sentence import Sentence, joined


def waste(analysis: Analysis) -> tuple[Problem, ...]:
    """Work and parameters without effect, and layers too narrow for what follows; empty where there are none.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> [problem.field for problem in waste(analyse(preset("vgg16").replace(image_size=32)))]
    ['head_size']
    >>> waste(analyse(preset("vgg16")))
    ()
    """
    if analysis.description is None:
        return ()  # there is no field to change
    checks = (_repeated_cells, _weights_on_padding, _skipped_pixels, _bottlenecks, _needless_biases, _single_values)
    return tuple(problem.of(analysis.spec.settings()) for check in checks for problem in check(analysis))


def _repeated_cells(analysis: Analysis) -> Iterator[Problem]:
    """An adaptive pooling that makes a map larger before dense layers."""
    for i, row in enumerate(analysis.rows):
        if row.kind != "pooling" or row.geometry is not None or len(row.output_shape) < 3:
            continue
        before, after = math.prod(row.input_shape[1:]), math.prod(row.output_shape[1:])
        if after <= before:
            continue
        sentences = [
            Sentence(
                "`{layer}` enlarges a map of {before} to {after}: each value is repeated about {times} times.",
                layer=row.path,
                before=_by(row.input_shape[1:]),
                after=_by(row.output_shape[1:]),
                times=round(after / before),
            )
        ]
        dense = next((later for later in analysis.rows[i:] if later.kind == "dense"), None)
        if dense is not None:
            wasted = dense.weights * (after - before) // after
            template = "{num_weights:,} weights of `{layer}` get only repeated values."
            sentences.append(Sentence(template, num_weights=wasted, layer=dense.path))
        image_size = math.ceil(analysis.spec.image_size * math.sqrt(after / before))
        field, template = (
            ("head_size", "Set `head_size` to {head_size}, or use images of at least {image_size} pixels.")
            if "head_size" in analysis.spec.values
            else ("image_size", "Use images of at least {image_size} pixels.")
        )
        sentences.append(Sentence(template, head_size=max(row.input_shape[1:]), image_size=image_size))
        yield Problem(field, joined(sentences), layer=row.path)


def _useful_taps(side: int, out_side: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many cells of a window ever meet the map and not only its padding."""
    starts = [i * stride - padding for i in range(out_side)]
    return sum(any(0 <= start + tap * dilation < side for start in starts) for tap in range(kernel))


def _weights_on_padding(analysis: Analysis) -> Iterator[Problem]:
    """Windows so much larger than the map that some of their weights only ever meet zeros."""
    found: list[tuple[Layer, int]] = []
    for row in analysis.rows:
        window = row.geometry
        if window is None or row.kind == "pooling" or max(window.padding) == 0:
            continue
        axes = zip(row.input_shape[1:], row.output_shape[1:], *window, strict=True)
        useful = math.prod(starmap(_useful_taps, axes))
        cells = math.prod(window.kernel)
        if useful < cells:
            found.append((row, row.weights * (cells - useful) // cells))
    if not found:
        return
    first = found[0][0]
    assert first.geometry is not None
    template = "{window} window" if len(found) == 1 else "{window} window and of {num_others} later layers"
    sentence = Sentence(
        "The map is {map} when it reaches `{layer}`: parts of its {windows} only ever meet padding, and"
        " {num_weights:,} weights learn nothing: use larger images, or make the map smaller in a later layer.",
        map=_by(first.input_shape[1:]),
        layer=first.path,
        windows=Sentence(template, window=_by(first.geometry.kernel), num_others=len(found) - 1),
        num_weights=sum(num_weights for _, num_weights in found),
    )
    yield Problem("image_size", sentence, layer=first.path)


def _skipped_pixels(analysis: Analysis) -> Iterator[Problem]:
    """Strides longer than the window, outside shortcuts, whose block reads what they skip."""
    found = [row for row in analysis.rows if _skips(row) and not row.in_shortcut]
    if not found:
        return
    row = found[0]
    assert row.geometry is not None
    used = math.prod(min(k / s, 1) for k, s in zip(row.geometry.kernel, row.geometry.stride, strict=True))
    field, index = analysis.spec.setting_of(row.path)
    sentence = Sentence(
        "`{layer}` moves a {window} window by {stride} pixels: {share:.0%} of its input is never read{others}: use a"
        " larger window or a smaller stride.",
        layer=row.path,
        window=_by(row.geometry.kernel),
        stride=row.geometry.stride[0],
        share=1 - used,
        others=Sentence(", as in {num_layers} more layers" if len(found) > 1 else "", num_layers=len(found) - 1),
    )
    yield Problem(field, sentence, index=index, layer=row.path)


def _skips(row: Layer) -> bool:
    window = row.geometry
    if window is None or min(row.input_shape[1:]) == 1:
        return False
    reach = [d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel, strict=True)]
    return any(r < s for r, s in zip(reach, window.stride, strict=True))


def _without_alternative(rows: Sequence[Layer]) -> list[Layer]:
    """The rows that no path through the network avoids: no later row has a source before them."""
    earliest_source, found = len(rows), []
    for i in reversed(range(len(rows))):
        if earliest_source >= i:
            found.append(rows[i])
        earliest_source = min(earliest_source, *rows[i].sources, i)
    return found[::-1]


def _bottlenecks(analysis: Analysis) -> Iterator[Problem]:
    """Layers without alternative that are much narrower than what is before and after them."""
    path = [row for row in _without_alternative(analysis.rows) if row.kind in WEIGHTED_KINDS]
    num_classes = analysis.spec.num_classes
    narrow = [row for row in path[:-1] if row.activation_elements < num_classes - 1]
    if narrow:
        row = min(narrow, key=lambda row: row.activation_elements)
        others = ", and {num_layers} more layers have too few" if len(narrow) > 1 else ""
        what = Sentence(
            "`{layer}` has {num_values} output values, too few to separate {num_classes} classes{others}",
            layer=row.path,
            num_values=row.activation_elements,
            num_classes=num_classes,
            others=Sentence(others, num_layers=len(narrow) - 1),
        )
        yield _too_narrow(analysis, row, what)
        return
    for i, row in enumerate(path[:-2]):
        before, channels = row.input_shape[0], row.output_shape[0]
        after = max(later.output_shape[0] for later in path[i + 1 : -1])
        # A bottleneck has at most a sixteenth of the channels before and after it.
        if IMAGE not in row.sources and 16 * channels <= min(before, after):
            what = Sentence(
                "`{layer}` reduces {before} channels to {channels}, and later layers make {after} of them",
                layer=row.path,
                before=before,
                channels=channels,
                after=after,
            )
            yield _too_narrow(analysis, row, what)
            return


def _too_narrow(analysis: Analysis, row: Layer, what: Sentence) -> Problem:
    wider = _wider(analysis, row)
    if wider is None:
        sentence = Sentence("{what}: give it more channels, or use larger images.", what=what)
        return Problem("image_size", sentence, layer=row.path)
    sentence = Sentence("{what}: set `{name}` to {value} or more.", what=what, name=wider.name, value=wider.value)
    return Problem(wider.field, sentence, index=wider.index, layer=row.path)


def _wider(analysis: Analysis, row: Layer) -> KnobChange | None:
    changes = ((change, changed_layer(change, row)) for change in scaled_knobs(analysis.spec, 4))
    wider = (change for change, other in changes if other and other.output_shape[0] > row.output_shape[0])
    return next(wider, None)


def _needless_biases(analysis: Analysis) -> Iterator[Problem]:
    """Biases that a batch normalisation removes with the mean."""
    found = [
        rows[0]
        for row in analysis.rows
        if row.function == "batch_norm"
        and (rows := [analysis.rows[i] for i in row.sources if i != IMAGE])
        and rows[0].macs
        and rows[0].biases
    ]
    if found:
        field, remedy = (
            ("bias", ": set `bias` to false") if "bias" in analysis.spec.values else ("norm", ", and do no harm")
        )
        sentence = Sentence(
            "The batch normalisation after `{layer}` removes its biases, as in {num_layers} layers in total:"
            " {num_biases:,} parameters have no effect{remedy}.",
            layer=found[0].path,
            num_layers=len(found),
            num_biases=sum(row.biases for row in found),
            remedy=Sentence(remedy),
        )
        yield Problem(field, sentence, layer=found[0].path)


def _single_values(analysis: Analysis) -> Iterator[Problem]:
    """Batch normalisations of 1x1 maps, whose statistics are of a few values."""
    found = [row for row in analysis.rows if row.function == "batch_norm" and math.prod(row.output_shape[1:]) == 1]
    if found:
        template = "`{layer}`" if len(found) == 1 else "`{layer}` and {num_others} more layers"
        sentence = Sentence(
            "{layers} have a single value of each image to normalise: with small batches their mean and deviation are"
            " mostly noise, and a batch of one image has none: use larger images.",
            layers=Sentence(template, layer=found[0].path, num_others=len(found) - 1),
        )
        yield Problem("image_size", sentence, layer=found[0].path)


def _by(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))
