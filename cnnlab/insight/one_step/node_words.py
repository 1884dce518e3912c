"""What each node of the graph that autograd keeps computes on the way back."""

import re

from cnnlab.insight.one_step.graph import ACCUMULATES, GraphNode
from cnnlab.words.numbers import shape
from cnnlab.words.sentence import Sentence

_SHIFTED = "An addition or a copy with another shape: the gradient goes on with other sides, and the same values."
_SCALED = "Each gradient is multiplied by the slope of the activation function at its input."

_MEANINGS = {
    "Add": "A sum passes the gradient on to all of its inputs, unchanged: so does a shortcut.",
    "Addmm": "A dense layer: `torch.addmm` of its bias, its input and its weight. The first function behind it is"
    " therefore the `AccumulateGrad` of its bias; the layer before is input 1, and the weight is input 2.",
    "AdaptiveAvgPool2D": "An average pooling spreads the gradient of an output evenly over its window.",
    "AdaptiveMaxPool2D": "A max pooling passes the gradient of an output on to the largest value of its window alone.",
    "AvgPool2D": "An average pooling spreads the gradient of an output evenly over its window.",
    "Cat": "A concatenation cuts the gradient into the parts that its inputs made.",
    "Clone": _SHIFTED,
    "ConstantPadNd": "Padding drops the gradient of the border that it added.",
    "Convolution": "A convolution: the gradient of its input is a convolution with the flipped kernels, and that of a"
    " kernel sums, over all positions and images, the input times the gradient of the output.",
    "Div": "A quotient divides the gradient by its divisor.",
    "Elu": _SCALED,
    "Gelu": _SCALED,
    "Hardsigmoid": _SCALED,
    "Hardswish": _SCALED,
    "Hardtanh": "The gradient passes where the input is between the two bounds, and is 0 elsewhere.",
    "LeakyRelu": "The gradient passes where the input is above 0, and is multiplied by a small slope elsewhere.",
    "LogSoftmax": "The logarithm of the softmax: together with the loss, the gradient of each logit is its probability,"
    " minus 1 for the right class, divided by the number of images.",
    "MaskedFill": "Values were replaced by a constant: their gradient is 0, and the others pass it on.",
    "MaxPool2DWithIndices": "A max pooling passes the gradient of an output on to the largest value of its window"
    " alone, whose place it has kept.",
    "Mean": "A mean divides the gradient evenly among all values that it was taken of.",
    "Mul": "A product multiplies the gradient of each factor by the other one; dropout is such a product.",
    "NativeBatchNorm": "Batch normalisation: the gradient goes through the mean and the deviation of the batch too, so"
    " that each image's depends on all others.",
    "NativeDropout": "Dropout: the gradient is 0 for the units that were left out, and scaled for the others.",
    "NativeGroupNorm": "Group normalisation: the gradient goes through the mean and the deviation of the group too.",
    "NativeLayerNorm": "Layer normalisation: the gradient goes through the mean and the deviation of the image too.",
    "Neg": "A change of sign changes that of the gradient.",
    "NllLoss": "The negative log-likelihood: −1/N at the right class of each of N images, 0 at all other classes.",
    "Relu": "ReLU: the gradient passes where the output is above 0, and is 0 elsewhere.",
    "Sigmoid": "The gradient is multiplied by y · (1 − y), which is at most 1/4: this is how gradients vanish.",
    "Silu": _SCALED,
    "Slice": "A slice puts the gradient back in its place, with zeros around it.",
    "Sum": "A sum passes the gradient on to each of its terms.",
    "T": "The transpose of a weight: the gradient is transposed back.",
    "Tanh": "The gradient is multiplied by 1 − y², which is at most 1.",
    "Transpose": "Two sides change places: so do those of the gradient.",
    "Permute": "The sides change their order: the gradient gets it back.",
    "UnsafeView": "The same values in another shape, such as a flattened map: the gradient gets the old shape back.",
    "View": "The same values in another shape, such as a flattened map: the gradient gets the old shape back.",
}
"""By autograd's names, without their "Backward" and number."""


def is_explained(name: str) -> bool:
    """Whether there is a sentence for nodes of this name."""
    return name == ACCUMULATES or _short(name) in _MEANINGS


def node_meaning(node: GraphNode) -> Sentence:
    """What the node computes.

    >>> print(node_meaning(GraphNode(number=3, name="AccumulateGrad", inputs=(), parameter="conv1.bias", shape=(6,))))
    The end of a way: the gradient that arrives is added to `conv1.bias.grad`, of the shape 6.
    """
    if node.name == ACCUMULATES:
        return Sentence(
            "The end of a way: the gradient that arrives is added to `{parameter}.grad`, of the shape {shape}.",
            parameter=node.parameter or "parameter",
            shape=shape(node.shape or ()),
        )
    meaning = _MEANINGS.get(_short(node.name))
    return Sentence(meaning) if meaning else Sentence("The gradient of the operation `{name}`.", name=_short(node.name))


def _short(name: str) -> str:
    return re.sub(r"Backward\d*$", "", name)
