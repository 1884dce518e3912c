"""What every family has: a paper, a spec with the shared knobs, a network, its presets and published results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field
from torch import nn

from cnnlab.architectures.layers import ACTIVATIONS
from cnnlab.spec import Knob, Spec

MAX_CHANNELS = 8192
"""Channels of one feature map, or outputs of one dense layer, at most: more would not fit on any machine."""


Activation = Annotated[
    Literal[*ACTIVATIONS],  # type: ignore[valid-type]
    Field(title="Activation", description="The nonlinear function after each convolution or dense layer."),
    Knob(group="Layer types", names={name: module.__name__ for name, module in ACTIVATIONS.items()}),
]
Pooling = Annotated[
    Literal["max", "average"],
    Field(title="Pooling", description="Whether a pooling layer takes the maximum or the mean of each window."),
    Knob(group="Layer types"),
]
Norm = Annotated[
    Literal["none", "batch", "group", "layer"],
    Field(
        title="Normalisation",
        description="Which values are normalised together: each channel over the batch, groups of channels of one"
        " image, all values of one image, or none.",
    ),
    Knob(group="Layer types"),
]
ConvolutionKind = Annotated[
    Literal["standard", "depthwise_separable", "grouped"],
    Field(
        title="Convolution",
        description="Standard: each output channel uses all input channels. Grouped: only those of its group."
        " Depthwise-separable: one filter per channel, then a 1×1 convolution. The first convolution is always"
        " standard.",
    ),
    Knob(group="Layer types", names={"depthwise_separable": "depthwise-separable"}),
]
Groups = Annotated[
    int,
    Field(ge=1, le=1024, title="Groups", description="The number of groups of a grouped convolution."),
    Knob(group="Layer types", soft=(1, 64), only_when={"convolution": ("grouped",)}),
]
Shortcut = Annotated[
    Literal["none", "parameter_free", "projection"],
    Field(
        title="Shortcut",
        description="What is added to the output of a block: nothing, its input (cropped or padded to fit), or, where"
        " the shapes differ, a learned 1×1 convolution of its input.",
    ),
    Knob(group="Layer types", names={"parameter_free": "parameter-free"}),
]
Dropout = Annotated[
    float,
    Field(
        ge=0,
        le=0.95,
        title="Dropout",
        description="The probability with which each training step sets an input of a dense layer to zero.",
    ),
    Knob(group="Layer types", soft=(0, 0.8), step=0.05),
]
Auxiliary = Annotated[
    bool,
    Field(
        title="Auxiliary heads",
        description="Whether training adds classifiers on intermediate feature maps, so that early layers get a"
        " stronger gradient. They are not used after training.",
    ),
    Knob(group="Layer types"),
]
KernelSize = Annotated[
    int,
    Field(
        ge=1,
        le=31,
        title="Kernel size",
        description="Height and width of the kernel of the spatial convolutions; an even kernel changes the size of the"
        " feature map.",
    ),
    Knob(group="Shape", soft=(1, 11)),
]
Stem = Annotated[
    Literal["imagenet", "cifar"],
    Field(
        title="Stem",
        description="ImageNet: a 7×7 convolution and a pooling reduce height and width to a quarter. CIFAR: a 3×3"
        " convolution keeps them.",
    ),
    Knob(group="Layer types", names={"imagenet": "ImageNet", "cifar": "CIFAR"}),
]
FirstPadding = Annotated[
    int,
    Field(
        ge=0,
        le=15,
        title="Padding",
        description="Zeros added on each side of the image before the first convolution.",
    ),
    Knob(group="Shape", soft=(0, 5)),
]
StemStride = Annotated[
    int,
    Field(
        ge=1,
        le=4,
        title="Stride of the stem",
        description="Stride of the first convolution: 2 halves the feature map, 1 is for small images.",
    ),
    Knob(group="Shape", soft=(1, 4)),
]
StemWidth = Annotated[
    int,
    Field(ge=1, le=1024, title="Width of the stem", description="Output channels of the first convolution."),
    Knob(group="Shape", soft=(8, 64), step=8),
]
InChannels = Annotated[
    int,
    Field(ge=1, le=64, title="Input channels", description="Channels of the image: 1 for greyscale, 3 for colour."),
    Knob(group="Input and output", soft=(1, 4)),
]
ImageSize = Annotated[
    int,
    Field(ge=1, le=1024, title="Image size", description="Height and width of the square image, in pixels."),
    Knob(group="Input and output", soft=(16, 320)),
]
NumClasses = Annotated[
    int,
    Field(ge=2, le=21_841, title="Classes", description="The number of classes."),
    Knob(group="Input and output", soft=(2, 1000)),
]


MNIST: dict[str, Any] = {"in_channels": 1, "image_size": 28, "num_classes": 10}
"""What a network takes and gives for the images of MNIST."""


class NetworkSpec(Spec):
    """The input and the output of a network: images of a size, and a score for each class."""

    in_channels: InChannels = 3
    image_size: ImageSize = 224
    num_classes: NumClasses = 1000

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        """The field, and the index in it, to change first when the input of `layer` does not fit."""
        has_kernel = "kernel_size" in type(self).model_fields and layer.startswith("stages.")
        return ("kernel_size" if has_kernel else "image_size"), None


class TweakableSpec(NetworkSpec):
    """The knobs of every family of the lab; a family adds its own and may change a default."""

    activation: Activation = "relu"
    pooling: Pooling = "max"
    norm: Norm = "none"
    convolution: ConvolutionKind = "standard"
    groups: Groups = 2
    shortcut: Shortcut = "none"
    dropout: Dropout = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Where an architecture was published."""

    authors: str
    title: str
    year: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Published results of a network: accuracies in percent on the test or validation images of a data set, and size.

    `macs` is what the source counts, in multiply-accumulates for one image.
    """

    dataset: str
    top1: float | None = None
    top5: float | None = None
    params: int | None = None
    macs: float | None = None
    source: str


def trained_weights(top1: float, top5: float) -> Published:
    """The published accuracy of torchvision's first weights for a network that is the same as ours."""
    return Published(dataset="ImageNet", top1=top1, top5=top5, source="torchvision's weights IMAGENET1K_V1")


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One call that makes a module: a name for it, the function or class, and its arguments."""

    name: str
    make: Callable[..., nn.Module]
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One architecture and its variants. `idea` is the contribution in a sentence, `introduced` what was new, in words.

    `small` names the preset that is sensible for images of 28 or 32 pixels, where there is one. `published` has what is
    reported of presets, by name.
    A network with auxiliary heads answers with (logits, *auxiliary logits) in train mode, and with the logits in eval
    mode; `auxiliary_weight` is what the loss of each such head counts, as a share of the main loss.
    `module_calls` gives the calls that make a network that is only a sequence of modules.
    """

    name: str
    title: str
    paper: Paper | None
    idea: str
    introduced: str
    spec: type[NetworkSpec]
    network: Callable[..., nn.Module]
    presets: Mapping[str, NetworkSpec]
    small: str | None
    published: Mapping[str, Published] = field(default_factory=dict)
    auxiliary_weight: float = 0.0
    module_calls: Callable[[Mapping[str, Any]], list[ModuleCall]] | None = None

    @property
    def dated(self) -> str:
        """The title, with the year of the paper where there is one: "LeNet, 1998"."""
        return f"{self.title}, {self.paper.year}" if self.paper else self.title

    @property
    def is_read_only(self) -> bool:
        """Whether the networks are those of another library, so that only their input and output can be changed."""
        return not issubclass(self.spec, TweakableSpec)
