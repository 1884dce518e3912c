"""The files that a run leaves while it goes on: its weights, from where it goes on, and from where it can be forked."""

import json
from pathlib import Path

from cnnlab.runs.run import Run
from cnnlab.runs.store.files import checkpoint_file, epoch_file, kept_epochs, run_folder
from cnnlab.runs.store.store import copy_whole
from cnnlab.training.checkpoint import checkpoint_bytes, weights_bytes, write_atomically
from cnnlab.training.events import EpochEnd
from cnnlab.training.loop import Training


class Checkpoints:
    """Writes them. What the store says is there must be there, and what it does not know yet must come again, so that
    weights are written before an event is, and the checkpoint after it.
    """

    def __init__(self, folder: Path, run: Run, most_bytes: int) -> None:
        self._folder, self._run, self._most_bytes = folder, run, most_bytes
        self._own = run_folder(folder, run.id)

    def save_weights(self, training: Training, *, is_best: bool) -> None:
        """Write the weights as they are, and once more if they are the best so far."""
        run = self._run
        about = {"family": run.family, "spec": json.dumps(run.spec.values), "recipe": json.dumps(run.recipe.values)}
        weights = weights_bytes(training.learnt, {**about, "step": str(training.step)})
        write_atomically(self._own / "last.safetensors", weights)
        if is_best:
            write_atomically(self._own / "best.safetensors", weights)

    def save(self, training: Training, epoch_end: EpochEnd | None) -> None:
        """Write from where the run goes on, and keep that for good at the end of an epoch."""
        path = checkpoint_file(self._folder, self._run.id)
        write_atomically(path, checkpoint_bytes(training.checkpoint()))
        if epoch_end is not None:
            copy_whole(path, epoch_file(self._folder, self._run.id, epoch_end.epoch))
            self._thin_out(path.stat().st_size)

    def _thin_out(self, each_bytes: int) -> None:
        """Leave the checkpoints of every second, fourth, … epoch, and of the last one, if all are too much."""
        epochs = kept_epochs(self._folder, self._run.id)
        kept, stride = epochs, 1
        while len(kept) > 1 and len(kept) * each_bytes > self._most_bytes:
            stride *= 2
            kept = [epoch for epoch in epochs if epoch % stride == 0 or epoch == epochs[-1]]
        for epoch in set(epochs) - set(kept):
            epoch_file(self._folder, self._run.id, epoch).unlink()
