"""The receptive field is what a gradient finds: exactly the pixels that a cell of a map depends on."""

import pytest
import torch
from torch import Tensor, nn

from cnnlab.analysis import analyse
from cnnlab.analysis.receptive_field import ReceptiveField, receptive_fields
from cnnlab.architectures import NetworkSpec, preset, preset_names
from cnnlab.building import build
from cnnlab.walk import skeleton, walk

PUBLISHED = {
    # Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks", table of networks.
    "alexnet": 195,
    "vgg16": 212,
    "inception_v3": 1311,
    "mobilenet_v1": 315,
}


@pytest.mark.parametrize(("name", "pixels"), PUBLISHED.items())
def test_published_fields(name: str, pixels: int) -> None:
    assert analyse(preset(name)).receptive_field == pixels


@pytest.mark.parametrize(
    ("name", "path", "type_name", "pixels", "stride"),
    [
        ("vgg16", "stages.4.pool", "MaxPool2d", 212, 32),
        ("resnet50", "stages.2.5", "add", 267, 16),  # the last block of the third stage
        ("resnet50", "stages.3.2", "add", 427, 32),
        ("resnet18", "stages.3.1", "add", 435, 32),
        ("resnet8_mnist", "stages.2.0.shortcut", "ParameterFreeShortcut", 13, 4),
    ],
)
def test_fields_inside(name: str, path: str, type_name: str, pixels: int, stride: int) -> None:
    report = analyse(preset(name))
    places = [i for i, row in enumerate(report.rows) if (row.path, row.type) == (path, type_name)]
    field = report.fields[places[-1]]
    assert (field.size, field.stride) == ((pixels, pixels), (stride, stride))


@pytest.mark.parametrize("name", preset_names())
def test_every_network_gathers_its_map_in_the_end(name: str) -> None:
    report = analyse(preset(name))
    assert report.fields[-1].is_whole
    assert report.receptive_field > 1


def smooth(network: nn.Module) -> nn.Module:
    """Every weight positive, so that no two ways cancel out, and a maximum replaced by a mean, which sees all cells."""
    for path, module in list(network.named_modules()):
        parent = network.get_submodule(path.rpartition(".")[0])
        if isinstance(module, nn.MaxPool2d):
            # A convolution of ones over each channel: as wide as the pooling, also where it rounds up.
            mean = nn.AvgPool2d(module.kernel_size, module.stride, module.padding, ceil_mode=module.ceil_mode)
            setattr(parent, path.rpartition(".")[2], mean)
        elif isinstance(module, nn.ReLU | nn.ReLU6 | nn.Sigmoid):
            setattr(parent, path.rpartition(".")[2], nn.Identity())
    network.double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            scale = parameter[0].numel() if parameter.dim() > 1 else 1
            parameter.copy_((0.5 + torch.rand_like(parameter)) / scale)
    return network


def seen(
    network: nn.Module, path: str, images: Tensor
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None:
    """The middle cell of what the module answers, and the first and last row and column that its value depends on."""
    answers: list[Tensor] = []
    handle = network.get_submodule(path).register_forward_hook(lambda *arguments: answers.append(arguments[2]))
    images = images.clone().requires_grad_()
    network(images)
    handle.remove()
    if not answers:
        return None  # a container whose parts are called one by one
    cell = (answers[0].shape[2] // 2, answers[0].shape[3] // 2)
    answers[0][0, :, cell[0], cell[1]].sum().backward()
    assert images.grad is not None
    touched = images.grad[0].abs().sum(0) > 0
    rows, columns = touched.any(1).nonzero().flatten(), touched.any(0).nonzero().flatten()
    return cell, (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def expected(field: ReceptiveField, axis: int, cell: int, side: int) -> tuple[int, int]:
    first = field.offset[axis] + cell * field.stride[axis]
    return max(int(first), 0), min(int(first) + field.size[axis] - 1, side - 1)


SMALL: dict[str, tuple[NetworkSpec, list[str]]] = {
    "lenet": (preset("lenet5_d2l").replace(pooling="average"), ["features.conv1", "features.pool1", "features.conv2"]),
    "vgg": (
        preset("vgg11").replace(widths=(2, 2, 2, 2, 2), image_size=224, dense_width=2, num_classes=2),
        ["stages.0.pool", "stages.2.pool", "stages.4.pool"],
    ),
    "resnet": (
        preset("resnet50").replace(width=2, expansion=1, depths=(1, 2, 2), image_size=224, num_classes=2),
        ["stem.pool", "stages.0.0", "stages.1.1", "stages.2.1"],
    ),
    "inception": (
        preset("googlenet").replace(width_multiplier=0.1, image_size=128, num_classes=2),
        ["stages.0", "stages.1"],
    ),
    "dense": (
        preset("densenet_bc22_k12_mnist").replace(growth_rate=2, image_size=64, num_classes=2),
        ["stages.0", "stages.1"],
    ),
    "separable": (
        preset("mobilenet_v1").replace(width_multiplier=0.1, image_size=224, num_classes=2),
        ["stages.2", "stages.3"],
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_gradient_reaches_exactly_the_field(name: str) -> None:
    spec, wanted = SMALL[name]
    report, network = analyse(spec), smooth(build(spec))
    images = torch.rand(1, spec.in_channels, spec.image_size, spec.image_size, dtype=torch.float64)
    compared = 0
    for path, _ in network.named_modules():
        if not any(path == part or path.startswith(f"{part}.") for part in wanted):
            continue
        places = [i for i, row in enumerate(report.rows) if row.path == path or row.path.startswith(f"{path}.")]
        # What a container answers is what its last layer in the order of the calls answers.
        field = report.fields[places[-1]] if places else None
        if field is None or field.is_whole or len(report.rows[places[-1]].output_shape) < 3:
            continue
        looked = seen(network, path, images)
        if looked is None:
            continue
        cell, rows, columns = looked
        assert rows == expected(field, 0, cell[0], spec.image_size), path
        assert columns == expected(field, 1, cell[1], spec.image_size), path
        compared += 1
    assert compared >= len(wanted) - 1


class _Lines(nn.Module):
    """Oblong windows, dilation, a pooling to a few cells, and two ways that are joined."""

    def __init__(self) -> None:
        super().__init__()
        self.row = nn.Conv2d(1, 2, (1, 7), padding=(0, 3), bias=False)
        self.column = nn.Conv2d(1, 2, (5, 1), padding=(2, 0), bias=False)
        self.wide = nn.Conv2d(4, 2, 3, padding=4, dilation=4, stride=2, bias=False)
        self.cells = nn.AdaptiveAvgPool2d(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.cells(self.wide(torch.cat([self.row(x), self.column(x)], 1)))


def test_oblong_dilated_and_adaptive() -> None:
    found = walk(skeleton(_Lines, {}), (1, 64, 64), training=False)
    fields = dict(zip((row.path for row in found.layers), receptive_fields(found.layers), strict=True))
    assert fields["row"].size == (1, 7)
    assert fields["column"].size == (5, 1)
    assert fields[""].size == (5, 7)
    assert fields["wide"].size == (13, 15)
    network = smooth(_Lines())
    looked = seen(network, "cells", torch.rand(1, 1, 64, 64, dtype=torch.float64))
    assert looked is not None
    cell, rows, columns = looked
    assert rows == expected(fields["cells"], 0, cell[0], 64)
    assert columns == expected(fields["cells"], 1, cell[1], 64)
