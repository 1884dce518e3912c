"""Initialising the weights of a network."""

import torch
from torch import nn

from cnnlab.architectures import NetworkSpec
from cnnlab.building import build
from cnnlab.training.step.random_state import RandomState

NORMAL_STD = 0.01
"""The standard deviation of the initialisation "normal", as in AlexNet."""


@torch.no_grad()
def initialise(network: nn.Module, initialisation: str) -> None:
    """Initialise the weights of all convolutions and dense layers, and set their biases to 0; "default" leaves them.

    "xavier" (Glorot and Bengio 2010) keeps the variance of activations before a tanh or sigmoid, "kaiming" (He et al.
    2015) that before a ReLU; "normal" has a standard deviation of `NORMAL_STD` in every layer (Krizhevsky 2012).
    """
    if initialisation == "default":
        return
    for module in network.modules():
        if not isinstance(module, nn.Conv2d | nn.Linear):
            continue
        if initialisation == "xavier":
            nn.init.xavier_uniform_(module.weight)
        elif initialisation == "kaiming":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        else:
            nn.init.normal_(module.weight, std=NORMAL_STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def initial_network(spec: NetworkSpec, initialisation: str, seed: int) -> nn.Module:
    """The network with which a training of this seed begins; torch's random state stays as it is.

    Raises `Refused` if the network cannot be built.
    """
    with RandomState(seed, torch.device("cpu")):
        network = build(spec)
        initialise(network, initialisation)
    return network
