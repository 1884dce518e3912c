"""The summary that torchinfo prints."""

from functools import lru_cache

import torch
import torchinfo

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.building import arguments, diagnose
from cnnlab.spec import Refused
from cnnlab.walk import skeleton


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
    network = skeleton(family_of(spec).network, arguments(spec))
    image = torch.empty((1, spec.in_channels, spec.image_size, spec.image_size), device="meta")
    report = torchinfo.summary(
        network,
        input_data=image,
        device="meta",
        mode="eval",
        depth=10,
        col_names=("output_size", "num_params", "mult_adds"),
        row_settings=("var_names",),
        verbose=0,
    )
    return str(report)
