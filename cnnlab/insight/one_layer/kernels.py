"""Kernels with a name, and kernels as people type them: numbers, with a semicolon after each row."""

import re
from typing import Literal

import torch
from torch import Tensor

from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence

KernelName = Literal[
    "sobel_x", "sobel_y", "edges", "difference", "sharpen", "blur", "gaussian", "emboss", "identity", "random", "typed"
]

KERNEL_NAMES: dict[str, str] = {
    "sobel_x": "Sobel x: | edges",
    "sobel_y": "Sobel y: — edges",
    "edges": "edges in all directions",
    "difference": "difference: 1 −1",
    "sharpen": "sharpen",
    "blur": "blur: the mean",
    "gaussian": "blur: Gaussian",
    "emboss": "emboss",
    "identity": "identity",
    "random": "random numbers",
    "typed": "typed numbers",
}

FIXED_KERNELS = {
    "sobel_x": "1 0 -1; 2 0 -2; 1 0 -1",
    "sobel_y": "1 2 1; 0 0 0; -1 -2 -1",
    "edges": "-1 -1 -1; -1 8 -1; -1 -1 -1",
    "difference": "1 -1",
    "sharpen": "0 -1 0; -1 5 -1; 0 -1 0",
    "gaussian": "1/16 2/16 1/16; 2/16 4/16 2/16; 1/16 2/16 1/16",
    "emboss": "-2 -1 0; -1 1 1; 0 1 2",
    "identity": "0 0 0; 0 1 0; 0 0 0",
}
"""Those of one size, written as people type them."""

LONGEST_SIDE = 7
"""Rows or columns of a kernel, at most."""

LONGEST_TEXT = 1000

RANDOM_REACH = 3
"""Random weights are whole numbers up to this, and down to its negative."""

_NUMBER = re.compile(r"([+-]?(?:\d{1,4}(?:\.\d{0,6})?|\.\d{1,6}))(?:/(\d{1,4}))?", re.ASCII)


def read_kernel(text: str) -> Tensor:
    """The kernel that `text` writes, as float32 (slices, height, width).

    Numbers have spaces or commas between them, rows a semicolon, and slices, one for each input channel, a bar; 1/9 is
    a number. Raises `Refused`, with `weights` as the field.

    >>> read_kernel("1 0 -1; 2 0 -2").tolist()
    [[[1.0, 0.0, -1.0], [2.0, 0.0, -2.0]]]
    """
    if len(text) > LONGEST_TEXT:
        raise _refused(
            "The kernel is written with {length} characters: use at most {limit}.", length=len(text), limit=LONGEST_TEXT
        )
    slices = [
        [[_read_number(word) for word in row.replace(",", " ").split()] for row in part.split(";") if row.strip()]
        for part in text.split("|")
    ]
    heights, widths = {len(rows) for rows in slices}, {len(row) for rows in slices for row in rows}
    if 0 in heights or not widths:
        raise _refused("The kernel has no numbers in one of its slices: write rows such as 1 0 -1; 2 0 -2; 1 0 -1.")
    if len(widths) > 1:
        raise _refused(
            "The kernel has rows of {shortest} and of {longest} numbers: give all rows the same length.",
            shortest=min(widths),
            longest=max(widths),
        )
    if len(heights) > 1:
        raise _refused(
            "The kernel has slices of {lowest} and of {highest} rows: give all slices the same height.",
            lowest=min(heights),
            highest=max(heights),
        )
    longest = max(*heights, *widths)
    if longest > LONGEST_SIDE:
        raise _refused(
            "The kernel has {longest} numbers in a row or column: use at most {limit}.",
            longest=longest,
            limit=LONGEST_SIDE,
        )
    return torch.tensor(slices)


def _refused(template: str, **values: object) -> Refused:
    return Refused([Problem("weights", Sentence(template, **values))])


def _read_number(word: str) -> float:
    found = _NUMBER.fullmatch(word)
    if found is None:
        raise _refused("The kernel has {word!r} for a number: use numbers such as 2, -0.5 or 1/9.", word=word[:20])
    above, below = float(found[1]), int(found[2] or 1)
    if below == 0:
        raise _refused("The kernel has {word!r} for a number, which divides by zero: use another one.", word=word)
    return above / below


def write_kernel(kernel: Tensor) -> str:
    """The text that `read_kernel` takes back to this kernel (slices, height, width); equal slices are written once."""
    same = all(torch.equal(part, kernel[0]) for part in kernel)
    rows = [[" ".join(f"{value:.6g}" for value in row) for row in part] for part in kernel.tolist()]
    return " | ".join("; ".join(part) for part in (rows[:1] if same else rows))


def named_kernel(name: str, size: int, channels: int, seed: int) -> Tensor:
    """The kernel of that name as float32 (channels, height, width), the same for each channel but for "random".

    `size` is the side of those that have no size of their own, `seed` draws the random ones.
    """
    if name == "random":
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(-RANDOM_REACH, RANDOM_REACH + 1, (channels, size, size), generator=generator)
        return drawn.float()
    kernel = torch.full((1, size, size), 1 / size**2) if name == "blur" else read_kernel(FIXED_KERNELS[name])
    return kernel.expand(channels, -1, -1)
