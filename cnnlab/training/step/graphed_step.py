"""A whole training step as one CUDA graph, for small networks whose layers take less time than their launches."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from cnnlab.words.sentence import Sentence

NUM_WARM_UP_STEPS = 3
"""Steps that run eagerly before one is captured: libraries choose their algorithms, the optimizer allocates memory."""

Step = Callable[[Tensor], tuple[Tensor, Tensor]]


class GraphedStep:
    """Runs steps: the first few and those of another batch size eagerly, the others by replaying a captured graph.

    A step takes the indices of the batch's images, (N,), and returns its loss and accuracy, which are valid until the
    next step. What it reads and writes must have the same address each time. `reason` says why no step could be
    captured; it is None otherwise.
    """

    def __init__(self, step: Step, batch_size: int, device: torch.device) -> None:
        self._step, self._left = step, NUM_WARM_UP_STEPS
        self._index = torch.zeros(batch_size, dtype=torch.int64, device=device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._outputs: tuple[Tensor, Tensor] | None = None
        self.reason: Sentence | None = None

    def __call__(self, index: Tensor) -> tuple[Tensor, Tensor]:
        if len(index) != len(self._index) or self.reason:
            return self._step(index)
        if self._left:
            self._left -= 1
            return self._warm_up(index)
        if self._graph is None:
            self._capture()
            if self._graph is None:
                return self._step(index)
        assert self._outputs is not None
        self._index.copy_(index)
        self._graph.replay()
        return self._outputs

    def _warm_up(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """A step on the stream of the capture, which CUDA graphs require before it."""
        here = torch.cuda.current_stream(self._index.device)
        self._stream.wait_stream(here)
        with torch.cuda.stream(self._stream):
            outputs = self._step(index)
        here.wait_stream(self._stream)
        return outputs

    @cached_property
    def _stream(self) -> torch.cuda.Stream:
        """On the GPU of this training; torch's default stream for captures is on the GPU of the first capture."""
        return torch.cuda.Stream(self._index.device)  # type: ignore[no-untyped-call]

    def _capture(self) -> None:
        graph, here = torch.cuda.CUDAGraph(), torch.cuda.current_stream(self._index.device)
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                outputs = self._step(self._index)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            # What cannot be captured, such as a copy to the host, works eagerly. The last error says that the capture
            # failed; the one before it says why.
            cause = error.__context__ if isinstance(error.__context__, RuntimeError) else error
            first = str(cause).splitlines()[0].rstrip(".")
            self.reason = Sentence(
                "The CUDA graph is off, because a step of this network cannot be captured: {reason}.", reason=first
            )
            # The end of a failed capture raises before it goes back to the stream of before.
            torch.cuda.set_stream(here)
            # The failed capture still holds the generator's state: replace it by a copy.
            generator = torch.cuda.default_generators[self._index.device.index]
            generator.graphsafe_set_state(generator.clone_state())
            return
        self._graph, self._outputs = graph, outputs
