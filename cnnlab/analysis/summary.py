"""The summary that torchinfo prints."""

from typing import Any

import torch
import torchinfo
from torch.overrides import TorchFunctionMode

from cnnlab.architectures import NetworkSpec
from cnnlab.bounded_cache import bounded_cache
from cnnlab.building import diagnose, examine, image_shape, skeleton_of
from cnnlab.spec import Problem, Refused
from cnnlab.walk.rules import RULES
from cnnlab.walk.rules.answer import Answer
from cnnlab.words.sentence import Sentence

MOST_CACHED_CHARACTERS = 16 * 10**6
"""Of all texts that are kept."""

MOST_SUMMARISED_ROWS = 1000
"""Rows of a network that torchinfo summarises, which every preset is below: it takes milliseconds for each of them."""


COLUMN_WIDTH = 18
"""Characters, enough for the shape of a feature map: with torchinfo's 25 the last column is outside of most screens."""


@bounded_cache(size=len, limit=MOST_CACHED_CHARACTERS)
def summary(spec: NetworkSpec) -> str:
    """torchinfo's text for one image, computed without weights.

    Raises `Refused` if the network's shapes break, or if it has so many layers that nobody would read the text.

    >>> from cnnlab.architectures import preset
    >>> "Total params: 61,706" in summary(preset("lenet5_tutorial"))
    True
    """
    problem = diagnose(spec)
    if problem is not None:
        raise Refused([problem])
    num_rows = len(examine(spec).evaluation.layers)
    if num_rows > MOST_SUMMARISED_ROWS:
        sentence = Sentence(
            "torchinfo's summary is left out for networks of more than {limit} layers and operations, and this one has"
            " {count}: the table of layers has them all.",
            limit=MOST_SUMMARISED_ROWS,
            count=num_rows,
        )
        raise Refused([Problem("summary", sentence)])
    network = skeleton_of(spec)  # outside of the mode: some constructors compute with real tensors
    with _Shapes():
        report = torchinfo.summary(
            network,
            input_data=torch.empty((1, *image_shape(spec)), device="meta"),
            device="meta",
            mode="eval",
            depth=10,
            col_names=("output_size", "num_params", "mult_adds"),
            row_settings=("var_names",),
            col_width=COLUMN_WIDTH,
            verbose=0,
        )
    return str(report)


class _Shapes(TorchFunctionMode):
    """Answers operations by the rules of a walk: torch's own shape inference takes four times as long, and imports a
    compiler."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        rule = RULES.get(func)
        if rule is None:
            return func(*args, **kwargs)
        answer = rule(*args, **kwargs)
        if answer is NotImplemented:
            return func(*args, **kwargs)
        return torch.empty(answer.shape, device="meta") if isinstance(answer, Answer) else answer
