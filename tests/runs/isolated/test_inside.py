"""What a process of its own says of a network is what the library says of it here."""

import json
from pathlib import Path

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.insight.one_step.report import step_report
from cnnlab.insight.parameter_report import num_parts, parameter_report
from cnnlab.runs.isolated import one_step, parameters
from cnnlab.runs.isolated.network import network_json, tensor_json, tensor_of
from cnnlab.runs.isolated.one_step import num_parts as num_step_parts
from cnnlab.runs.isolated.one_step import step_report_of
from cnnlab.runs.isolated.parameters import parameter_report_of
from cnnlab.runs.isolated.results import ComputationFailed
from cnnlab.runs.isolated.tasks import TASKS
from cnnlab.training import Recipe
from cnnlab.training.initialise import initial_network

SPEC = preset("lenet5_d2l").replace(image_size=28)
RECIPE = Recipe(optimizer="adam", initialisation="xavier", seed=5)
NETWORK = network_json(None, SPEC, RECIPE, 0, Path("nowhere"))


def test_tensors_keep_every_bit():
    values = torch.tensor([[1.5, -0.0, float("inf")], [1e-45, 3.0, -2.0]]).to(memory_format=torch.contiguous_format)
    found = tensor_of(json.loads(json.dumps(tensor_json(values))))
    assert found.equal(values)
    assert found.signbit().equal(values.signbit())


@pytest.fixture
def in_this_process(monkeypatch):
    """The tasks are carried out here, so that their results can be compared bit by bit; they still pass as JSON."""

    def results_here(task, arguments):
        for result in TASKS[task](json.loads(json.dumps(arguments))):
            yield None  # nothing came for a while
            yield json.loads(json.dumps(result))

    for module in (one_step, parameters):
        monkeypatch.setattr(module, "results_of", results_here)


@pytest.mark.usefixtures("in_this_process")
def test_a_step():
    images, labels = torch.randn(4, 1, 28, 28), torch.tensor([0, 3, 3, 9])
    *meanwhile, report = step_report_of(NETWORK, images, labels, RECIPE, 2)
    *_, expected = step_report(initial_network(SPEC, "xavier", 5).eval(), images, labels, RECIPE, 2)
    assert [done for done in meanwhile if done is not None] == [
        part / num_step_parts(2) for part in range(1, num_step_parts(2))
    ]
    assert report == expected
    assert report.states[0].sentence.template == expected.states[0].sentence.template


@pytest.mark.usefixtures("in_this_process")
def test_the_parameters():
    *meanwhile, report = parameter_report_of(NETWORK, {0: NETWORK})
    network = initial_network(SPEC, "xavier", 5)
    *_, expected = parameter_report(network, SPEC, 5, [(0, network)])
    assert [done for done in meanwhile if done is not None] == [
        part / num_parts(1) for part in range(1, num_parts(1) + 1)
    ]
    assert report == expected


def test_what_is_refused_in_that_process_is_a_sentence():
    with pytest.raises(ComputationFailed, match="`labels` must be from 0 to 9"):
        list(step_report_of(NETWORK, torch.zeros(2, 1, 28, 28), torch.tensor([0, 10]), RECIPE, 1))
