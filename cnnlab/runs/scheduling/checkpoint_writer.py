"""The files that a run writes: its weights, the checkpoint to resume from, and those of epochs to fork from."""

import json
from pathlib import Path

from cnnlab.runs.run import Run
from cnnlab.runs.store.files import checkpoint_file, epoch_file, kept_epochs, link_or_copy, run_folder
from cnnlab.training.checkpoint import checkpoint_bytes, weights_bytes, write_atomically
from cnnlab.training.events import EpochEnd
from cnnlab.training.loop import Training


class CheckpointWriter:
    """Writes the files of a run, those of its epochs in at most `max_bytes`.

    Files that the store refers to must exist, and a resumed run must repeat what the store does not have yet: so
    weights are written before their event is recorded, and the checkpoint after it.
    """

    def __init__(self, folder: Path, run: Run, max_bytes: int) -> None:
        self._folder, self._run, self._max_bytes = folder, run, max_bytes
        self._run_folder = run_folder(folder, run.id)

    def save_weights(self, training: Training, *, is_best: bool) -> None:
        """Write the last weights, and the best ones if they are."""
        run = self._run
        metadata = {"family": run.family, "spec": json.dumps(run.spec.values), "recipe": json.dumps(run.recipe.values)}
        weights = weights_bytes(training.tested_network, {**metadata, "step": str(training.step)})
        write_atomically(self._run_folder / "last.safetensors", weights)
        if is_best:
            write_atomically(self._run_folder / "best.safetensors", weights)

    def save(self, training: Training, epoch_end: EpochEnd | None) -> None:
        """Write the checkpoint to resume from; at the end of an epoch it is also kept to fork from."""
        path = checkpoint_file(self._folder, self._run.id)
        write_atomically(path, checkpoint_bytes(training.checkpoint()))
        if epoch_end is not None:
            link_or_copy(path, epoch_file(self._folder, self._run.id, epoch_end.epoch))
            self._thin_out(path.stat().st_size)

    def _thin_out(self, checkpoint_size: int) -> None:
        """Keep the checkpoints of every second, fourth, … epoch, and of the last one, if all are too large."""
        epochs = kept_epochs(self._folder, self._run.id)
        kept, stride = epochs, 1
        while len(kept) > 1 and len(kept) * checkpoint_size > self._max_bytes:
            stride *= 2
            kept = [epoch for epoch in epochs if epoch % stride == 0 or epoch == epochs[-1]]
        for epoch in set(epochs) - set(kept):
            epoch_file(self._folder, self._run.id, epoch).unlink()
