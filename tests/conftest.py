"""What all tests share."""

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


@pytest.fixture(autouse=True)
def seed() -> None:
    """Each test starts from the same random state, and leaves nothing to the next."""
    torch.manual_seed(0)
