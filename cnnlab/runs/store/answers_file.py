"""The answers of a run to its evaluation images, epoch by epoch: one file that grows, and is read at any epoch.

A record has four arrays: classes and confidences of the validation images, then of the test images.
"""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from cnnlab.runs.store.record_file import Record, RecordFile, RecordFormat
from cnnlab.training.answers import Answers, EvaluatedPart

PARTS: tuple[EvaluatedPart, ...] = ("validation", "test")


def _body_bytes(num_validation: int, num_test: int, class_bytes: int) -> int | None:
    return (num_validation + num_test) * (class_bytes + 1) if class_bytes in (1, 2) else None


_FORMAT = RecordFormat(
    mark=b"ans1",
    header=struct.Struct("<4sIIIB"),  # the mark, the epoch, the numbers of images, the bytes of a class
    body_bytes=_body_bytes,
)


def append_answers(path: Path, epoch: int, answers: Mapping[EvaluatedPart, Answers], max_bytes: int) -> None:
    """Adds the answers of an epoch; leaves every second epoch out where the file is larger than `max_bytes`."""
    found = [answers[part] for part in PARTS if part in answers]
    counts = [len(answers[part].classes) if part in answers else 0 for part in PARTS]
    body = b"".join(array.tobytes() for one in found for array in (one.classes, one.confidences))
    file = RecordFile(path, _FORMAT)
    file.append(epoch, *counts, found[0].classes.itemsize, body=body, max_bytes=max_bytes)


def rewind_answers(path: Path, epoch: int) -> None:
    """Removes the answers after `epoch`, which are given again."""
    RecordFile(path, _FORMAT).rewind(epoch)


def answered_epochs(path: Path) -> list[int]:
    """The epochs whose answers are kept."""
    return [record.place for record in RecordFile(path, _FORMAT).records()]


def read_answers(path: Path, epoch: int) -> dict[EvaluatedPart, Answers]:
    """The answers of an epoch, for each part that has images; empty where they are not kept."""
    file = RecordFile(path, _FORMAT)
    return dict(_read(file, [record for record in file.records() if record.place == epoch])).get(epoch, {})


def read_all_answers(path: Path) -> dict[int, dict[EvaluatedPart, Answers]]:
    """The same of every epoch that is kept, in their order."""
    file = RecordFile(path, _FORMAT)
    return dict(_read(file, file.records()))


def _read(file: RecordFile, records: list[Record]) -> Iterator[tuple[int, dict[EvaluatedPart, Answers]]]:
    """The epochs of the records and their answers; fewer where a run that resumes has just removed some."""
    for record, content in zip(records, file.bodies(records), strict=False):
        *counts, class_bytes = record.fields
        found: dict[EvaluatedPart, Answers] = {}
        offset, dtype = 0, np.dtype(f"<u{class_bytes}")
        for part, count in zip(PARTS, counts, strict=True):
            classes = np.frombuffer(content, dtype, count, offset)
            offset += classes.nbytes
            if count:
                found[part] = Answers(classes, np.frombuffer(content, np.uint8, count, offset))
            offset += count
        yield record.place, found
