"""Small networks and batches for the tests of one step."""

import torch
from torch import Tensor, nn

from cnnlab.architectures import FAMILIES, NetworkSpec, preset
from cnnlab.building import build, image_shape

SMALL = [family.small for family in FAMILIES.values() if family.small is not None]
"""The small preset of each family that can be trained."""

WITH_AUXILIARY_HEADS = preset("googlenet_mnist").replace(aux=True, width_multiplier=0.05, image_size=8)
"""With dropout and batch norm, too."""


def network_and_batch(
    spec: NetworkSpec | str, *, num_images: int = 4, seed: int = 0
) -> tuple[nn.Module, Tensor, Tensor]:
    """A network of that spec or preset, with images of normal noise and labels; the global random state is restored."""
    spec = preset(spec) if isinstance(spec, str) else spec
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = build(spec)
        images = torch.randn(num_images, *image_shape(spec))
        return network, images, torch.randint(spec.num_classes, (num_images,))
