"""A small network of each family, and images for it, in float64: no rounding hides a difference."""

import torch
from torch import Tensor, nn

from cnnlab.architectures import FAMILIES, NetworkSpec, preset
from cnnlab.building import build

SPECS: dict[str, NetworkSpec] = {
    **{family.name: family.presets[family.small] for family in FAMILIES.values() if family.small},
    # Its activations and additions overwrite their input.
    "torchvision": preset("torchvision:mobilenet_v3_small").replace(image_size=32, num_classes=10),
}
assert set(SPECS) == set(FAMILIES)


def small_network(family: str, num_images: int = 2) -> tuple[nn.Module, Tensor]:
    """The network in eval mode with statistics that are not the initial ones, and images (N, C, H, W)."""
    spec = SPECS[family]
    network = build(spec).double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    images = torch.randn(num_images, spec.in_channels, spec.image_size, spec.image_size, dtype=torch.float64)
    return network, images
