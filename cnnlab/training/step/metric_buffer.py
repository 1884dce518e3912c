"""The losses and accuracies of the last steps, kept on the device until they are needed."""

import torch
from torch import Tensor

CAPACITY = 1024


class MetricBuffer:
    """Collects a loss and an accuracy per step without making the host wait for the device.

    On a GPU, a drain starts a copy to the host and returns what the previous drain copied, if it has arrived.
    """

    def __init__(self, device: torch.device) -> None:
        self._on_device = torch.empty(CAPACITY, 2, device=device)
        self._count = 0
        self._is_cuda = device.type == "cuda"
        self._on_host = torch.empty(CAPACITY, 2, pin_memory=self._is_cuda)
        self._sent = 0
        self._arrival = torch.cuda.Event() if self._is_cuda else None  # type: ignore[no-untyped-call]

    @property
    def is_full(self) -> bool:
        return self._count == CAPACITY

    def add(self, loss: Tensor, accuracy: Tensor) -> None:
        """Add the loss and the accuracy of one step, both scalars on the device."""
        row = self._on_device[self._count]
        row[0].copy_(loss)
        row[1].copy_(accuracy)
        self._count += 1

    def drain(self, *, wait: bool) -> list[tuple[float, float]]:
        """The steps that have arrived, oldest first; all of them with `wait`."""
        if self._arrival is None:
            drained = self._on_device[: self._count].tolist()
            self._count = 0
            return [(loss, accuracy) for loss, accuracy in drained]
        arrived = self._receive(wait=wait or self.is_full)
        if self._sent == 0 and self._count > 0:
            self._on_host[: self._count].copy_(self._on_device[: self._count], non_blocking=True)
            self._arrival.record()
            self._sent, self._count = self._count, 0
        return arrived + self._receive(wait=True) if wait else arrived

    def _receive(self, *, wait: bool) -> list[tuple[float, float]]:
        assert self._arrival is not None
        if self._sent == 0:
            return []
        if wait:
            self._arrival.synchronize()
        elif not self._arrival.query():  # type: ignore[no-untyped-call]
            return []
        received = [(loss, accuracy) for loss, accuracy in self._on_host[: self._sent].tolist()]
        self._sent = 0
        return received
