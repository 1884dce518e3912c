"""The window: every value is torch's, and the products and sums that a browser shows are the same."""

import statistics
from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from torch import Tensor

from cnnlab.insight.one_layer.kernels import read_kernel
from cnnlab.insight.one_layer.pictures import picture
from cnnlab.insight.one_layer.window import OPERATION_NAMES, Operation, Sliding, Stage, stages
from cnnlab.spec import Problem, Refused
from tests.strategies import possible_values


def outputs(stage: Stage) -> Tensor:
    return torch.tensor([part.values for part in stage.outputs])


def by_hand(stage: Stage) -> Tensor:
    """The outputs from the inputs and the taps alone, one place after the other, as the browser does it."""
    height, width = stage.kernel
    results = []
    for output, taps in zip(stage.outputs, stage.taps, strict=True):
        rows = []
        for row in range(len(output.values)):
            line = []
            for column in range(len(output.values[0])):
                products, seen = [], []
                for tap in taps:
                    values = stage.inputs[tap.channel].values
                    for i in range(height):
                        for j in range(width):
                            y = row * stage.stride - stage.padding + i * stage.dilation
                            x = column * stage.stride - stage.padding + j * stage.dilation
                            is_inside = 0 <= y < len(values) and 0 <= x < len(values[0])
                            value = values[y][x] if is_inside else stage.outside
                            seen.append(value)
                            if tap.weights is not None and value is not None:
                                products.append(value * tap.weights[i][j])
                inside = [value for value in seen if value is not None]
                line.append({"sum": sum(products), "max": max(inside), "mean": statistics.fmean(inside)}[stage.combine])
            rows.append(line)
        results.append(rows)
    return torch.tensor(results)


@settings(max_examples=60)
@given(possible_values(Sliding))
def test_the_browsers_arithmetic_is_torchs(values: dict[str, Any]) -> None:
    sliding, problems = Sliding.check(values)
    assert (sliding is None) == bool(problems)
    assume(sliding is not None)
    assert sliding is not None
    assume(sliding.picture != "mnist5k")  # the same, and slow by hand
    for stage in stages(sliding):
        assert torch.allclose(by_hand(stage), outputs(stage), atol=2e-2)


CASES = [
    {},
    {"picture": "shapes", "kernel": "random", "seed": 3, "stride": 2},
    {"picture": "mnist5k", "kernel": "gaussian", "padding": 0, "dilation": 3},
    {"picture": "edges", "kernel": "difference", "padding": 0},
    {"picture": "shapes", "kernel": "typed", "weights": "1 2; 3 4 | 0 0; 0 1 | -1 0; 0 0", "stride": 3, "padding": 2},
]


@pytest.mark.parametrize("values", CASES, ids=str)
def test_all_operations_against_torch(values: dict[str, Any]) -> None:
    sliding = Sliding(**values)
    image = picture(sliding.picture, sliding.digit)
    channels = len(image)
    first = sliding.filters()[0]
    step = {"stride": sliding.stride, "padding": sliding.padding, "dilation": sliding.dilation}

    def result(operation: Operation, **changes: Any) -> Tensor:
        return outputs(stages(sliding.replace(operation=operation, **changes))[-1])

    assert torch.allclose(result("cross_correlation"), F.conv2d(image[None], first[None], **step)[0], atol=1e-4)
    turned = torch.rot90(first, 2, (1, 2))
    assert torch.allclose(result("convolution"), F.conv2d(image[None], turned[None], **step)[0], atol=1e-4)
    depthwise, pointwise = stages(sliding.replace(operation="depthwise_separable", out_channels=3))
    between = F.conv2d(image[None], first[:, None], groups=channels, **step)
    assert torch.allclose(outputs(depthwise), between[0], atol=1e-4)
    mix = torch.tensor([[tap.weights[0][0] for tap in taps if tap.weights] for taps in pointwise.taps])
    assert torch.allclose(outputs(pointwise), F.conv2d(between, mix[:, :, None, None])[0], atol=1e-3)
    # The first mix is the sum of all channels, which is what one standard filter makes.
    assert torch.allclose(outputs(pointwise)[:1], result("cross_correlation"), atol=1e-3)
    pool = {"kernel_size": 2, "stride": 2, "padding": 1}
    assert torch.equal(result("max_pooling", **pool, dilation=2), F.max_pool2d(image, **pool, dilation=2))
    assert torch.allclose(result("average_pooling", **pool), F.avg_pool2d(image, **pool), atol=1e-4)


