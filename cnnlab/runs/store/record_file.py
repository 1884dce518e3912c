"""A file of records that grows, and survives a process that is killed: what that has left of a record is ignored.

A record is a header and a body. Its header begins with the mark of the format and the place of the record, which grows
from one record to the next, such as an epoch or a step; the length of the body follows from the rest of it.
"""

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cnnlab.training.checkpoint import write_atomically


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """What all records of a file have in common.

    `body_bytes` gets what the header has after the place, and returns None where no record has that.
    """

    mark: bytes
    header: struct.Struct
    body_bytes: Callable[..., int | None]


@dataclass(frozen=True, slots=True)
class Record:
    """Where a record is in the file, and what its header has after the place."""

    place: int
    fields: tuple[Any, ...]
    begin: int
    body: int
    end: int


class RecordFile:
    """The records of one file: for any number of readers, and one process that writes through one such object."""

    def __init__(self, path: Path, form: RecordFormat) -> None:
        self._path, self._form = path, form
        self._end: int | None = None  # of the last record, once this has written

    def records(self) -> list[Record]:
        """The complete records, in their order; none where there is no file."""
        try:
            with self._path.open("rb") as file:
                return list(self._complete(file))
        except FileNotFoundError:
            return []

    def bodies(self, records: Iterable[Record]) -> list[bytes]:
        """The bodies of these records; fewer where the file was cut meanwhile."""
        found = []
        try:
            with self._path.open("rb") as file:
                for record in records:
                    file.seek(record.body)
                    body = file.read(record.end - record.body)
                    if len(body) < record.end - record.body:
                        break
                    found.append(body)
        except FileNotFoundError:
            pass
        return found

    def append(self, place: int, *fields: Any, body: bytes, max_bytes: int) -> None:
        """Adds a record; where the file is larger than `max_bytes` then, keeps fewer of those before it."""
        header = self._form.header.pack(self._form.mark, place, *fields)
        end = _end(self.records()) if self._end is None else self._end
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.seek(end)
            file.truncate()
            file.write(header + body)
            self._end = file.tell()
        if self._end > max_bytes:
            self._thin_out(max_bytes)

    def rewind(self, place: int) -> None:
        """Removes the records after that place, which are made again."""
        self._end = _end([record for record in self.records() if record.place <= place])
        if self._path.exists():
            with self._path.open("r+b") as file:
                file.truncate(self._end)

    def _complete(self, file: BinaryIO) -> Iterator[Record]:
        header, size, begin = self._form.header, os.fstat(file.fileno()).st_size, 0
        while begin + header.size <= size:
            file.seek(begin)
            packed = file.read(header.size)
            if len(packed) < header.size or not packed.startswith(self._form.mark):
                return
            _, place, *fields = header.unpack(packed)
            body, length = begin + header.size, self._form.body_bytes(*fields)
            if length is None or body + length > size:
                return
            yield Record(place, tuple(fields), begin, body, body + length)
            begin = body + length

    def _thin_out(self, max_bytes: int) -> None:
        """Keeps the last record of every 2, 4, 8, … places, so that they stay evenly distributed."""
        records = self.records()
        kept, stride = records, 1
        while len(kept) > 1 and sum(record.end - record.begin for record in kept) > max_bytes:
            stride *= 2
            kept = list({(record.place - 1) // stride: record for record in records}.values())
        with self._path.open("rb") as file:
            content = bytearray()
            for record in kept:
                file.seek(record.begin)
                content += file.read(record.end - record.begin)
        write_atomically(self._path, bytes(content))
        self._end = len(content)


def _end(records: list[Record]) -> int:
    return records[-1].end if records else 0
