"""What all tests share."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import HealthCheck, settings

# Networks in tests are small: a second thread gains nothing, and on a busy machine it costs a lot.
torch.set_num_threads(1)

# A test may be slow where the machine is busy; what is measured is never time.
settings.register_profile(
    "cnnlab", parent=settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("cnnlab")


@pytest.fixture(autouse=True, scope="session")
def folder_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the folder of whoever runs it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CNNLAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def seed() -> None:
    """Each test starts from the same random state, and leaves nothing to the next."""
    torch.manual_seed(0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sweeps take hours: they run only where `-m` or a test's own address asks for them."""
    if "sweep" in config.option.markexpr or any("::" in argument for argument in config.args):
        return
    sweeps = [item for item in items if item.get_closest_marker("sweep")]
    config.hook.pytest_deselected(items=sweeps)
    items[:] = [item for item in items if item not in set(sweeps)]
