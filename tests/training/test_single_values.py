"""A normalisation of a single value is refused before a training, and what is not refused trains and is evaluated."""

import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnlab.analysis import analyse
from cnnlab.analysis.waste import waste
from cnnlab.architectures import NetworkSpec, preset, preset_names
from cnnlab.building import build, diagnose
from cnnlab.spec import Refused
from cnnlab.training import Recipe, Training, few_images

MAX_PARAMS, MAX_MACS = 2_000_000, 20_000_000

GOOGLENET = preset("googlenet_mnist").replace(norm="group", image_size=8)


@pytest.mark.parametrize("spec", [GOOGLENET, preset("resnet18").replace(norm="group", image_size=32, width=4)])
def test_a_group_of_a_single_value_is_refused_with_what_mends_it(spec: NetworkSpec) -> None:
    problem = diagnose(spec)
    assert problem is not None
    assert problem.field == "norm"
    side = re.search(r"images of at least (\d+)x\1", problem.sentence)
    choice = re.search("set `norm` to ([a-z]+)", problem.sentence)
    assert side is not None
    assert choice is not None
    for mended in (spec.replace(image_size=int(side[1])), spec.replace(norm=choice[1])):
        assert diagnose(mended) is None
    assert diagnose(spec.replace(image_size=int(side[1]) - 1)) is not None


def works(spec: NetworkSpec) -> None:
    """A step with two images, and a test with one."""
    network = build(spec)
    answer = network(torch.randn(2, spec.in_channels, spec.image_size, spec.image_size))
    logits = answer if isinstance(answer, tuple) else (answer,)
    torch.stack([each.sum() for each in logits]).sum().backward()
    with torch.inference_mode():
        network.eval()(torch.randn(1, spec.in_channels, spec.image_size, spec.image_size))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.sampled_from(preset_names()), st.integers(1, 40), st.sampled_from(["batch", "group", "layer", "none"]))
def test_what_the_check_passes_is_trained_and_evaluated(name: str, image_size: int, norm: str) -> None:
    usual = preset(name)
    changes = {"image_size": image_size, "norm": norm} if "norm" in usual.values else {"image_size": image_size}
    spec, _ = type(usual).check({**usual.values, **changes})
    if spec is None or diagnose(spec) is not None:
        return
    report = analyse(spec)
    if report.params <= MAX_PARAMS and report.macs <= MAX_MACS:
        works(spec)


def test_the_check_up_names_what_is_left_of_a_batch_normalisation() -> None:
    small = preset("resnet18").replace(image_size=32)
    (problem,) = [each for each in waste(analyse(small)) if "a single value of each image" in each.sentence]
    assert problem.field == "image_size"
    assert not any("a single value of each image" in each.sentence for each in waste(analyse(preset("resnet18"))))


def test_one_training_image_is_too_few_where_a_batch_is_normalised() -> None:
    spec = preset("resnet18").replace(width=4, image_size=32, num_classes=10, in_channels=1)
    with pytest.raises(Refused, match=r"leaves 1 image to train on.*raise `train_share`, use larger images"):
        few_images.check_images(spec, 1)
    few_images.check_images(spec, 2)
    few_images.check_images(preset("lenet5_tutorial"), 1)


def test_the_last_image_of_a_test_is_evaluated_alone() -> None:
    spec = preset("googlenet_mnist").replace(norm="group", image_size=16, in_channels=1)
    training = Training(spec, Recipe(dataset="digits", train_share=0.01, test_share=0.02, epochs=1, device="cpu"))
    training._test_batch = len(training.data.test_labels) - 1
    *_, end = training.events()
    assert end.state == "done"
