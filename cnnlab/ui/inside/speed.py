"""How long what is asked about a network will take."""

import time

import torch

from cnnlab.analysis import analyse
from cnnlab.bounded_cache import bounded_cache
from cnnlab.ui.inside.subject import Subject, network_key

IN_PAGE_SECONDS = 0.3
"""What is expected to take no longer is computed while the page is drawn."""

_IMAGES_AT_ONCE, _MACS_AT_ONCE = 32, 10**9
"""Images that are timed together, and what they may cost together, though one is always timed."""

_MOST_TIMES, _MOST_SECONDS = 5, 0.1
"""How often, at most, and the time after which no further pass begins."""


def forecast(subject: Subject, passes: int) -> float:
    """The seconds of so many forward passes of one image, from the time of a few passes of this network here."""
    key = (subject.spec, *network_key(subject.run, subject.spec, subject.recipe, subject.epoch))
    return passes * _seconds_each(key, subject)


@bounded_cache(size=lambda _: 1, limit=1024)
def _seconds_each(_: tuple[object, ...], subject: Subject) -> float:
    count = max(min(_IMAGES_AT_ONCE, _MACS_AT_ONCE // max(analyse(subject.spec).macs, 1)), 1)
    images = subject.images.repeat(count, 1, 1, 1)
    times: list[float] = []
    while len(times) < _MOST_TIMES and sum(times) < _MOST_SECONDS:
        begin = time.perf_counter()
        with torch.inference_mode():
            subject.network(images)
        times.append(time.perf_counter() - begin)
    return min(times) / count
