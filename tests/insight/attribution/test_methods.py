"""What is said of a method is what it does: how many images go through networks for one map."""

import pytest

from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS, legend
from tests.insight.small_networks import small_network


@pytest.mark.parametrize("name", ATTRIBUTION_METHODS)
@pytest.mark.parametrize("family", ["lenet", "resnet"])
def test_the_images_that_pass_are_as_many_as_forecast(name: str, family: str) -> None:
    network, images = small_network(family, 1)
    passed: list[int] = []
    # A pass without values, to learn the shapes, costs nothing.
    network.register_forward_pre_hook(lambda _, inputs: passed.append(0 if inputs[0].is_meta else len(inputs[0])))
    method = ATTRIBUTION_METHODS[name]
    found = method.explain(network, images, 3)
    assert found.target == 3
    assert sum(passed) == method.forwards(images.shape[-1])
    assert method.passes(images.shape[-1]) >= sum(passed)
    assert "seven" in legend(name, "seven")
    assert method.is_signed == (name in ("integrated_gradients", "occlusion"))
