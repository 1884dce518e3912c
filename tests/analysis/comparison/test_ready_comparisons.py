"""The comparisons that are ready to teach show what they say."""

from typing import Any

import pytest

from cnnlab.analysis import analyse, compare
from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ReadyComparison, ready_comparison_of
from cnnlab.architectures import preset


@pytest.mark.parametrize("ready", READY_COMPARISONS.values(), ids=READY_COMPARISONS)
def test_each_has_two_to_eight_networks_that_work(ready: ReadyComparison) -> None:
    assert 2 <= len(set(ready.networks)) <= 8
    assert all(analyse(spec).problem is None for spec in ready.networks)
    assert ready.question.endswith("?")
    assert ready.notice.endswith(".")


def table(name: str) -> Any:
    return compare(*READY_COMPARISONS[name].networks)


def test_mobilenet_has_the_numbers_of_its_paper() -> None:
    macs = table("separable_mobilenet")["macs"] / 1e6
    # Table 4 of the paper: 4866 and 569 million mult-adds.
    assert macs.tolist() == pytest.approx([4866, 569], rel=0.001)


def test_activations_grow_where_convolutions_are_split() -> None:
    for name in ("separable_mobilenet", "separable_xception", "separable_vgg"):
        assert table(name)["activation_bytes_ratio"].iloc[1] > 1


def test_xception_has_the_parameters_of_inception_but_more_macs() -> None:
    _, xception, inception = (row for _, row in table("separable_xception").iterrows())
    without_head = inception.params - analyse(preset("inception_v3")).auxiliary_params
    assert xception.params == pytest.approx(without_head, rel=0.05)
    assert xception.macs > 1.3 * inception.macs


def test_a_separable_vgg_keeps_its_parameters() -> None:
    other = table("separable_vgg").iloc[1]
    assert other.macs_ratio < 0.15
    assert other.params_ratio > 0.9


def test_googlenet_sheds_the_parameters_of_vgg() -> None:
    costs = table("by_year")
    assert costs["num_layers"].iloc[2:].min() > 2 * costs["num_layers"].iloc[:2].max()
    assert costs["activation_bytes"].idxmin() == "alexnet"
    assert costs.loc["googlenet", "params"] < 0.06 * costs.loc["vgg16", "params"]
    assert costs["year"].is_monotonic_increasing


def test_a_bottleneck_costs_about_as_much_and_keeps_more() -> None:
    other = table("bottleneck").iloc[1]
    assert other.macs_ratio == pytest.approx(1, abs=0.2)
    assert other.num_layers - table("bottleneck").iloc[0].num_layers == 16
    assert other.activation_bytes_ratio > 2


def test_a_densenet_has_few_parameters_and_keeps_more() -> None:
    other = table("dense_or_residual").iloc[1]
    assert other.params_ratio < 1 / 3
    assert other.activation_bytes_ratio > 1


def test_shortcuts_cost_nearly_nothing() -> None:
    other = table("plain_or_residual").iloc[1]
    assert 1 < other.params_ratio < 1.01
    assert 1 < other.macs_ratio < 1.01


def test_batch_norm_costs_memory_and_little_else() -> None:
    other = table("batch_norm").iloc[1]
    assert 1 < other.params_ratio < 1.01
    assert other.macs_ratio == 1
    assert other.activation_bytes_ratio == pytest.approx(2, rel=0.05)


def test_an_activation_function_costs_nothing_that_is_counted() -> None:
    assert preset("lenet5_d2l").values["activation"] == "sigmoid"
    other = table("sigmoid_or_relu").iloc[1]
    assert other.params_ratio == other.macs_ratio == other.activation_bytes_ratio == 1


def test_a_comparison_is_known_by_its_networks() -> None:
    networks = READY_COMPARISONS["by_year"].networks
    assert ready_comparison_of(networks) == "by_year"
    assert ready_comparison_of(networks[::-1]) is None
    assert ready_comparison_of(()) is None
