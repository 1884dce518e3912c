"""What a network does not have or take is a sentence: the field, the rule, the value, the remedy."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnlab

IMAGE = torch.rand(1, 1, 32, 32)

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("saliency", {"images": IMAGE[0]}, "images", "their shape is (1, 32, 32): for one image, use image[None]."),
    ("saliency", {"images": IMAGE[:0]}, "images", "their shape is (0, 1, 32, 32)"),
    ("saliency", {"images": (255 * IMAGE).byte()}, "images", "they are uint8: use images.float() and normalise them."),
    ("saliency", {"images": IMAGE / 0}, "images", "must be finite"),
    ("saliency", {"images": IMAGE.expand(1, 3, 32, 32)}, "images", "must have 1 channels for this network, and they"),
    (
        "occlusion",
        {"images": IMAGE[..., :28, :28]},
        "images",
        "they are 28x28: `classifier.dense1` takes 400 values and would",
    ),
    ("feature_maps", {"images": IMAGE[..., :4, :4], "layer": "features.conv1"}, "images", "and they are 4x4. The map"),
    ("saliency", {"target": 10}, "target", "`target` must be a class from 0 to 9, and it is 10: use one of these."),
    ("grad_cam", {"target": -1}, "target", "`target` must be a class from 0 to 9, and it is -1"),
    ("saliency", {"target": [1, 2]}, "target", "one for each image, and it has 2 for 1 images: give as many."),
    ("grad_cam", {"layer": "features.conv9"}, "layer", "'features.conv9' is none: did you mean features.conv"),
    (
        "grad_cam",
        {"layer": "classifier.dense1"},
        "layer",
        "has the shape (120,): use a layer before it, such as `features.",
    ),
    ("feature_maps", {"layer": "none"}, "layer", "use features.conv1, features.activation1"),
    ("effective_field", {"layer": "features.conv1", "channel": 6}, "channel", "from 0 to 5 for `features.conv1`, and"),
    (
        "effective_field",
        {"layer": "features.conv1", "cell": (0, 28)},
        "cell",
        "column from 0 to 27 for `features.conv1",
    ),
    ("effective_field", {"layer": "features.conv1", "images": (3, 32, 32)}, "images", "they have 3: use images"),
    ("integrated_gradients", {"steps": 0}, "steps", "`steps` must be from 1 to 1000, and it is 0: use one of these."),
    ("occlusion", {"window": 33}, "window", "`window` must be from 1 to 32, and it is 33: use one of these."),
    ("occlusion", {"window": 8, "stride": 9}, "stride", "`stride` must be from 1 to 8, and it is 9: use one of these."),
]


@pytest.mark.parametrize(("function", "arguments", "field", "text"), CASES)
def test_refusals(function: str, arguments: dict[str, Any], field: str, text: str) -> None:
    network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    with pytest.raises(cnnlab.Refused) as refused:
        getattr(cnnlab, function)(network, **{"images": IMAGE, **arguments})
    (problem,) = refused.value.problems
    assert problem.field == field
    assert text in problem.sentence
    assert problem.sentence[-1] in ".?"


class _Patches(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        torch._assert(x.shape[-1] == 8, "Wrong image width")
        return x.mean((2, 3))


def test_what_torch_says_of_images_is_passed_on() -> None:
    with pytest.raises(cnnlab.Refused, match=r"of 3x9x9 torch says: Wrong image width. Use images of the size"):
        cnnlab.saliency(_Patches(), torch.rand(1, 3, 9, 9))
    (found,) = cnnlab.saliency(_Patches(), torch.rand(1, 3, 8, 8), 1)
    assert found.rank_correlation is None
