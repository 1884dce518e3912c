"""The rules by operation, and the modules that come down to a single operation."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from torch import Tensor, nn

from cnnlab.walk.rules.answer import Answer

Rule = Callable[..., Answer | Tensor]
"""Takes the arguments of its operation, whose tensors have shapes and no values; returns the answer, or the input
itself where the operation does nothing."""

RULES: dict[Any, Rule] = {}
"""The rule of each operation, by torch's function."""

LAYERS: dict[type[nn.Module], tuple[Any, Callable[[Any], tuple[Any, ...]]]] = {}
"""Frequent modules whose forward is one operation: that operation, and its arguments after the input, read from the
module. The forward itself would take longer than the rule."""


def rule_of(*operations: Any) -> Callable[[Rule], Rule]:
    """Decorates the rule of these operations."""

    def register(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(operations, rule))
        return rule

    return register


def layer_of(operation: Any, module: type[nn.Module], *arguments: str) -> None:
    """Registers a module whose forward is `operation(input, *arguments)`, with arguments that are its attributes."""
    assert operation in RULES
    read = attrgetter(*arguments) if arguments else lambda _: ()
    LAYERS[module] = (operation, read)
