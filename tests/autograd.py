"""What autograd really holds on to, asked of autograd."""

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks


def really_kept_bytes(network: nn.Module, images: Tensor) -> int:
    """Bytes of the storages that a forward in train mode keeps for backward, those of the network's own left out."""
    own = {t.untyped_storage()._cdata for t in [*network.parameters(), *network.buffers()]}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        # The memory is held, so that no other gets the same address; not the graph, which holds this in turn.
        detached = tensor.detach()
        kept.setdefault(tensor.untyped_storage()._cdata, detached)
        return detached

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network.train()(images)
    return sum(tensor.untyped_storage().nbytes() for address, tensor in kept.items() if address not in own)
