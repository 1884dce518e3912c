"""Networks of torchvision, as references to compare with: their knobs are what they take and give, nothing inside.

The weights are torch's initial ones; nothing is downloaded. What torchvision says of the weights that it could download
(parameters, operations, accuracy) is read from its package, from the first set of weights that it lists for a network.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from torch import nn

from cnnlab.architectures.base import Family, ImageSize, NetworkSpec, Published
from cnnlab.spec import Knob, Problem, set_to
from cnnlab.words.sentence import Sentence

PREFIX = "torchvision:"
"""Before a builder's name it is a preset's name."""

_FIRST = ("squeezenet1_0", "squeezenet1_1", "shufflenet_v2_x1_0", "efficientnet_b0", "convnext_tiny", "regnet_y_400mf")
_SIZES: dict[str, tuple[str, ...]] = {
    "alexnet": ("",),
    "convnext_": ("base", "large", "small"),
    "densenet": ("121", "161", "169", "201"),
    "efficientnet_b": ("1", "2", "3", "4", "5", "6", "7"),
    "efficientnet_v2_": ("l", "m", "s"),
    "googlenet": ("",),
    "inception_v3": ("",),
    "maxvit_t": ("",),
    "mnasnet": ("0_5", "0_75", "1_0", "1_3"),
    "mobilenet_": ("v2", "v3_large", "v3_small"),
    "regnet_x_": ("16gf", "1_6gf", "32gf", "3_2gf", "400mf", "800mf", "8gf"),
    "regnet_y_": ("128gf", "16gf", "1_6gf", "32gf", "3_2gf", "800mf", "8gf"),
    "resnet": ("101", "152", "18", "34", "50"),
    "resnext": ("101_32x8d", "101_64x4d", "50_32x4d"),
    "shufflenet_v2_x": ("0_5", "1_5", "2_0"),
    "swin_": ("b", "s", "t", "v2_b", "v2_s", "v2_t"),
    "vgg": ("11", "11_bn", "13", "13_bn", "16", "16_bn", "19", "19_bn"),
    "vit_": ("b_16", "b_32", "h_14", "l_16", "l_32"),
    "wide_resnet": ("101_2", "50_2"),
}
BUILDERS = (*_FIRST, *(f"{stem}{size}" for stem, sizes in _SIZES.items() for size in sizes))
"""The functions of torchvision that build a network: newer small ones first, then all others by name."""

DEFAULT_IMAGE_SIZE = 224
IMAGE_SIZES = {
    "efficientnet_b1": 240,
    "efficientnet_b2": 288,
    "efficientnet_b3": 300,
    "efficientnet_b4": 380,
    "efficientnet_b5": 456,
    "efficientnet_b6": 528,
    "efficientnet_b7": 600,
    "efficientnet_v2_l": 480,
    "efficientnet_v2_m": 480,
    "efficientnet_v2_s": 384,
    "inception_v3": 299,
    "regnet_y_128gf": 384,
    "swin_v2_b": 256,
    "swin_v2_s": 256,
    "swin_v2_t": 256,
    "vit_h_14": 518,
}
"""The image size in pixels that a network was published with, where it is not the usual one."""

PATCH_SIZES = {"vit_b_16": 16, "vit_b_32": 32, "vit_h_14": 14, "vit_l_16": 16, "vit_l_32": 32, "maxvit_t": 224}
"""What the image size must be a multiple of, for networks that cut the image into patches."""


def make_reference(*, builder: str, image_size: int, num_classes: int) -> nn.Module:
    """torchvision's network of that name, without weights of others: (N, 3, H, W) to (N, num_classes)."""
    from torchvision import models

    options: dict[str, Any] = {}
    if builder == "maxvit_t":
        options = {"input_size": (image_size, image_size)}
    elif builder in PATCH_SIZES:
        options = {"image_size": image_size}
    elif builder in ("googlenet", "inception_v3"):
        # Their own initialisation takes half a minute. What is published of Inception v3 has its auxiliary head.
        options = {"init_weights": False, "aux_logits": builder == "inception_v3"}
    return models.get_model(builder, weights=None, num_classes=num_classes, **options)


class ReferenceSpec(NetworkSpec):
    """A network of torchvision."""

    noun: ClassVar[str] = "a reference"

    builder: Annotated[
        Literal[*BUILDERS],  # type: ignore[valid-type]
        Field(title="Network", description="The function of torchvision's `models` that builds it."),
        Knob(group="Shape", names={name: name for name in BUILDERS}),
    ] = "squeezenet1_0"
    in_channels: Annotated[
        int,
        Field(
            ge=3, le=3, title="Input channels", description="Channels of the image: these networks take colour images."
        ),
        Knob(group="Input and output"),
    ] = 3
    image_size: ImageSize = DEFAULT_IMAGE_SIZE

    def relations(self) -> Iterator[Problem]:
        patch = PATCH_SIZES.get(self.builder, 1)
        if self.image_size % patch:
            nearest = set_to("image_size", max(self.image_size // patch, 1) * patch)
            sentence = Sentence(
                "`image_size` must be a multiple of {patch}, the patch size of `{builder}`, and it is {value}:"
                " {remedy}.",
                patch=patch,
                builder=self.builder,
                value=self.image_size,
                remedy=nearest.what,
            )
            yield Problem("image_size", sentence, remedies=(nearest,))


class _Metadata(Mapping[str, Published]):
    """What torchvision says of each preset, read when needed: importing torchvision takes a second."""

    def __getitem__(self, name: str) -> Published:
        from torchvision import models

        if name not in PRESETS:
            raise KeyError(name)
        weights = next(iter(models.get_model_weights(name.removeprefix(PREFIX))))
        (dataset, accuracy), *_ = weights.meta["_metrics"].items()
        return Published(
            dataset=dataset.removesuffix("-1K"),
            top1=accuracy["acc@1"],
            top5=accuracy["acc@5"],
            params=weights.meta["num_params"],
            macs=weights.meta["_ops"] * 1e9,
            source=f"torchvision's weights {weights.name}",
        )

    def __iter__(self) -> Iterator[str]:
        return iter(PRESETS)

    def __len__(self) -> int:
        return len(PRESETS)


PRESETS = {
    f"{PREFIX}{name}": ReferenceSpec(builder=name, image_size=IMAGE_SIZES.get(name, DEFAULT_IMAGE_SIZE))
    for name in BUILDERS
}

REFERENCES = Family(
    name="torchvision",
    title="References from torchvision",
    paper=None,
    idea="Networks as torchvision builds them, for comparison; their layers cannot be changed.",
    introduced="SqueezeNet, ShuffleNet v2, EfficientNet, ConvNeXt, RegNet and all others that torchvision can build.",
    spec=ReferenceSpec,
    network=make_reference,
    presets=PRESETS,
    small=None,
    published=_Metadata(),
)
