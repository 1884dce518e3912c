"""Sentences on a page: text that may come from a link or a person, shown as text and nothing else."""

import re

_CODE = re.compile(r"(`[\w.,\[\]]+`)", re.ASCII)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&^=])", re.ASCII)


def plain(text: str) -> str:
    """Markdown that shows `text` as it is; only names between backticks become code."""
    parts = _CODE.split(text.replace("\n", " "))
    return "".join(part if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def verbatim(text: str) -> str:
    """Markdown that shows `text` as it is, to the last sign: for what a person has typed."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
