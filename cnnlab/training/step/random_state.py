"""torch's global random state, separated from the caller's."""

from collections.abc import Sequence

import torch


class RandomState:
    """Inside its `with` block, torch's global generators follow `seed`; outside, the caller's state is unchanged.

    Each block continues where the last one ended.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._generators = [torch.default_generator]
        if device.type == "cuda":
            torch.cuda.init()  # type: ignore[no-untyped-call]  # creates the generators
            self._generators.append(torch.cuda.default_generators[device.index])
        self._ours = [torch.Generator(g.device).manual_seed(seed).get_state() for g in self._generators]
        self._callers: list[torch.Tensor] = []
        self.names = tuple(str(generator.device.type) for generator in self._generators)

    def states(self) -> list[torch.Tensor]:
        """The states of the generators, in the order of `names`."""
        return [generator.get_state() for generator in self._generators] if self._callers else list(self._ours)

    def set_states(self, states: Sequence[torch.Tensor | None]) -> None:
        """Set the states of the generators; None leaves one as it is."""
        self._ours = [state if state is not None else own for state, own in zip(states, self.states(), strict=True)]
        if self._callers:
            self._set(self._ours)

    def __enter__(self) -> None:
        self._callers = [generator.get_state() for generator in self._generators]
        self._set(self._ours)

    def __exit__(self, *_error: object) -> None:
        self._ours = [generator.get_state() for generator in self._generators]
        self._set(self._callers)
        self._callers = []

    def _set(self, states: Sequence[torch.Tensor]) -> None:
        for generator, state in zip(self._generators, states, strict=True):
            generator.set_state(state)
