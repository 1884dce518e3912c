"""A spec becomes a network; where the shapes break, the layer is named, and what would fix it."""

import inspect
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from torch import nn

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.bounded_cache import bounded_cache
from cnnlab.spec import Problem, Refused, Remedy, Scalar, alternatives, replace_entry, set_to
from cnnlab.walk import Break, ForwardPass, Shape, depends_on_mode, skeleton, walk
from cnnlab.words.sentence import Sentence

_Fits = Callable[[NetworkSpec, nn.Module | None], bool]
"""Whether a changed spec is a remedy; the network is its skeleton, where there is one already."""

MAX_DISTANCE = 64
"""How far from the value at fault a working one is looked for, in steps of one."""

MOST_CACHED_ROWS = 100_000
"""Rows of all examinations that are kept, of about a kilobyte each: some hundred networks, or the few largest."""

MOST_DIAGNOSED = 4096
"""Specs of which the problem is kept."""

MOST_TRIED_MODULES = 20_000
"""Modules of all networks that are built on one side of that value: a few seconds of one core."""


class Examination(NamedTuple):
    """What one image meets on its way through the network in each mode, up to the end or to a break."""

    evaluation: ForwardPass
    training: ForwardPass


def arguments(spec: NetworkSpec) -> dict[str, Any]:
    """The keyword arguments of the family's network; the image size is left out where the network does not need it."""
    accepted = inspect.signature(family_of(spec).network).parameters
    return {name: spec.values[name] for name in accepted}


def build(spec: NetworkSpec) -> nn.Module:
    """The network, initialised as torch does by default and in train mode; raises `Refused` if its shapes break.

    >>> from cnnlab.architectures import preset
    >>> sum(p.numel() for p in build(preset("lenet5_tutorial")).parameters())
    61706
    """
    problem = diagnose(spec)
    if problem is not None:
        raise Refused([problem])
    return family_of(spec).network(**arguments(spec))


def skeleton_of(spec: NetworkSpec) -> nn.Module:
    """The network on the meta device, without weights; nothing is checked."""
    return skeleton(family_of(spec).network, arguments(spec))


@bounded_cache(size=lambda found: len(found.evaluation.layers) + len(found.training.layers), limit=MOST_CACHED_ROWS)
def examine(spec: NetworkSpec) -> Examination:
    """Both passes through a network that is built once; where no layer depends on the mode, one pass is both."""
    network = skeleton_of(spec)
    training = _walk(spec, network, training=True)
    return Examination(_walk(spec, network, training=False) if depends_on_mode(network) else training, training)


def _walk(spec: NetworkSpec, network: nn.Module, *, training: bool) -> ForwardPass:
    return walk(network, image_shape(spec), training=training)


def image_shape(spec: NetworkSpec) -> Shape:
    """The shape (C, H, W) of the images that the network takes."""
    return (spec.in_channels, spec.image_size, spec.image_size)


@bounded_cache(size=lambda _: 1, limit=MOST_DIAGNOSED)
def diagnose(spec: NetworkSpec) -> Problem | None:
    """Why no image passes through this network, in eval or in train mode; None where one does."""
    for training, found in zip((False, True), examine(spec), strict=True):
        if found.broken is not None:
            return _explain(spec, found.broken, training=training)
    return None


def with_entry(spec: NetworkSpec, field: str, index: int | None, value: Scalar) -> NetworkSpec | None:
    """The spec with another value of a field, or of one entry of a list; None where that is refused."""
    found, _ = type(spec).check({**spec.values, field: replace_entry(spec.values[field], index, value)})
    return found


def _explain(spec: NetworkSpec, broken: Break, *, training: bool) -> Problem:
    field, index = _setting_at_fault(spec, broken)
    # Where something else is wrong as well, a remedy fixes at least this.
    fixes = partial(_fixes, broken=broken, training=training)
    remedies = _remedies(spec, broken, field, index, _works) or _remedies(spec, broken, field, index, fixes)
    sentence = _with_remedies(what_breaks(broken), remedies)
    return Problem(field, sentence, index=index, layer=broken.path, remedies=tuple(remedies)).of(spec.settings())


def _setting_at_fault(spec: NetworkSpec, broken: Break) -> tuple[str, int | None]:
    """The field to change first, and the index in it."""
    field = {"groups": "groups", "values": "norm"}.get(broken.rule)
    return (field, None) if field in spec.values else spec.setting_of(broken.path)


def what_breaks(broken: Break) -> Sentence:
    """Why the shapes do not fit, as the beginning of a sentence."""
    templates = {
        "groups": "`groups` must divide the channels of `{layer}`: {have} / {need} is not a whole number",
        "sum": "`{layer}` cannot add its input, {need}x{need}, to its result, {have}x{have}",
        "join": "`{layer}` cannot concatenate maps of {need}x{need} and {have}x{have} along the channels",
        "values": "`{layer}` would normalise a single value, and the result would be the same for every image",
        "channels": "`{layer}` takes {need} channels or features, and gets {have}",
        "data": "`{layer}` decides by the values of a feature map (`{function}`), which the analysis does not compute",
        "window": "The map is {have}x{have} when it reaches `{layer}`, too small for its {need}x{need} window",
    }
    return Sentence(
        templates[broken.rule], layer=broken.path, have=broken.have, need=broken.need, function=broken.function
    )


