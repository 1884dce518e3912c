"""What is wrong with the blocks of a custom network, taken one by one and together."""

from collections.abc import Iterator

from cnnlab.architectures.custom.blocks import Block, DenseBlock
from cnnlab.architectures.custom.text import follow, read_block, write_block
from cnnlab.spec import Problem, Refused, Remedy
from cnnlab.words.sentence import Sentence

MOST_BLOCKS = 100

MOST_DENSE_LAYERS = 384
"""Layers of all dense blocks together, as many as the largest DenseNet has: each is several rows of an analysis."""


def block_problems(texts: tuple[str, ...]) -> Iterator[Problem]:
    """The problems of the blocks that the texts write; of several together only where each is valid."""
    read: list[tuple[str, Block]] = []
    for i, text in enumerate(texts):
        try:
            read.append(read_block(text))
        except Refused as refused:
            for problem in refused.problems:
                sentence = Sentence("Block {number}: {problem}", number=i + 1, problem=problem.sentence)
                remedies = tuple(_of_block(i, each, follow(text, problem, each)) for each in problem.remedies)
                yield Problem("blocks", sentence, index=i, remedies=remedies, settings=problem.settings)
    if len(read) == len(texts):
        yield from _order_problems(read, texts)
        yield from _size_problems(read, texts)


def _of_block(i: int, remedy: Remedy, text: str) -> Remedy:
    """The remedy of a block as one of the network: `text` is the block with what it proposes."""
    return Remedy("blocks", text, i, Sentence("{what} in block {number}", what=remedy.what, number=i + 1))


def without_block(blocks: tuple[str, ...], i: int) -> Remedy:
    """The remedy that removes a block."""
    return Remedy("blocks", (*blocks[:i], *blocks[i + 1 :]), None, Sentence("remove block {number}", number=i + 1))


def _order_problems(blocks: list[tuple[str, Block]], texts: tuple[str, ...]) -> Iterator[Problem]:
    """A sentence for each block that is given a vector where it needs maps, or the other way round."""
    flatten: int | None = None
    for number, (kind, block) in enumerate(blocks, start=1):
        if block.takes == "map" and flatten is not None:
            sentence = Sentence(
                "Block {number} (`{kind}`) needs maps, and block {flatten} (`flatten`) made a vector of them: move it"
                " up, or remove it.",
                number=number,
                kind=kind,
                flatten=flatten,
            )
            yield Problem("blocks", sentence, index=number - 1, remedies=(without_block(texts, number - 1),))
        if block.takes == "vector" and flatten is None:
            sentence = Sentence(
                "Block {number} (`{kind}`) needs a vector, and its input is maps: put a `flatten` before it.",
                number=number,
                kind=kind,
            )
            flattened = (*texts[: number - 1], "flatten", *texts[number - 1 :])
            what = Sentence("put a flatten before block {number}", number=number)
            remedies = (Remedy("blocks", flattened, None, what),) if len(flattened) <= MOST_BLOCKS else ()
            yield Problem("blocks", sentence, index=number - 1, remedies=remedies)
        if kind == "flatten":
            flatten = number


def _size_problems(blocks: list[tuple[str, Block]], texts: tuple[str, ...]) -> Iterator[Problem]:
    """Whether the dense blocks have more layers than would be analysed in time."""
    sizes = [(block.num_layers, i) for i, (_, block) in enumerate(blocks) if isinstance(block, DenseBlock)]
    count = sum(size for size, _ in sizes)
    if count > MOST_DENSE_LAYERS:
        each = MOST_DENSE_LAYERS // len(sizes)
        what = Sentence("set `num_layers` of each to at most {each}", each=each)
        sentence = Sentence(
            "The dense blocks of a network may have {limit} layers together, and these have {count}: {remedy}, or use"
            " fewer of these blocks.",
            limit=MOST_DENSE_LAYERS,
            count=count,
            remedy=what,
        )
        smaller = tuple(
            write_block(kind, block.replace(num_layers=min(block.num_layers, each)))
            if isinstance(block, DenseBlock)
            else text
            for text, (kind, block) in zip(texts, blocks, strict=True)
        )
        remedy = Remedy("blocks", smaller, None, what)
        yield Problem("blocks", sentence, index=max(sizes)[1], remedies=(remedy,), settings=DenseBlock.settings())
