"""A run that was trained, for pages that look inside its network."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.runs import Run, Store
from cnnlab.runs.store.files import epoch_file
from cnnlab.training import EpochEnd, Recipe, Training
from cnnlab.training.checkpoint import checkpoint_bytes
from cnnlab.ui.jobs import job_queue

RECIPE = Recipe(dataset="digits", epochs=2, train_share=0.2, optimizer="momentum", learning_rate=0.05)


PATIENCE_SECONDS = 120
"""After which a test gives up."""


@pytest.fixture(scope="session")
def checkpoints() -> dict[int, bytes]:
    """Those of a LeNet after each epoch."""
    training = Training(preset("lenet5_tutorial"), RECIPE)
    return {e.epoch: checkpoint_bytes(training.checkpoint()) for e in training.events() if isinstance(e, EpochEnd)}


def trained_run(store: Store, checkpoints: dict[int, bytes], recipe: Recipe = RECIPE) -> Run:
    """A run in the store that the pages show, of that recipe, with these checkpoints."""
    run = store.submit(preset("lenet5_tutorial"), recipe, name="a trained run", owner="somebody")
    for epoch, content in checkpoints.items():
        file = epoch_file(store.folder, run.id, epoch)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return run


@pytest.fixture
def trained(store: Store, checkpoints: dict[int, bytes]) -> Run:
    """Such a run."""
    return trained_run(store, checkpoints)


def ask(page: AppTest, name: str) -> None:
    """Has what takes long computed by the job that the page's button starts, and draws the page with it."""
    page.button(f"inside.explain.{name}").click().run()
    (key,) = page.session_state["inside.wanted jobs"]
    job = job_queue().find(key)
    assert job is not None
    assert job.wait(PATIENCE_SECONDS)
    assert job.problem is None
    page.run()
    assert not page.exception
