"""Comparisons that are ready to teach: each a question, what to look for, and the networks that answer it."""

from dataclasses import dataclass

from cnnlab.architectures import NetworkSpec, preset


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyComparison:
    """`question` is to be asked before the numbers are read, `notice` says where the answer is; the first network is
    the baseline."""

    title: str
    question: str
    notice: str
    networks: tuple[NetworkSpec, ...]


READY_COMPARISONS: dict[str, ReadyComparison] = {
    "separable_mobilenet": ReadyComparison(
        title="Separable: MobileNet",
        question="The same shapes from first to last, but each 3×3 convolution is split into a depthwise and a 1×1"
        " one. How much work is left?",
        notice="A 3×3 window costs nine times its channels; split, it costs one ninth of that and a little. The paper's"
        " table 4 has these two networks. Activations grow: there are twice as many maps to keep.",
        networks=(preset("mobilenet_v1_standard_conv"), preset("mobilenet_v1")),
    ),
    "separable_xception": ReadyComparison(
        title="Separable: Xception",
        question="Xception is an Inception taken to its end: one branch per channel. What would it cost with whole"
        " convolutions, and what does Inception v3 cost?",
        notice="With separable convolutions Xception has about as many parameters as Inception v3 without its auxiliary"
        " head, as its paper wanted it, but they are spread over wider maps: compare the MACs.",
        networks=(preset("xception").replace(convolution="standard"), preset("xception"), preset("inception_v3")),
    ),
    "separable_vgg": ReadyComparison(
        title="Separable: VGG",
        question="Replace each 3×3 convolution of VGG-16 by a separable one. Which falls more, the MACs or the"
        " parameters?",
        notice="The work is in the convolutions and falls with them. Most parameters are in the dense layers at the"
        " end, which stay: see the parts below.",
        networks=(preset("vgg16"), preset("vgg16").replace(convolution="depthwise_separable")),
    ),
    "by_year": ReadyComparison(
        title="2012 to 2015",
        question="AlexNet, VGG, GoogLeNet, ResNet: four steps in the ImageNet contests. Did the networks get larger?",
        notice="More layers, but not more parameters: from VGG to GoogLeNet nearly all parameters go, because only one"
        " small dense layer follows the last map. The memory for training grew all the same.",
        networks=(preset("alexnet"), preset("vgg16"), preset("googlenet"), preset("resnet50")),
    ),
    "bottleneck": ReadyComparison(
        title="Basic or bottleneck",
        question="ResNet-34 and ResNet-50 have the same number of blocks. One has two 3×3 convolutions in each, the"
        " other 1×1, 3×3, 1×1 on four times the channels. Which costs more?",
        notice="Sixteen layers more and channels four times as many, for nearly the same work: the 3×3 in the middle"
        " sees only a quarter of them. What does rise is the memory for training.",
        networks=(preset("resnet34"), preset("resnet50")),
    ),
    "dense_or_residual": ReadyComparison(
        title="DenseNet or ResNet",
        question="A ResNet adds what a block makes to what it was given, a DenseNet keeps both side by side. What does"
        " that save, and what not?",
        notice="Under a third of the parameters, since every layer adds only a few channels. The memory for training is"
        " not saved but grows, because each layer keeps all that was joined before it.",
        networks=(preset("resnet50"), preset("densenet121")),
    ),
    "plain_or_residual": ReadyComparison(
        title="Plain or residual",
        question="The ResNet paper begins with a plain network of 34 layers, and adds shortcuts to it. What do they"
        " cost?",
        notice="Nearly nothing: an addition has no weights, and there are only three projections. The same cost, and"
        " yet another network: train both, and see which one learns.",
        networks=(preset("resnet34").replace(shortcut="none"), preset("resnet34")),
    ),
}


def ready_comparison_of(networks: tuple[NetworkSpec, ...]) -> str | None:
    """The name of the comparison that has exactly these networks, if there is one."""
    return next((name for name, ready in READY_COMPARISONS.items() if ready.networks == networks), None)
