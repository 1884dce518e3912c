"""A whole training step as one CUDA graph, for networks so small that a GPU waits for each layer to be asked for."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

WARM_STEPS = 3
"""Steps that are taken as usual before one is recorded: libraries choose their algorithms, the optimiser its memory."""

Step = Callable[[Tensor], tuple[Tensor, Tensor]]


class GraphedStep:
    """Takes steps: the first few and those of another batch size as usual, the others by replaying a recorded one.

    A step takes the places of the batch's images and gives its loss and accuracy, which hold until the next step. What
    it reads and writes must lie at the same place each time. `reason` says why nothing could be recorded, if so.
    """

    def __init__(self, step: Step, batch_size: int, device: torch.device) -> None:
        self._step, self._left = step, WARM_STEPS
        self._index = torch.zeros(batch_size, dtype=torch.int64, device=device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._told: tuple[Tensor, Tensor] | None = None
        self.reason = ""

    def __call__(self, index: Tensor) -> tuple[Tensor, Tensor]:
        if len(index) != len(self._index) or self.reason:
            return self._step(index)
        if self._left:
            self._left -= 1
            return self._aside(index)
        if self._graph is None:
            self._record()
            if self._graph is None:
                return self._step(index)
        assert self._told is not None
        self._index.copy_(index)
        self._graph.replay()
        return self._told

    def _aside(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """A step on the stream of the recording, as is asked for before one."""
        here = torch.cuda.current_stream(self._index.device)
        self._stream.wait_stream(here)
        with torch.cuda.stream(self._stream):
            told = self._step(index)
        here.wait_stream(self._stream)
        return told

    @cached_property
    def _stream(self) -> torch.cuda.Stream:
        """On the GPU of this training; torch's own for recordings is on the first one that ever recorded."""
        return torch.cuda.Stream(self._index.device)  # type: ignore[no-untyped-call]

    def _record(self) -> None:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                told = self._step(self._index)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            # What cannot be recorded, such as a copy to the host, works well when it is not. That the recording is
            # broken is raised as it ends; why it broke was raised before.
            cause = error.__context__ if isinstance(error.__context__, RuntimeError) else error
            first = str(cause).splitlines()[0].rstrip(".")
            self.reason = f"There is no CUDA graph, because a step of this network cannot be recorded: {first}."
            self._forget_recording()
            return
        self._graph, self._told = graph, told

    def _forget_recording(self) -> None:
        """Random numbers follow from a state that knows nothing of the recording, which has never ended for them."""
        generator = torch.cuda.default_generators[self._index.device.index]
        generator.graphsafe_set_state(generator.clone_state())
