"""The summary that torchinfo prints."""

from functools import lru_cache
from typing import Any

import torch
import torchinfo
from torch.overrides import TorchFunctionMode

from cnnlab.architectures import NetworkSpec
from cnnlab.building import diagnose, image_shape, skeleton_of
from cnnlab.spec import Refused
from cnnlab.walk.rules import RULES
from cnnlab.walk.rules.answer import Answer


@lru_cache(maxsize=256)
def summary(spec: NetworkSpec) -> str:
    """torchinfo's text for one image, computed without weights; raises `Refused` if the network's shapes break.

    >>> from cnnlab.architectures import preset
    >>> "Total params: 61,706" in summary(preset("lenet5_tutorial"))
    True
    """
    problem = diagnose(spec)
    if problem is not None:
        raise Refused([problem])
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
        return torch.empty(answer.shape, device="meta") if isinstance(answer, Answer) else answer
