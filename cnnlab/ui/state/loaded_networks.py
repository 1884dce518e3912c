"""The networks of runs that the pages and the answers of this server use, loaded once for all visitors."""

from torch import nn

from cnnlab.bounded_cache import bounded_cache
from cnnlab.runs.results.trained import network_at
from cnnlab.ui.state.store import run_store

MAX_NETWORKS = 64
"""Networks that are kept in memory at the same time, at most: the epochs of what a class looks at, if they are small.

The modules of a small network take some hundred kB beside its tensors.
"""

MAX_BYTES = 512 * 2**20
"""Their parameters and buffers together; a network that alone has more is loaded each time it is needed."""


def _size(network: nn.Module) -> int:
    """The bytes of the network, and at least its part of the memory where there are as many as can be."""
    tensors = [*network.parameters(), *network.buffers()]
    return max(sum(tensor.nbytes for tensor in tensors), MAX_BYTES // MAX_NETWORKS)


@bounded_cache(size=_size, limit=MAX_BYTES)
def loaded_network(key: tuple[str, int]) -> nn.Module:
    """The network of the run of that id after that epoch, in eval mode, for all threads: nobody may change it.

    Raises `UnknownRun`, `StoreUnavailable`, `NotPossible` and `DamagedCheckpoint`.
    """
    run_id, epoch = key
    store = run_store()
    return network_at(store.run(run_id), epoch, folder=store.folder)
