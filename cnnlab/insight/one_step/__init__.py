"""One step of training, taken apart: its states, the graph that autograd goes through, and two common mistakes."""

from cnnlab.insight.one_step.graph import BackwardGraph, GraphNode, backward_graph
from cnnlab.insight.one_step.mistakes import (
    ForgottenZeroGrad,
    SoftmaxTwice,
    forgotten_zero_grad,
    lowest_loss_with_softmax,
    softmax_before_cross_entropy,
)
from cnnlab.insight.one_step.result import OneStep, StepState, TensorStep, WeightExample
from cnnlab.insight.one_step.step import one_step

__all__ = [
    "BackwardGraph",
    "ForgottenZeroGrad",
    "GraphNode",
    "OneStep",
    "SoftmaxTwice",
    "StepState",
    "TensorStep",
    "WeightExample",
    "backward_graph",
    "forgotten_zero_grad",
    "lowest_loss_with_softmax",
    "one_step",
    "softmax_before_cross_entropy",
]