def test_true_convolution_is_scipys() -> None:
    from scipy.signal import convolve2d

    sliding = Sliding(operation="convolution", kernel="emboss", padding=1)
    wanted = convolve2d(picture("digits", 3)[0].numpy(), sliding.filters()[0, 0].numpy(), mode="same")
    assert torch.equal(outputs(stages(sliding)[0])[0], torch.from_numpy(wanted))


def test_the_books_edges() -> None:
    (stage,) = stages(Sliding(picture="edges", kernel="difference", padding=0))
    assert stage.outputs[0].values == ((0.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),) * 6


def test_further_filters_are_the_first_one_turned() -> None:
    filters = Sliding(out_channels=4).filters()
    assert torch.equal(filters[0, 0], read_kernel("1 0 -1; 2 0 -2; 1 0 -1")[0])
    assert torch.equal(filters[2], -filters[0])
    assert len({tuple(kernel.flatten().tolist()) for kernel in filters}) == 4
    oblong = Sliding(kernel="difference", out_channels=3).filters()
    assert oblong[:, 0].tolist() == [[[1, -1]], [[-1, 1]], [[1, -1]]]


def test_multiplications_are_those_of_the_formulas() -> None:
    usual = Sliding(picture="shapes", out_channels=4)
    places = 8 * 8
    assert sum(stage.multiplications for stage in stages(usual)) == places * 9 * 3 * 4
    depthwise, pointwise = stages(usual.replace(operation="depthwise_separable"))
    assert (depthwise.multiplications, pointwise.multiplications) == (places * 9 * 3, places * 3 * 4)
    (pooling,) = stages(usual.replace(operation="max_pooling"))
    assert pooling.multiplications == 0


def problems(**values: Any) -> tuple[Problem, ...]:
    with pytest.raises(Refused) as refused:
        Sliding(**values)
    return refused.value.problems


def test_a_window_larger_than_the_padded_picture_is_a_sentence() -> None:
    (height, width) = problems(kernel="blur", kernel_size=7, dilation=3, padding=0)
    assert height.field == width.field == "dilation"
    assert "covers 19 pixels" in height.sentence
    assert "set `dilation` to 1, or set `kernel_size` to 3, or set `padding` to 6" in height.sentence
    assert stages(Sliding(kernel="blur", kernel_size=7, dilation=3, padding=6))
    (only,) = problems(picture="edges", kernel="blur", kernel_size=7, padding=0)
    assert (only.field, "height of only 6" in only.sentence) == ("kernel_size", True)


def test_a_pooling_pads_at_most_half_its_window() -> None:
    (problem,) = problems(operation="max_pooling", kernel_size=2, padding=2)
    assert problem == Problem(
        "padding",
        "`padding` must be at most half of `kernel_size` in a pooling, and it is 2 of 2: use 0 to 1.",
    )


def test_slices_have_to_match_the_channels() -> None:
    (problem,) = problems(kernel="typed", weights="1 | 2")
    assert problem.field == "weights"
    assert "has 2 slices, and the image has one channel: write one slice." in problem.sentence
    (problem,) = problems(picture="shapes", kernel="typed", weights="1 | 2")
    assert "has 2 slices, and the image has 3 channels" in problem.sentence
    assert Sliding(picture="shapes", kernel="typed", weights="5").filters().flatten().tolist() == [5, 5, 5]


@settings(max_examples=40)
@given(possible_values(Sliding), possible_values(Sliding))
def test_idle_fields_change_nothing(values: dict[str, Any], others: dict[str, Any]) -> None:
    values["picture"] = "edges" if values["picture"] == "mnist5k" else values["picture"]
    sliding, _ = Sliding.check(values)
    assume(sliding is not None)
    assert sliding is not None
    idle = [name for name, setting in Sliding.settings().items() if not setting.knob.matters(values)]
    changed, found = Sliding.check({**values, **{name: others[name] for name in idle}})
    assert not found
    assert changed is not None
    assert stages(changed) == stages(sliding)


def test_operations_are_complete() -> None:
    assert set(get_args(Operation)) == set(OPERATION_NAMES)
