"""An attribution that was computed in a process of its own is that of this process."""

from pathlib import Path
from typing import Any

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.data import adapt, load
from cnnlab.insight.attribution import Attribution, saliency
from cnnlab.insight.field import effective_field
from cnnlab.runs.isolated.explaining import attribution_from, attribution_json, attribution_of, fields_of
from cnnlab.runs.isolated.network import network_json, network_of
from cnnlab.runs.isolated.results import ComputationFailed
from cnnlab.training import Recipe
from cnnlab.words.sentence import Sentence

SPEC, RECIPE = preset("lenet5_tutorial"), Recipe(dataset="digits", initialisation="kaiming", seed=3)


def test_a_process_of_its_own_finds_the_same() -> None:
    data = adapt(load("digits"), SPEC, RECIPE)
    images = data.batch(data.test_images, torch.tensor([7]))
    network = network_json(None, SPEC, RECIPE, 0, Path())
    (expected,) = saliency(network_of(network), images, 2)
    *before, found = attribution_of("saliency", network, images, 2)
    assert all(share is None or (isinstance(share, float) and 0 <= share <= 1) for share in before)
    assert isinstance(found, Attribution)
    assert (found.target, found.check, found.problem) == (2, expected.check, None)
    assert found.rank_correlation == pytest.approx(expected.rank_correlation, abs=1e-3)
    torch.testing.assert_close(found.values, expected.values, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.random_values, expected.random_values, rtol=1e-3, atol=1e-4)


def test_a_process_of_its_own_finds_the_same_field() -> None:
    data = adapt(load("digits"), SPEC, RECIPE)
    images = data.batch(data.test_images, torch.tensor([7]))
    unit: dict[str, Any] = {"channel": None, "cell": (2, 3)}
    network = network_json(None, SPEC, RECIPE, 0, Path())
    expected = effective_field(network_of(network), "features.conv2", images, **unit)
    *_, found = fields_of([network], images, layer="features.conv2", **unit)
    assert isinstance(found, list)
    (field,) = found
    for name in ("layer", "channel", "cell", "theoretical", "box", "problem"):
        assert getattr(field, name) == getattr(expected, name), name
    assert field.size == pytest.approx(expected.size, abs=0.2)
    torch.testing.assert_close(field.values, expected.values, rtol=1e-3, atol=1e-4)


@pytest.mark.sweep
def test_a_checkpoint_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    network = {**network_json(None, SPEC, RECIPE, 0, tmp_path), "weights": str(tmp_path / "gone")}
    with pytest.raises(ComputationFailed):
        list(attribution_of("saliency", network, torch.zeros(1, 1, 32, 32), 2))


def test_an_attribution_without_a_map_is_written() -> None:
    said = Sentence("Nothing in {where}.", where="the image")
    given = Attribution(
        target=1,
        probability=0.5,
        values=torch.zeros(2, 3),
        random_values=torch.ones(2, 3),
        rank_correlation=None,
        check=Sentence("No."),
        problem=said,
    )
    found = attribution_from(attribution_json(given))
    assert (found.problem, found.rank_correlation) == (said, None)
    assert found.problem is not None
    assert found.problem.template == said.template
    assert torch.equal(found.random_values, given.random_values)
