"""Images on their way to the file of a set: on disk at once, so that a set of any size takes no memory."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnnlab.data.storage import cannot_save

PARTIAL = ".partial"
"""How the names of files end that are not complete."""

CHUNK_BYTES = 2**18

Pixels = npt.NDArray[np.uint8]


class Spool:
    """Images of one size, in files of their own for each part of a set; grey until the first one has a colour."""

    def __init__(self, folder: Path, stem: str, side: int) -> None:
        self._folder, self._stem, self._side = folder, stem, side
        self._files: dict[str, IO[bytes]] = {}
        self._counts: dict[str, int] = {}
        self.in_colour = False

    def add(self, part: str, pixels: Pixels) -> None:
        """Append an image, uint8 (side, side, 3), to a part. Raises `Refused` if it cannot be saved."""
        try:
            if not self.in_colour and (pixels != pixels[..., :1]).any():
                self._colour()
            if part not in self._files:
                self._files[part] = self._path(part).open("w+b")
            channels = pixels.transpose(2, 0, 1)
            self._files[part].write((channels if self.in_colour else channels[0]).tobytes())
        except OSError as error:
            raise cannot_save(self._folder, error) from error
        self._counts[part] = self._counts.get(part, 0) + 1

    def images(self, part: str) -> Tensor:
        """The images of a part, uint8 (N, C, side, side), read from disk as they are needed."""
        shape = (self._counts.get(part, 0), 3 if self.in_colour else 1, self._side, self._side)
        if not shape[0]:
            return torch.empty(shape, dtype=torch.uint8)
        try:
            self._files[part].flush()
            return torch.from_numpy(np.memmap(self._path(part), np.uint8, "c", shape=shape))
        except OSError as error:
            raise cannot_save(self._folder, error) from error

    def _path(self, part: str) -> Path:
        return self._folder / f"{self._stem}.{part}{PARTIAL}"

    def _colour(self) -> None:
        """Give the grey images that are here three channels."""
        plane = self._side**2
        for part, grey in self._files.items():
            grey.seek(0)
            new = self._path(f"{part}.colour")
            with new.open("wb") as file:
                while planes := grey.read(max(CHUNK_BYTES // plane, 1) * plane):
                    file.write(np.frombuffer(planes, np.uint8).reshape(-1, 1, plane).repeat(3, axis=1).data)
            grey.close()
            new.replace(self._path(part))
            self._files[part] = self._path(part).open("r+b")
            self._files[part].seek(0, os.SEEK_END)
        self.in_colour = True

    def close(self) -> None:
        """Delete the files."""
        for file in self._files.values():
            with contextlib.suppress(OSError):  # what could not be written is not needed any more
                file.close()
        for path in self._folder.glob(f"{self._stem}.*{PARTIAL}"):
            with contextlib.suppress(OSError):  # somebody still has it open; the next import deletes it
                path.unlink()


@contextmanager
def spooled(folder: Path, stem: str, side: int) -> Iterator[Spool]:
    """A spool whose files are deleted in the end. Raises `Refused` if the folder cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_save(folder, error) from error
    spool = Spool(folder, stem, side)
    try:
        yield spool
    finally:
        spool.close()