def _with_remedies(what: Sentence, remedies: list[Remedy]) -> Sentence:
    if not remedies:
        return Sentence("{what}.", what=what)
    return Sentence("{what}: {remedies}.", what=what, remedies=alternatives(remedies))


def _remedies(spec: NetworkSpec, broken: Break, field: str, index: int | None, fits: _Fits) -> list[Remedy]:
    remedies = _larger_images(spec, fits) if broken.rule in ("window", "values") else []
    if isinstance(spec.values[field], str):
        remedies += _another_choice(spec, field, fits)
    elif field != "image_size":
        remedies += _nearest_values(spec, field, index, broken.have if broken.rule == "groups" else None, fits)
    return remedies


def _works(spec: NetworkSpec, network: nn.Module | None) -> bool:
    """Whether images pass in train mode, which has every layer of eval mode, and auxiliary heads besides."""
    return _found(spec, network, training=True).broken is None


def _fixes(spec: NetworkSpec, network: nn.Module | None, broken: Break, *, training: bool) -> bool:
    """Whether that break is gone in that mode, whatever else breaks."""
    found = _found(spec, network, training=training)
    if found.broken is None or any(row.path == broken.path for row in found.layers):
        return True
    return found.broken.path == broken.path and found.broken.rule != broken.rule


def _found(spec: NetworkSpec, network: nn.Module | None, *, training: bool) -> ForwardPass:
    if network is not None:
        return _walk(spec, network, training=training)
    return examine(spec).training if training else examine(spec).evaluation


def _nearest_values(
    spec: NetworkSpec, field: str, index: int | None, multiple: int | None, fits: _Fits
) -> list[Remedy]:
    """The nearest integer below and above, of a field or of one entry of a list, with which the spec fits; of a switch,
    the other value; of a list of blocks, to remove the one at fault.

    Only divisors of `multiple` are tried, where it is given.
    """

    def works(value: Scalar) -> bool:
        changed = with_entry(spec, field, index, value)
        return changed is not None and fits(changed, None)

    setting, values = spec.settings()[field], spec.values[field]
    value = values if index is None else values[index]  # type: ignore[index]
    if isinstance(value, bool):
        return [set_to(field, not value)] if works(not value) else []
    if isinstance(value, str):
        assert isinstance(values, tuple)
        assert index is not None
        # Without the block its break is gone, whatever breaks next.
        fewer = (*values[:index], *values[index + 1 :])
        can_be, _ = type(spec).check({**spec.values, field: fewer})
        removal = Remedy(field, fewer, None, Sentence("remove block {number}", number=index + 1))
        return [] if can_be is None else [removal]
    assert isinstance(value, int)
    assert setting.minimum is not None
    assert setting.maximum is not None
    minimum, maximum = int(setting.minimum), int(setting.maximum)
    if multiple is None:
        distance = min(MAX_DISTANCE, max(1, MOST_TRIED_MODULES // len(examine(spec).training.modules)))
        minimum, maximum = max(minimum, value - distance), min(maximum, value + distance)
    tried = [n for n in range(minimum, maximum + 1) if multiple is None or multiple % n == 0]
    sides = (reversed([n for n in tried if n < value]), (n for n in tried if n > value))
    return [set_to(field, n, index) for side in sides for n in islice(filter(works, side), 1)]


def _another_choice(spec: NetworkSpec, field: str, fits: _Fits) -> list[Remedy]:
    """The first other choice of a field with which the spec fits; the first of all, which does without, comes last."""
    first, *others = spec.settings()[field].choices
    for choice in (*others, first):
        changed = with_entry(spec, field, None, choice) if choice != spec.values[field] else None
        if changed is not None and fits(changed, None):
            return [set_to(field, choice)]
    return []


def _larger_images(spec: NetworkSpec, fits: _Fits) -> list[Remedy]:
    """The smallest image above the present one that fits, by bisection: where a smaller one passes, so do larger."""
    maximum = spec.settings()["image_size"].maximum
    assert maximum is not None
    low, high = spec.image_size, int(maximum)
    # One network does for all sizes, unless it is made for a size.
    network = None if "image_size" in arguments(spec) else skeleton_of(spec)

    def passes(side: int) -> bool:
        changed = with_entry(spec, "image_size", None, side)
        return changed is not None and fits(changed, network)

    if not passes(high):
        return []
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return [Remedy("image_size", high, None, Sentence("use images of at least {side}x{side}", side=high))]
