"""What each operation answers in a pass without weights: its shape, its work, and what the backward pass needs of it.

A rule takes the operation's own arguments and returns an `Answer`; it knows nothing of the network around it. Rules are
gathered by kind of operation, one file each, and register themselves with `rule_of`.
"""

from cnnlab.walk.rules import activation, normalisation, pooling, weighted
from cnnlab.walk.rules.combining import NO_COMPUTATION, VALUES
from cnnlab.walk.rules.registry import LAYERS, RULES

__all__ = ["LAYERS", "NO_COMPUTATION", "RULES", "VALUES", "activation", "normalisation", "pooling", "weighted"]
