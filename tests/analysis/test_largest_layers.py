"""The largest layers are the largest, and the knob that is named about halves them."""

import re

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.largest_layers import largest_layers
from cnnlab.analysis.sensitivity import scaled_knobs
from cnnlab.architectures import preset
from cnnlab.building import examine


@pytest.mark.parametrize("name", ["lenet5_d2l", "vgg16", "resnet18", "mobilenet_v3_mnist"])
def test_the_largest_layers_and_what_halves_them(name: str) -> None:
    spec = preset(name)
    rows = analyse(spec).training_rows
    by_params, by_macs, by_memory = largest_layers(spec)
    for problem, measure in ((by_params, "params"), (by_macs, "macs"), (by_memory, "kept_bytes")):
        most = max(getattr(row, measure) for row in rows)
        assert most in [getattr(row, measure) for row in rows if row.path == problem.layer]
        name_of_knob, value, left, after = re.findall(
            r"`([\w\[\]]+)` = ([\d.]+) would leave (\d+)% of that, and (\d+)%", problem.sentence
        )[0]
        change = next(x for x in scaled_knobs(spec, 0.5) if (x.name, str(x.value)) == (name_of_knob, value))
        then = examine(change.spec).training.layers
        here = max(getattr(row, measure) for row in then if row.path == problem.layer)
        assert round(100 * here / most) == int(left)
        total = sum(getattr(row, measure) for row in rows)
        assert round(100 * sum(getattr(row, measure) for row in then) / total) == int(after)
