"""The graph is the one that `next_functions` walks, and its leaves have the names of the parameters."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnlab.insight.one_step import backward_graph
from cnnlab.insight.one_step.batch import losses
from cnnlab.insight.one_step.node_words import is_explained, node_meaning
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from tests.insight.one_step.batches import SMALL, network_and_batch


class Net(nn.Module):
    """The network of torch's tutorial on neural networks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(F.relu(self.fc2(x)))


def test_the_first_inputs_of_the_tutorials_network_end_at_a_bias_and_not_at_a_relu() -> None:
    """`loss.grad_fn.next_functions[0][0].next_functions[0][0]` is often said to be the ReLU."""
    network = Net()
    loss = nn.MSELoss()(network(torch.randn(1, 1, 32, 32)), torch.randn(1, 10))
    graph = backward_graph(loss, network)
    assert [(node.name, node.parameter) for node in graph.walk(0, 0)] == [
        ("MseLossBackward0", None),
        ("AddmmBackward0", None),
        ("AccumulateGrad", "fc3.bias"),
    ]
    assert [node.name for node in graph.walk(0, 1)][-1] == "ReluBackward0"
    assert [(node.name, node.parameter) for node in graph.walk(0, 2, 0)][-2:] == [
        ("TBackward0", None),
        ("AccumulateGrad", "fc3.weight"),
    ]
    function = loss.grad_fn
    assert function is not None
    for choice, node in zip((0, 1, 0), graph.walk(0, 1, 0), strict=False):
        assert type(function).__name__ == node.name
        function = function.next_functions[choice][0]
        assert function is not None


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_is_a_leaf_of_every_familys_graph(name: str) -> None:
    network, images, labels = network_and_batch(name, num_images=2)
    loss = losses(network, images, labels, Recipe()).total
    graph = backward_graph(loss, network)
    assert [node.number for node in graph.nodes] == list(range(len(graph.nodes)))
    leaves = [node for node in graph.nodes if node.name == "AccumulateGrad"]
    assert {node.parameter: node.shape for node in leaves} == {
        parameter: tuple(value.shape) for parameter, value in network.named_parameters()
    }
    assert len(leaves) == len(list(network.parameters()))
    assert all(not node.inputs for node in leaves)
    assert [node.name for node in graph.nodes if not is_explained(node.name)] == []
    reached = {number for node in graph.nodes for number in node.inputs if number is not None}
    assert reached == set(range(1, len(graph.nodes)))
    # Reading the graph leaves it as it was.
    loss.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_node_keeps_what_its_operation_saved_and_leads_on_to_the_layer_before() -> None:
    network = Net()
    loss = F.cross_entropy(network(torch.randn(2, 1, 32, 32)), torch.tensor([3, 4]))
    graph = backward_graph(loss, network)
    choices = list[int]()
    *_, node = graph.walk()
    while (onward := graph.onward(node)) is not None:
        choices.append(onward)
        *_, node = graph.walk(*choices)
    names = [node.name.partition("Backward")[0] for node in graph.walk(*choices)]
    dense, convolution = ["Addmm", "Relu"], ["MaxPool2DWithIndices", "Relu", "Convolution"]
    assert names == ["NllLoss", "LogSoftmax", *dense, *dense, "Addmm", "View", *convolution, *convolution]
    assert node.saved == {"input": (2, 1, 32, 32), "weight": (6, 1, 5, 5)}
    assert [node.parameter for node in map(graph.nodes.__getitem__, filter(None, node.inputs))] == [
        "conv1.weight",
        "conv1.bias",
    ]
    *_, bias = graph.walk(0, 0, 0)
    assert "`fc3.bias.grad`, of the shape 10" in node_meaning(bias)


def test_an_operation_without_a_description_is_named() -> None:
    graph = backward_graph(torch.ones(1, requires_grad=True).erf())
    assert node_meaning(graph.nodes[0]) == "The gradient of the operation `Erf`."


def test_the_graph_as_a_table() -> None:
    network = nn.Sequential(nn.Linear(2, 1))
    table = backward_graph(network(torch.ones(1, 2)).sum(), network).frame()
    assert list(table.columns) == ["name", "parameter", "shape", "inputs"]
    assert table.loc[0, "name"] == "SumBackward0"
    assert set(table["parameter"].dropna()) == {"0.weight", "0.bias"}


def test_a_tensor_that_is_used_twice_is_one_node() -> None:
    x = torch.ones(2, requires_grad=True)
    graph = backward_graph(x * x)
    assert [(node.name, node.inputs) for node in graph.nodes] == [("MulBackward0", (1, 1)), ("AccumulateGrad", ())]
    assert (graph.nodes[1].parameter, graph.nodes[1].shape) == (None, (2,))


def test_bad_input_has_a_sentence() -> None:
    with pytest.raises(Refused, match="`loss` has no `grad_fn`"):
        backward_graph(torch.ones(()))
    network = nn.Sequential(nn.Linear(2, 1))
    graph = backward_graph(network(torch.ones(1, 2)).sum(), network)
    with pytest.raises(Refused, match=r"Node 1, AddmmBackward0, has no input 1 with a gradient: choose 0 or 2\."):
        list(graph.walk(0, 1))
    with pytest.raises(Refused, match=r"Node 2, AccumulateGrad, has no input 0 .*: the walk ends here"):
        list(graph.walk(0, 0, 0))
    with pytest.raises(Refused, match="has no input -1"):
        list(graph.walk(-1))
