"""Presets that are torchvision's networks: the same numbers as published, the same answers on the same weights."""

import pytest
import torch
import torchvision
from torch import nn

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.building import build

TWINS = [
    ("alexnet", "alexnet", 96),
    *((f"vgg{depth}{norm}", f"vgg{depth}{norm}", 64) for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
    ("googlenet_torchvision", "googlenet", 64),
    ("inception_v3", "inception_v3", 299),
    ("resnet101", "resnet101", 64),
    ("resnet152", "resnet152", 64),
    ("resnext50_32x4d", "resnext50_32x4d", 64),
    ("wide_resnet50_2", "wide_resnet50_2", 64),
    *((f"densenet{depth}", f"densenet{depth}", 64) for depth in (121, 161, 169, 201)),
    ("mobilenet_v2", "mobilenet_v2", 64),
    ("mobilenet_v3_large", "mobilenet_v3_large", 64),
    ("mobilenet_v3_small", "mobilenet_v3_small", 64),
]
"""Preset, torchvision's builder, and a side in pixels at which they are compared."""

ARGUMENTS: dict[str, dict[str, bool]] = {
    "googlenet": {"init_weights": False, "aux_logits": False},
    "inception_v3": {"init_weights": False, "aux_logits": False},
}
"""What some builders need besides: no initialisation, which is slow and warns, and no auxiliary heads."""


def give_other_weights(network: nn.Module) -> None:
    """Biases, scales and running statistics as after a training, instead of zeros and ones."""
    for name, tensor in network.state_dict().items():
        if name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)


@pytest.mark.parametrize(("name", "builder", "side"), TWINS, ids=[row[0] for row in TWINS])
def test_the_same_answers(name: str, builder: str, side: int) -> None:
    theirs = getattr(torchvision.models, builder)(weights=None, **ARGUMENTS.get(builder, {}))
    spec = preset(name)
    ours = build(spec.replace(aux=False) if "aux" in spec.values else spec)
    give_other_weights(theirs)
    state = theirs.state_dict()
    assert [t.shape for t in ours.state_dict().values()] == [t.shape for t in state.values()]
    ours.load_state_dict(dict(zip(ours.state_dict(), state.values(), strict=True)))
    images = torch.randn(2, 3, side, side)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(images), theirs.eval()(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "builder"), [row[:2] for row in TWINS], ids=[row[0] for row in TWINS])
def test_the_published_numbers(name: str, builder: str) -> None:
    meta = torchvision.models.get_model_weights(builder)["IMAGENET1K_V1"].meta
    report = analyse(preset(name))
    assert report.params == meta["num_params"]
    assert round(report.macs / 1e9, 3) == meta["_ops"]
