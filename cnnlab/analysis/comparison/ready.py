"""Example comparisons: each has a question, what to look for, and the networks that answer it."""

from dataclasses import dataclass

from cnnlab.architectures import NetworkSpec, preset


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyComparison:
    """`question` is to be asked before the numbers are read, `notice` says where the answer is; the first network is
    the baseline. What is guessed is a factor: the `guessed` measure of the network at `place` over the baseline's."""

    title: str
    question: str
    notice: str
    networks: tuple[NetworkSpec, ...]
    guessed: str
    place: int = 1


READY_COMPARISONS: dict[str, ReadyComparison] = {
    "separable_mobilenet": ReadyComparison(
        title="Separable: MobileNet",
        question="The same shapes throughout, but each 3×3 convolution is split into a depthwise and a 1×1 convolution."
        " How many MACs are left?",
        notice="A depthwise-separable 3×3 convolution costs a little more than one ninth of a standard one. Table 4 of"
        " the paper has these two networks. Activations grow: there are twice as many feature maps to keep.",
        networks=(preset("mobilenet_v1_standard_conv"), preset("mobilenet_v1")),
        guessed="macs",
    ),
    "separable_xception": ReadyComparison(
        title="Separable: Xception",
        question="Xception is the extreme form of an Inception network, with one branch per channel. What would it cost"
        " with standard convolutions, and what does Inception v3 cost?",
        notice="With separable convolutions Xception has about as many parameters as Inception v3 without its auxiliary"
        " head, as its paper intended, but they are applied on larger feature maps: compare the MACs.",
        networks=(preset("xception").replace(convolution="standard"), preset("xception"), preset("inception_v3")),
        guessed="macs",
    ),
    "separable_vgg": ReadyComparison(
        title="Separable: VGG",
        question="Replace each 3×3 convolution of VGG-16 with a separable one. Which falls more, the MACs or the"
        " parameters?",
        notice="Most MACs are in the convolutions and fall with them. Most parameters are in the dense layers at the"
        " end, which do not change: see the parts below.",
        networks=(preset("vgg16"), preset("vgg16").replace(convolution="depthwise_separable")),
        guessed="params",
    ),
    "by_year": ReadyComparison(
        title="2012 to 2015",
        question="AlexNet, VGG, GoogLeNet, ResNet: four steps in the ImageNet contests. Did the networks get larger?",
        notice="More layers, but not more parameters: from VGG to GoogLeNet nearly all parameters disappear, because"
        " only one small dense layer follows the last feature map. The memory for training grew nevertheless.",
        networks=(preset("alexnet"), preset("vgg16"), preset("googlenet"), preset("resnet50")),
        guessed="params",
        place=3,
    ),
    "bottleneck": ReadyComparison(
        title="Basic or bottleneck",
        question="ResNet-34 and ResNet-50 have the same number of blocks. One has two 3×3 convolutions in each, the"
        " other 1×1, 3×3, 1×1 on four times the channels. Which costs more?",
        notice="Sixteen more layers and four times as many channels, for nearly the same number of MACs: the 3×3 in the"
        " middle has only a quarter of the channels. The memory for training does grow.",
        networks=(preset("resnet34"), preset("resnet50")),
        guessed="macs",
    ),
    "dense_or_residual": ReadyComparison(
        title="DenseNet or ResNet",
        question="A ResNet adds the output of a block to its input, a DenseNet concatenates them. What does that save,"
        " and what does it not save?",
        notice="DenseNet has less than a third of the parameters, since every layer adds only a few channels. The"
        " memory for training grows, because each layer keeps the concatenation of all outputs before it.",
        networks=(preset("resnet50"), preset("densenet121")),
        guessed="params",
    ),
    "batch_norm": ReadyComparison(
        title="Batch norm",
        question="ResNet-20 without batch normalisation, and with it after each convolution. How much more memory does"
        " the training need for activations?",
        notice="Hardly any parameters are added, and no MACs. But the input of each normalisation is kept for the"
        " backward pass, as is that of each convolution. What it is worth is seen in the gradients: compare them.",
        networks=(preset("resnet20_cifar").replace(norm="none"), preset("resnet20_cifar")),
        guessed="activation_bytes",
    ),
    "sigmoid_or_relu": ReadyComparison(
        title="Sigmoid or ReLU",
        question="LeNet-5 had sigmoids, and AlexNet made ReLU popular. How many MACs does ReLU save here?",
        notice="None: MACs are those of convolutions and dense layers, and both functions keep as much memory. The"
        " difference is in the gradients: the slope of a sigmoid is at most 1/4, so they shrink on their way back."
        " Compare them.",
        networks=(preset("lenet5_d2l"), preset("lenet5_d2l").replace(activation="relu")),
        guessed="macs",
    ),
    "plain_or_residual": ReadyComparison(
        title="Plain or residual",
        question="The ResNet paper begins with a plain network of 34 layers, and adds shortcuts to it. What do they"
        " cost?",
        notice="Nearly nothing: an addition has no weights, and there are only three projections. The cost is the same,"
        " but not the training: train both, and see which one learns.",
        networks=(preset("resnet34").replace(shortcut="none"), preset("resnet34")),
        guessed="macs",
    ),
}


def ready_comparison_of(networks: tuple[NetworkSpec, ...]) -> str | None:
    """The name of the comparison that has exactly these networks, if there is one."""
    return next((name for name, ready in READY_COMPARISONS.items() if ready.networks == networks), None)
