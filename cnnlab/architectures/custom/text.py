"""A block in a line of text: its kind and what differs from that kind's defaults.

`convolution out_channels=6 kernel_size=5`.
"""

from cnnlab.architectures.custom.blocks import BLOCKS, Block
from cnnlab.spec import Problem, Refused, Remedy, text_of
from cnnlab.words.sentence import Sentence
from cnnlab.words.suggest import did_you_mean, nearest_name

KIND = "block"
"""What the first word of a text is called in a problem."""


def read_block(text: str) -> tuple[str, Block]:
    """The kind and the block that a text writes; raises `Refused` with a sentence for each thing that is wrong.

    >>> read_block("pooling kernel_size=3")[1].values
    {'kernel_size': 3, 'stride': 2, 'padding': 0}
    """
    kind, *words = text.split() or [""]
    if kind not in BLOCKS:
        sentence = Sentence("There is no block {kind!r}: {remedy}", kind=kind, remedy=did_you_mean(kind, BLOCKS))
        near = nearest_name(kind, BLOCKS)
        remedies = () if near is None else (Remedy(KIND, near, None, Sentence("use {name}", name=near)),)
        raise Refused([Problem(KIND, sentence, remedies=remedies)])
    texts = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            sentence = Sentence("A value of a block is written name=value, and it is {word!r}: add a value.", word=word)
            raise Refused([Problem(name, sentence)])
        texts[name] = value
    values, problems = BLOCKS[kind].parse(texts)
    if problems:
        raise Refused(problems)
    return kind, BLOCKS[kind](**values)


def follow(text: str, problem: Problem, remedy: Remedy) -> str:
    """The text of a block with the value that the remedy of a problem of `read_block` proposes."""
    kind, *words = text.split()
    if remedy.field == KIND:
        return " ".join([str(remedy.value), *words])
    kept = [word for word in words if word.partition("=")[0] not in (problem.field, remedy.field)]
    return " ".join([kind, *kept, f"{remedy.field}={text_of(remedy.value)}"])


def write_block(kind: str, block: Block) -> str:
    """The shortest text that `read_block` reads as this block.

    >>> write_block("pooling", BLOCKS["pooling"](kernel_size=3, stride=2))
    'pooling kernel_size=3'
    """
    changed = block.changes_from(type(block)())
    return " ".join([kind, *(f"{name}={text_of(value)}" for name, value in changed.items())])
