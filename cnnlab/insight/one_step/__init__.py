"""One step of training, taken apart: its states, the graph that autograd goes through, and two common mistakes."""

from cnnlab.insight.one_step.graph import BackwardGraph, GraphNode, backward_graph
from cnnlab.insight.one_step.result import OneStep, StepState, TensorStep, WeightExample
from cnnlab.insight.one_step.step import one_step

__all__ = [
    "BackwardGraph",
    "GraphNode",
    "OneStep",
    "StepState",
    "TensorStep",
    "WeightExample",
    "backward_graph",
    "one_step",
]
