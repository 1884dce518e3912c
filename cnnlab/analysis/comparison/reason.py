"""Why a changed network costs more or less: the factors by which the costs of its layers changed."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from cnnlab.analysis.costs import Analysis
from cnnlab.analysis.outline import CostName
from cnnlab.walk import Layer
from cnnlab.words.numbers import times
from cnnlab.words.sentence import Sentence

_EXPLAINED = Fraction(1, 2)
"""The least share of the whole difference that the layers with one set of factors must cause to be its reason."""


class _Size(NamedTuple):
    """The factors of a layer's multiply-accumulates; those of its weights are all but the last."""

    outputs: int
    inputs: int
    kernel: int
    positions: int


_Layers = dict[tuple[str, int], _Size]
_Pair = tuple[_Size, _Size, str]
"""A layer's size after the change and before, and its path."""


def reason(new: Analysis, old: Analysis, cost: CostName) -> Sentence | None:
    """The arithmetic behind the difference of a cost, or None where it has no simple form.

    It holds for layers that cause at least half of the difference. It is left out where a cost is partial, and where
    both the list of the layers and the size of those in both networks differ.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> spec = preset("resnet18")
    >>> print(reason(analyse(spec.replace(kernel_size=5)), analyse(spec), "params"))
    (5/3)² = 2.78 of the weights in 16 of 21 layers: 2.7 times as many parameters.
    """
    before, after = (getattr(analysis, cost) for analysis in (old, new))
    if before == after or any(analysis.problem or analysis.unknown for analysis in (old, new)):
        return None
    layers = _layers(new), _layers(old)
    if layers[0].keys() != layers[1].keys():
        why = _other_layers(*layers) or _separated(*layers)
    else:
        why = _other_sizes(*layers, cost, after - before, (new.spec.image_size, old.spec.image_size))
    if why is None:
        return None
    unit = "MACs" if cost == "macs" else "parameters"
    return Sentence("{why}: {change} {unit}.", why=why, change=times(after, before), unit=unit)


def _layers(analysis: Analysis) -> _Layers:
    """The size of each layer with weights, by its path and the number of the call."""
    calls: Counter[str] = Counter()
    found = {}
    for row in analysis.rows:
        if row.macs:
            found[row.path, calls[row.path]] = _size(row)
            calls[row.path] += 1
    return found


def _size(layer: Layer) -> _Size:
    outputs = layer.output_shape[0] if layer.kernel else layer.output_shape[-1]
    kernel = math.prod(layer.kernel or (1,))
    return _Size(outputs, layer.weights // (outputs * kernel), kernel, layer.macs // layer.weights)


def _other_sizes(
    new: _Layers, old: _Layers, cost: CostName, difference: int, image_sizes: tuple[int, int]
) -> Sentence | None:
    """The same layers of other sizes: the factors of the layers that cause most of the difference."""
    num_factors = 4 if cost == "macs" else 3
    groups: defaultdict[tuple[Fraction, ...], list[_Pair]] = defaultdict(list)
    caused: Counter[tuple[Fraction, ...]] = Counter()
    for call, after in new.items():
        factors = tuple(map(Fraction, after[:num_factors], old[call][:num_factors]))
        groups[factors].append((after, old[call], call[0]))
        caused[factors] += math.prod(after[:num_factors]) - math.prod(old[call][:num_factors])
    factors = max(caused, key=lambda group: abs(caused[group]))
    if not _EXPLAINED <= Fraction(caused[factors], difference) <= 1 / _EXPLAINED:
        return None
    value = float(math.prod(factors))
    of_weights, of_positions = math.prod(factors[:3]) != 1, factors[3:] not in ((), (1,))
    return Sentence(
        "{product} = {value} of the {what}{where}",
        product=" × ".join(_written(factors, min(groups[factors]), image_sizes)),
        value=f"{value:.2f}".removesuffix(".00") if value >= 0.1 else f"{value:.2g}",
        what="multiplications" if of_weights and of_positions else "weights" if of_weights else "positions",
        where=_where(factors, groups),
    )


def _written(factors: tuple[Fraction, ...], pair: _Pair, image_sizes: tuple[int, int]) -> Iterator[str]:
    """The factors that are not 1, each as two numbers of the layer `pair`."""
    outputs, inputs, kernel, positions = zip(*pair[:2], strict=True)
    if factors[0] == factors[1] != 1:
        yield "({}/{})²".format(*outputs)
    else:
        yield from ("{}/{}".format(*sides) for sides in (outputs, inputs) if sides[0] != sides[1])
    if factors[2] != 1:
        yield _area(kernel)
    if factors[3:] not in ((), (1,)):
        of_image = Fraction(*image_sizes) ** 2 == factors[3]
        yield "({}/{})²".format(*image_sizes) if of_image else _area(positions)


def _area(areas: tuple[int, int]) -> str:
    """The factor of two areas, by their sides where both are squares."""
    sides = tuple(map(math.isqrt, areas))
    square = all(side**2 == area for side, area in zip(sides, areas, strict=True))
    return "({}/{})²".format(*sides) if square else "{}/{}".format(*areas)


def _where(factors: tuple[Fraction, ...], groups: dict[tuple[Fraction, ...], list[_Pair]]) -> str:
    """Which layers have these factors."""
    both_sides = [group for group in groups if group[0] != 1 and group[1] != 1]
    if both_sides == [factors] and factors[2] == 1:
        return " where both sides changed"
    count, total = len(groups[factors]), sum(map(len, groups.values()))
    if count == 1:
        return f" of {groups[factors][0][2]}"
    return "" if count == total else f" in {count} of {total} layers"


def _other_layers(new: _Layers, old: _Layers) -> Sentence | None:
    """Layers that were only added, or only removed, while those in both networks kept their size."""
    if any(new[call] != old[call] for call in new.keys() & old.keys()):
        return None
    added, removed = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    if added and removed:
        return None
    return Sentence(
        "{count} {comparative} convolution or dense {noun}",
        count=added or removed,
        comparative="more" if added else "fewer",
        noun="layer" if added + removed == 1 else "layers",
    )


def _separated(new: _Layers, old: _Layers) -> Sentence | None:
    """Convolutions that became depthwise-separable, or that were so before, while all others kept their size."""
    separated = len(new) > len(old)
    separable, standard = (new, old) if separated else (old, new)
    left = dict(standard)
    kernels = set()
    for (path, call), size in separable.items():
        parent, _, name = path.rpartition(".")
        if name == "depthwise" and (parent + ".pointwise", call) in separable and (path, call) not in standard:
            whole = left.pop((parent, call), None) or left.pop((parent + ".conv", call), None)
            pointwise = separable[parent + ".pointwise", call]
            if whole != _Size(pointwise.outputs, pointwise.inputs, size.kernel, size.positions):
                return None
            kernels.add(size.kernel)
        elif left.get((path, call)) == size:
            del left[path, call]
        elif name != "pointwise" or (parent + ".depthwise", call) not in separable:
            return None
    if left or len(kernels) != 1:
        return None
    template = (
        "1/{kernel} + 1/N of the weights of each {side}×{side} convolution with N output channels"
        if separated
        else "Each separable {side}×{side} convolution with N output channels had 1/{kernel} + 1/N of the weights"
    )
    kernel = kernels.pop()
    return Sentence(template, kernel=kernel, side=math.isqrt(kernel))
