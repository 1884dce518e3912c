"""What can be wrong below the pages, and what they must say then."""

from tests.ui.faults import of_data, of_runs, of_store
from tests.ui.faults.fault import FAULTS, PASSWORD, Fault, Room

__all__ = ["FAULTS", "PASSWORD", "Fault", "Room", "of_data", "of_runs", "of_store"]
