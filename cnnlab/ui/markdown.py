"""Markdown from text that may come from a link or a visitor, escaped so that it is shown as text only."""

import re

_CODE = re.compile(r"(`[\w.,\[\]]+`)", re.ASCII)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&^=])", re.ASCII)


def plain(text: str) -> str:
    """Markdown that shows `text` literally, except that names between backticks are code."""
    parts = _CODE.split(text.replace("\n", " "))
    return "".join(part if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def verbatim(text: str) -> str:
    """Markdown that shows `text` literally, backticks included: for text that a visitor has typed."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
