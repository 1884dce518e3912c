"""The standard deviation that each initialisation gives the weights of a layer, by its rule."""

import math
from dataclasses import dataclass

from cnnlab.training.initialise import NORMAL_STD


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceRule:
    """The rule as a formula, and the standard deviation that it gives."""

    formula: str
    std: float


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """The inputs of an output of a layer, and the outputs of an input, as `torch.nn.init` counts them.

    >>> fans((16, 6, 5, 5))
    (150, 400)
    """
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def variance_rules(shape: tuple[int, ...]) -> dict[str, VarianceRule]:
    """By the names of the initialisations, for the weight of a convolution or a dense layer; none for other tensors.

    The default of PyTorch is not among them: a network may have its own.

    >>> {name: round(rule.std, 4) for name, rule in variance_rules((120, 400)).items()}
    {'xavier': 0.062, 'kaiming': 0.0707, 'normal': 0.01}

    Source: https://docs.pytorch.org/docs/stable/nn.init.html
    """
    if len(shape) < 2:
        return {}
    fan_in, fan_out = fans(shape)
    return {
        "xavier": VarianceRule(formula="√(2 / (fan_in + fan_out))", std=math.sqrt(2 / (fan_in + fan_out))),
        "kaiming": VarianceRule(formula="√(2 / fan_in)", std=math.sqrt(2 / fan_in)),
        "normal": VarianceRule(formula=f"{NORMAL_STD:g}", std=NORMAL_STD),
    }
