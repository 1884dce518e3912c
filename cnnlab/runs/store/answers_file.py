"""The answers of a run to its evaluation images, epoch by epoch: one file that grows, and is read at any epoch.

A record is a header and four arrays: classes and confidences of the validation images, then of the test images. What a
process that was killed has left of a record is ignored, and overwritten by the next one.
"""

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from cnnlab.training.answers import Answers, EvaluatedPart
from cnnlab.training.checkpoint import write_atomically

PARTS: tuple[EvaluatedPart, ...] = ("validation", "test")

_MARK = b"ans1"
_HEADER = struct.Struct("<4sIIIB")  # the mark, the epoch, the numbers of validation and test images, bytes of a class


@dataclass(frozen=True, slots=True)
class _Record:
    """Where the answers of an epoch are in the file."""

    epoch: int
    counts: tuple[int, int]
    class_bytes: int
    begin: int

    @property
    def end(self) -> int:
        return self.begin + _HEADER.size + sum(self.counts) * (self.class_bytes + 1)


def append_answers(path: Path, epoch: int, answers: Mapping[EvaluatedPart, Answers], max_bytes: int) -> None:
    """Adds the answers of an epoch; leaves every second epoch out where the file is larger than `max_bytes`."""
    found = [answers[part] for part in PARTS if part in answers]
    counts = [len(answers[part].classes) if part in answers else 0 for part in PARTS]
    header = _HEADER.pack(_MARK, epoch, *counts, found[0].classes.itemsize)
    arrays = [array.tobytes() for one in found for array in (one.classes, one.confidences)]
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(_end(list(_records(file))))
        file.truncate()
        file.write(b"".join([header, *arrays]))
        size = file.tell()
    if size > max_bytes:
        _thin_out(path, max_bytes)


def rewind_answers(path: Path, epoch: int) -> None:
    """Removes the answers after `epoch`, which are given again."""
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(_end([record for record in _records(file) if record.epoch <= epoch]))


def answered_epochs(path: Path) -> list[int]:
    """The epochs whose answers are kept."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        return [record.epoch for record in _records(file)]


def read_answers(path: Path, epoch: int) -> dict[EvaluatedPart, Answers]:
    """The answers of an epoch, for each part that has images; empty where they are not kept."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        record = next((record for record in _records(file) if record.epoch == epoch), None)
        return _read(file, record) if record else {}


def read_all_answers(path: Path) -> dict[int, dict[EvaluatedPart, Answers]]:
    """The same of every epoch that is kept, in their order."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        records = [(record.epoch, _read(file, record)) for record in list(_records(file))]
    return {epoch: found for epoch, found in records if found}


def _read(file: BinaryIO, record: _Record) -> dict[EvaluatedPart, Answers]:
    file.seek(record.begin + _HEADER.size)
    content = file.read(record.end - record.begin - _HEADER.size)
    found: dict[EvaluatedPart, Answers] = {}
    if len(content) < record.end - record.begin - _HEADER.size:
        return found  # a run that resumes has just removed it
    offset, dtype = 0, np.dtype(f"<u{record.class_bytes}")
    for part, count in zip(PARTS, record.counts, strict=True):
        classes = np.frombuffer(content, dtype, count, offset)
        offset += classes.nbytes
        if count:
            found[part] = Answers(classes, np.frombuffer(content, np.uint8, count, offset))
        offset += count
    return found


def _records(file: BinaryIO) -> Iterator[_Record]:
    """The complete records, in their order."""
    size, begin = os.fstat(file.fileno()).st_size, 0
    while begin + _HEADER.size <= size:
        file.seek(begin)
        mark, epoch, *counts, class_bytes = _HEADER.unpack(file.read(_HEADER.size))
        record = _Record(epoch, (counts[0], counts[1]), class_bytes, begin)
        if mark != _MARK or class_bytes not in (1, 2) or record.end > size:
            return
        yield record
        begin = record.end


def _end(records: list[_Record]) -> int:
    return records[-1].end if records else 0


def _thin_out(path: Path, max_bytes: int) -> None:
    """Keeps every second, fourth, … epoch, and the last one."""
    with path.open("rb") as file:
        records = list(_records(file))
        kept, stride = records, 1
        while len(kept) > 1 and sum(record.end - record.begin for record in kept) > max_bytes:
            stride *= 2
            kept = [record for record in records if record.epoch % stride == 0 or record is records[-1]]
        content = bytearray()
        for record in kept:
            file.seek(record.begin)
            content += file.read(record.end - record.begin)
    if len(kept) < len(records):
        write_atomically(path, bytes(content))
