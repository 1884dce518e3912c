"""torchinfo's summary: what torchinfo itself says of the same network on the meta device, in a fraction of the time."""

import subprocess
import sys

import pytest
import torch
import torchinfo

from cnnlab.analysis import analyse, summary
from cnnlab.analysis.summary import COLUMN_WIDTH
from cnnlab.architectures import family_of, preset, preset_names
from cnnlab.building import arguments
from cnnlab.walk import skeleton

FEW = ("lenet5_tutorial", "resnet18", "googlenet", "mobilenet_v2")


def by_torch(name: str) -> str:
    """torchinfo's text where torch itself answers the operations."""
    spec = preset(name)
    image = torch.empty((1, spec.in_channels, spec.image_size, spec.image_size), device="meta")
    report = torchinfo.summary(
        skeleton(family_of(spec).network, arguments(spec)),
        input_data=image,
        device="meta",
        mode="eval",
        depth=10,
        col_names=("output_size", "num_params", "mult_adds"),
        row_settings=("var_names",),
        col_width=COLUMN_WIDTH,
        verbose=0,
    )
    return str(report)


@pytest.mark.parametrize(
    "name", [name if name in FEW else pytest.param(name, marks=pytest.mark.sweep) for name in preset_names()]
)
def test_the_text_is_that_of_torchinfo_on_the_meta_device(name: str) -> None:
    assert summary(preset(name)) == by_torch(name)


def test_no_compiler_is_imported_for_it() -> None:
    # Its thousand modules would be looked through at each collection of garbage.
    code = (
        "import sys; from cnnlab.analysis import summary; from cnnlab.architectures import preset;"
        " summary(preset('resnet18')); print('torch._dynamo' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["torchvision:regnet_y_400mf", "torchvision:swin_t"])
def test_constructors_that_compute_with_tensors(name: str) -> None:
    assert f"Total params: {analyse(preset(name)).params:,}" in summary(preset(name))
