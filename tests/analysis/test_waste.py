"""Each kind of waste is found where it is, and the remedy removes it."""

import re

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.waste import waste
from cnnlab.architectures import NetworkSpec, preset, preset_names
from cnnlab.spec import Problem
from cnnlab.words.numbers import exact


def found(spec: NetworkSpec) -> list[Problem]:
    return list(waste(analyse(spec)))


def only(spec: NetworkSpec, words: str) -> Problem:
    matching = [problem for problem in found(spec) if words in problem.sentence]
    assert len(matching) == 1
    return matching[0]


@pytest.mark.parametrize("name", ["lenet5_d2l", "alexnet", "vgg16", "resnet18", "resnet50", "mobilenet_v2"])
def test_the_classics_waste_nothing(name: str) -> None:
    assert not found(preset(name))


@pytest.mark.parametrize("name", preset_names())
def test_sentences_name_a_field_and_a_layer_that_exist(name: str) -> None:
    report = analyse(preset(name))
    for problem in waste(report):
        assert problem.field in report.spec.values
        assert problem.layer in {row.path for row in report.rows}


def test_a_single_cell_repeated_before_dense_layers() -> None:
    small = preset("vgg16").replace(image_size=32)
    problem = only(small, "enlarges a map of 1x1 to 7x7")
    assert problem.field == "head_size"
    # 512 values instead of 512 x 49 meet 4096 outputs.
    assert f"{exact(512 * 48 * 4096)} weights" in problem.sentence
    assert not found(small.replace(head_size=1))
    size = int(re.findall(r"at least (\d+) pixels", problem.sentence)[0])
    assert not found(small.replace(image_size=size))


def test_windows_that_only_meet_padding() -> None:
    problem = only(preset("resnet18").replace(image_size=28), "only ever meet padding")
    assert problem.field == "image_size"
    assert problem.layer == "stages.3.0.conv1"
    # On a 1x1 map a 3x3 window has one cell that ever meets it: 8/9 of three 512 x 512 convolutions. The first, with
    # stride 2 on a 2x2 map, uses 4 of 9.
    dead = 3 * 512 * 512 * 8 + 256 * 512 * 5
    assert f"{exact(dead)} weights" in problem.sentence
    assert not found(preset("resnet18").replace(image_size=64))


def test_a_stride_wider_than_its_window() -> None:
    problem = only(preset("resnet18").replace(kernel_size=1), "is never read")
    assert "75% of its input" in problem.sentence
    assert problem.field == "kernel_size"


def test_too_few_numbers_for_the_classes() -> None:
    spec = preset("lenet5_rgb").replace(dense_widths=(3, 84))
    problem = only(spec, "has 3 output values, too few to separate 10 classes")
    assert (problem.field, problem.index) == ("dense_widths", 0)
    assert not found(spec.replace(dense_widths=(12, 84)))


def test_a_squeeze_in_the_middle() -> None:
    spec = preset("vgg11").replace(widths=(64, 128, 256, 8, 512))
    problem = only(spec, "reduces 256 channels to 8")
    assert (problem.field, problem.index) == ("widths", 3)
    assert not found(spec.replace(widths=(64, 128, 256, 32, 512)))


def test_biases_before_a_batch_normalisation() -> None:
    with_biases = preset("resnet18").replace(bias=True)
    problem = only(with_biases, "removes its biases")
    assert problem.field == "bias"
    without = analyse(with_biases.replace(bias=False))
    assert f"{exact(analyse(with_biases).params - without.params)} parameters have no effect" in problem.sentence


def test_a_broken_network_is_examined_up_to_its_break() -> None:
    assert found(preset("lenet5_tutorial").replace(kernel_sizes=(5, 20))) == []
    assert found(preset("lenet5_tutorial").replace(kernel_sizes=(5, 1), image_size=3, num_pools=0)) == []
