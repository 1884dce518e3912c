"""The norms of a run's parameter tensors and of their gradients, as they were measured now and then.

A record has two arrays of float32: the gradient norms, then the weight norms, in the order of the network's parameters.
Its place is the step.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnlab.runs.store.record_file import RecordFile, RecordFormat
from cnnlab.runs.thinning import thinned_indices
from cnnlab.training.events import TensorNorms

_FORMAT = RecordFormat(
    mark=b"nrm1",
    header=struct.Struct("<4sIId"),  # the mark, the step, the number of tensors, the seconds of computing until then
    body_bytes=lambda num_tensors, _seconds: 2 * 4 * num_tensors,
)


@dataclass(frozen=True, slots=True, eq=False)
class StoredNorms:
    """Of S measurements and T parameter tensors: `steps` and `seconds` (S,), `values` (S, 2, T), gradients first."""

    steps: NDArray[np.int64]
    seconds: NDArray[np.float64]
    values: NDArray[np.float64]


def norms_records(path: Path) -> RecordFile:
    """The file, for the process that trains the run."""
    return RecordFile(path, _FORMAT)


def append_norms(file: RecordFile, norms: TensorNorms, seconds: float, max_bytes: int) -> None:
    """Adds a measurement; leaves every second one out where the file is larger than `max_bytes`."""
    values = np.array([norms.gradients, norms.weights], "<f4")
    file.append(norms.step, values.shape[1], seconds, body=values.tobytes(), max_bytes=max_bytes)


def read_norms(path: Path, max_points: int | None = None) -> StoredNorms | None:
    """All measurements, or evenly chosen ones of more than `max_points` and the last one; None if there are none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    header, count = _FORMAT.header, 0
    if len(content) >= header.size:
        _, _, count, _ = header.unpack_from(content)
    if not 0 < 2 * 4 * count < len(content):
        return None
    # All records of a run are equally long, and a long run has many: they are read at once.
    kind = np.dtype(
        [("mark", "S4"), ("step", "<u4"), ("count", "<u4"), ("seconds", "<f8"), ("values", "<f4", (2, count))]
    )
    found = np.frombuffer(content, kind, len(content) // kind.itemsize)
    is_sound = (found["mark"] == _FORMAT.mark) & (found["count"] == count)
    found = found if is_sound.all() else found[: is_sound.argmin()]
    if max_points is not None:
        found = found[thinned_indices(len(found), max_points)]
    if not len(found):
        return None
    return StoredNorms(found["step"].astype(int), found["seconds"].astype(float), found["values"].astype(float))
