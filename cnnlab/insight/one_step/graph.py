"""The graph that autograd keeps of a computation, and goes through backwards."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.autograd.graph import Node

from cnnlab.insight.refusals import refused

if TYPE_CHECKING:
    import pandas as pd

ACCUMULATES = "AccumulateGrad"
"""What autograd calls the node that adds a gradient to the `.grad` of a leaf."""

_SAVED = "_saved_"
"""What the names of those attributes of a node begin with that are kept from the forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """One operation of the backward pass.

    `name` is autograd's ("AddmmBackward0"), and `inputs` are the numbers of the nodes that its gradients go to, in the
    order of the operation's inputs: None is an input that needs no gradient, such as the images. An "AccumulateGrad"
    ends a way: `shape` is that of its tensor, and `parameter` its name in the network, where that is known. `saved` are
    the shapes of the tensors that the operation keeps from the forward pass, by autograd's names for them.
    """

    number: int
    name: str
    inputs: tuple[int | None, ...]
    parameter: str | None = None
    shape: tuple[int, ...] | None = None
    saved: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackwardGraph:
    """The nodes by their numbers, from that of the loss, 0; the nearest to the loss come first."""

    nodes: tuple[GraphNode, ...]

    def walk(self, *choices: int) -> Iterator[GraphNode]:
        """The node of the loss, and then at each node its input with the chosen index, as in `next_functions[index]`.

        Raises `Refused` if a node has no such input, or one that needs no gradient.
        """
        node = self.nodes[0]
        yield node
        for choice in choices:
            following = node.inputs[choice] if 0 <= choice < len(node.inputs) else None
            if following is None:
                raise refused(
                    "choices",
                    "Node {number}, {name}, has no input {choice} with a gradient: {remedy}.",
                    number=node.number,
                    name=node.name,
                    choice=choice,
                    remedy=_remedy(node),
                )
            node = self.nodes[following]
            yield node

    def onward(self, node: GraphNode) -> int | None:
        """The index of the first of its inputs that leads to the layer before, and not to one parameter alone."""
        for index, number in enumerate(node.inputs):
            if number is not None and not self._leads_to_a_parameter(self.nodes[number]):
                return index
        return None

    def _leads_to_a_parameter(self, node: GraphNode) -> bool:
        """Whether it is a leaf, or the transpose of one, as the weight of a dense layer is."""
        if len(node.inputs) != 1:
            return node.name == ACCUMULATES
        (number,) = node.inputs
        return number is not None and self.nodes[number].name == ACCUMULATES

    def frame(self) -> "pd.DataFrame":
        """The nodes as a table, with their numbers as its index."""
        import pandas as pd

        columns = ["number", "name", "parameter", "shape", "inputs"]
        rows = [[getattr(node, column) for column in columns] for node in self.nodes]
        return pd.DataFrame(rows, columns=columns).set_index("number")


def _remedy(node: GraphNode) -> str:
    possible = [str(index) for index, number in enumerate(node.inputs) if number is not None]
    return f"choose {' or '.join(possible)}" if possible else "the walk ends here"


def _saved(function: Node) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors that autograd keeps for this function, by their names: {"weight": (16, 6, 5, 5)}."""
    kept = {name: getattr(function, name) for name in dir(function) if name.startswith(_SAVED)}
    return {name.removeprefix(_SAVED): tuple(kept[name].shape) for name in kept if isinstance(kept[name], Tensor)}


def backward_graph(loss: Tensor, network: nn.Module | None = None) -> BackwardGraph:
    """The graph of `grad_fn` and `next_functions` that starts at `loss`, a tensor of any shape.

    Parameters get the names that they have in `network`. This only reads: `backward` can follow. Raises `Refused` if
    the tensor was computed without a graph.

    The input 0 of a dense layer's `addmm` is its bias, so the way through the first inputs ends there at once; the
    layer before is input 1.

    >>> import torch, cnnlab
    >>> network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    >>> loss = network(torch.ones(1, 4)).sum()
    >>> graph = cnnlab.backward_graph(loss, network)
    >>> [node.parameter or node.name for node in graph.walk(0, 0)]
    ['SumBackward0', 'AddmmBackward0', '2.bias']
    >>> [node.parameter or node.name for node in graph.walk(0, 1, 0)]
    ['SumBackward0', 'AddmmBackward0', 'ReluBackward0', 'AddmmBackward0']

    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html
    """
    if loss.grad_fn is None:
        raise refused(
            "loss",
            "`loss` has no `grad_fn`: compute it from parameters that require gradients, outside of `torch.no_grad`.",
        )
    names = {} if network is None else {parameter: name for name, parameter in network.named_parameters()}
    # A node has one Python object as long as that is kept, and here it is.
    numbers: dict[Node, int] = {loss.grad_fn: 0}
    waiting, nodes = deque([loss.grad_fn]), list[GraphNode]()
    while waiting:
        function = waiting.popleft()
        following = [found for found, _ in function.next_functions]
        for found in following:
            if found is not None and found not in numbers:
                numbers[found] = len(numbers)
                waiting.append(found)
        leaf = getattr(function, "variable", None) if type(function).__name__ == ACCUMULATES else None
        nodes.append(
            GraphNode(
                number=numbers[function],
                name=type(function).__name__,
                inputs=tuple(None if found is None else numbers[found] for found in following),
                parameter=None if leaf is None else names.get(leaf),
                shape=None if leaf is None else tuple(leaf.shape),
                saved=_saved(function),
            )
        )
    return BackwardGraph(tuple(nodes))
