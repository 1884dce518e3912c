"""What is said of all parameters at once: quantiles as numpy has them, and the std by the rules of initialisations."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnlab.architectures import preset
from cnnlab.building import build
from cnnlab.insight.parameter_report import MOST_SORTED, SHARES, num_parts, parameter_report, quantiles
from cnnlab.insight.parameters import initialisations, parameter_tensors
from cnnlab.insight.variance_rules import fans, variance_rules


def test_the_report_of_a_network_and_its_epochs() -> None:
    spec = preset("lenet5_tutorial")
    network, later = build(spec), build(spec)
    *meanwhile, report = parameter_report(network, spec, 3, [(0, network), (5, later)])
    assert meanwhile == [None] * num_parts(2)
    assert report is not None
    assert report.tensors == parameter_tensors(network)
    assert report.initialisations == initialisations(spec, 3)
    assert list(report.history) == [0, 5]
    for name, parameter in later.named_parameters():
        assert report.history[5][name] == quantiles(parameter)


def test_quantiles_are_those_of_numpy() -> None:
    values = torch.randn(1001)
    found = quantiles(values)
    assert found == pytest.approx(np.quantile(values.double().numpy(), (0, *SHARES, 1)).tolist(), rel=1e-6)


def test_quantiles_of_many_values_are_of_some_of_them() -> None:
    values = torch.randn(10 * MOST_SORTED + 7, generator=torch.Generator().manual_seed(0))
    found = quantiles(values)
    assert found is not None
    assert (found[0], found[-1]) == (values.min(), values.max())
    assert found[1:-1] == pytest.approx([-1.645, -0.674, 0, 0.674, 1.645], abs=0.02)


def test_values_that_are_not_finite_have_none() -> None:
    assert quantiles(torch.tensor([1.0, float("nan")])) is None


@pytest.mark.parametrize("shape", [(120, 400), (64, 32, 3, 3), (128, 1, 3, 3)])
def test_the_rules_give_the_std_that_is_drawn(shape: tuple[int, ...]) -> None:
    weight = torch.empty(shape)
    assert fans(shape) == nn.init._calculate_fan_in_and_fan_out(weight)
    rules = variance_rules(shape)
    for name, draw in {
        "xavier": nn.init.xavier_uniform_,
        "kaiming": lambda tensor: nn.init.kaiming_normal_(tensor, nonlinearity="relu"),
        "normal": lambda tensor: nn.init.normal_(tensor, std=0.01),
    }.items():
        assert draw(weight).std().item() == pytest.approx(rules[name].std, rel=0.06)


def test_a_bias_has_no_rule() -> None:
    assert variance_rules((16,)) == {}
