"""Sentences as templates with named values: English where they are made, and any language where they are shown."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self


class Sentence(str):
    """A sentence in English that still knows the template and the values that it was made of.

    It is a string like any other, so what prints or compares it needs to know nothing more. What shows it in another
    language translates `template` and puts `values` in; a value may be a `Sentence` itself.

    >>> sentence = Sentence("`{field}` must be at most {limit}, and it is {value}.", field="width", limit=64, value=65)
    >>> print(sentence)
    `width` must be at most 64, and it is 65.
    >>> sentence.values["limit"]
    64
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        sentence = super().__new__(cls, template.format_map(values))
        sentence.template, sentence.values = template, values
        return sentence

    @classmethod
    def verbatim(cls, text: str) -> Self:
        """Text that has no template, such as a message of the system or a typed name; it is never translated."""
        return cls("{text}", text=text)

    def stored(self) -> str:
        """JSON from which `from_stored` makes the same sentence; values that JSON has no word for become text."""
        return json.dumps(_plain(self))

    @classmethod
    def from_stored(cls, text: str) -> Self:
        """The sentence of `stored`; any other text, such as one stored before templates were, stays as it is."""
        try:
            found = json.loads(text, object_hook=_sentence_of)
        except (ValueError, LookupError):
            found = None
        return found if isinstance(found, cls) else cls.verbatim(text)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), dict(self.values)


def joined(sentences: Sequence[Sentence]) -> Sentence:
    """The sentences as one, each after the other.

    >>> print(joined([Sentence("It is {n}.", n=1), Sentence("Use {n}.", n=2)]))
    It is 1. Use 2.
    """
    values = {f"sentence_{i}": sentence for i, sentence in enumerate(sentences)}
    return Sentence(" ".join(f"{{{name}}}" for name in values), **values)


def _plain(value: Any) -> Any:
    if isinstance(value, Sentence):
        return {"template": value.template, "values": {name: _plain(inner) for name, inner in value.values.items()}}
    return value if isinstance(value, int | float | str) else str(value)


def _sentence_of(plain: dict[str, Any]) -> Any:
    match plain:
        case {"template": str(template), "values": dict(values), **rest} if not rest:
            return Sentence(template, **values)
    return plain
