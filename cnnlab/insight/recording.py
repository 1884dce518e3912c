"""What several layers of a network make of images, in one pass."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.refusals import checked_images
from cnnlab.walk import Layer


class RecordedNetwork(ProbedNetwork):
    """A network in eval mode that keeps the outputs of some of its layers, by their indices, after each pass."""

    def __init__(self, network: nn.Module, layers: tuple[Layer, ...], indices: Iterable[int]) -> None:
        """`layers` are those of `layers_of`, of which those at `indices` are recorded."""
        super().__init__(network)
        wanted, calls = set(indices), Counter[tuple[str, str]]()
        self._indices: dict[tuple[tuple[str, str], int], int] = {}
        for index, layer in enumerate(layers):
            name = (layer.path, layer.type)
            calls[name] += 1
            if index in wanted:
                self._indices[name, calls[name]] = index
        self.recorded: dict[int, Tensor] = {}
        self._calls = Counter[tuple[str, str]]()

    def forward(self, images: Tensor) -> Tensor:
        self.recorded = {}
        self._calls.clear()
        return super().forward(images)

    def _probed(self, name: tuple[str, str], output: Any) -> Any:
        self._calls[name] += 1
        index = self._indices.get((name, self._calls[name]))
        if index is not None:
            self.recorded[index] = output
        return output


def recorded_outputs(
    network: nn.Module, images: Tensor, layers: tuple[Layer, ...], indices: Iterable[int]
) -> dict[int, Tensor]:
    """The outputs (N, ...) of the layers at these indices, for images (N, C, H, W), in eval mode and on the CPU.

    `layers` are those of `layers_of`. Nothing else is kept, and the network stays as it is. Raises `Refused` for
    images that are none.
    """
    recorder = RecordedNetwork(network, layers, indices)
    with torch.no_grad():
        recorder(checked_images(network, images))
    return {index: output.cpu() for index, output in recorder.recorded.items()}
