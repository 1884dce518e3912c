"""How many channels the layers of a network may have, and the value of a knob with which they do."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from cnnlab.architectures.base import MAX_CHANNELS, NetworkSpec
from cnnlab.spec import Problem, Scalar, Setting, set_to
from cnnlab.words.sentence import Sentence

_SpecType = TypeVar("_SpecType", bound=NetworkSpec)


def width_problems(spec: _SpecType, field: str, widths_of: Callable[[_SpecType], Sequence[int]]) -> Iterator[Problem]:
    """Whether a layer has more than `MAX_CHANNELS` channels, or none.

    `widths_of` a spec are the channels of its layers, which grow with `field`.
    """

    def widths_with(value: Scalar) -> Sequence[int]:
        return widths_of(spec.model_copy(update={field: value}))

    widths, value = widths_of(spec), spec.values[field]
    if max(widths) <= MAX_CHANNELS and min(widths) >= 1:
        return
    values = _values(spec.settings()[field])
    if max(widths) > MAX_CHANNELS:
        found = bisect_right(values, MAX_CHANNELS, key=lambda tried: max(widths_with(tried))) - 1
        template = "A layer may have at most {limit} channels, and `{field}` = {value:g} makes {widest}: {remedy}."
        otherwise = Sentence("use fewer channels")
    else:
        found = bisect_left(values, 1, key=lambda tried: min(widths_with(tried)))
        template = "Every layer must have at least one channel, and `{field}` = {value:g} leaves one without: {remedy}."
        otherwise = Sentence("use more channels")
    fits = 0 <= found < len(values) and min(near := widths_with(values[found])) >= 1 and max(near) <= MAX_CHANNELS
    remedies = (set_to(field, values[found]),) if fits else ()
    remedy = Sentence("{what}, or {other}", what=remedies[0].what, other=otherwise) if remedies else otherwise
    sentence = Sentence(template, limit=MAX_CHANNELS, field=field, value=value, widest=max(widths), remedy=remedy)
    yield Problem(field, sentence, remedies=remedies)


def _values(setting: Setting) -> Sequence[int | float]:
    """The values of a number in steps of one, or of a hundredth."""
    assert setting.minimum is not None
    assert setting.maximum is not None
    if setting.kind == "whole":
        return range(int(setting.minimum), int(setting.maximum) + 1, setting.multiple_of or 1)
    return [n / 100 for n in range(math.ceil(100 * setting.minimum), int(100 * setting.maximum) + 1)]
