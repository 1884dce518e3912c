"""VGG's paper: table 2 counts the weights of its networks."""

import pytest

from cnnlab.analysis import analyse
from cnnlab.architectures import preset


@pytest.mark.parametrize(
    ("name", "millions"), [("vgg11", 133), ("vgg13", 133), ("vgg16_c", 134), ("vgg16", 138), ("vgg19", 144)]
)
def test_params_to_the_digits_of_the_paper(name: str, millions: int) -> None:
    assert round(analyse(preset(name)).params / 1e6) == millions


def test_network_c_has_1x1_convolutions_in_the_last_three_stages() -> None:
    rows = [row for row in analyse(preset("vgg16_c")).rows if row.kind == "pointwise"]
    assert [row.path for row in rows] == ["stages.2.conv3", "stages.3.conv3", "stages.4.conv3"]
