"""A block in a line of text: its kind and what differs from that kind's defaults.

`convolution out_channels=6 kernel_size=5`.
"""

import difflib

from cnnlab.architectures.custom.blocks import BLOCKS, Block
from cnnlab.spec import Problem, Refused, text_of


def read_block(text: str) -> tuple[str, Block]:
    """The kind and the block that a text writes; raises `Refused` with a sentence for each thing that is wrong.

    >>> read_block("pooling kernel_size=3")[1].values
    {'kernel_size': 3, 'stride': 2, 'padding': 0}
    """
    kind, *words = text.split() or [""]
    if kind not in BLOCKS:
        near = difflib.get_close_matches(kind, BLOCKS, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(BLOCKS)}."
        raise Refused([Problem("blocks", f"There is no block {kind!r}: {remedy}")])
    texts = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise Refused(
                [Problem(name, f"What a block is told is written name=value, and it is {word!r}: add a value.")]
            )
        texts[name] = value
    values, problems = BLOCKS[kind].parse(texts)
    if problems:
        raise Refused(problems)
    return kind, BLOCKS[kind](**values)


def write_block(kind: str, block: Block) -> str:
    """The shortest text that `read_block` reads as this block.

    >>> write_block("pooling", BLOCKS["pooling"](kernel_size=3, stride=2))
    'pooling kernel_size=3'
    """
    changed = block.changes_from(type(block)())
    return " ".join([kind, *(f"{name}={text_of(value)}" for name, value in changed.items())])
