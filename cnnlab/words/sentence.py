"""Sentences as templates with named values: English where they are made, and any language where they are shown."""

import json
from collections.abc import Mapping
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
        """Text that has no template, such as what a system or a person said; it is never translated."""
        return cls("{text}", text=text)

    def stored(self) -> str:
        """JSON from which `from_stored` makes the same sentence; values that JSON has no word for become text."""
        return json.dumps({"template": self.template, "values": _plain(self.values)})

    @classmethod
    def from_stored(cls, text: str) -> Self:
        """The sentence of `stored`; any other text, such as one stored before templates were, stays as it is."""
        try:
            match json.loads(text):
                case {"template": str(template), "values": dict(values), **rest} if not rest:
                    return cls(template, **{name: _from_plain(value) for name, value in values.items()})
        except (ValueError, LookupError):
            pass
        return cls.verbatim(text)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), dict(self.values)


def joined(sentences: "list[Sentence] | tuple[Sentence, ...]") -> Sentence:
    """The sentences as one, each after the other.

    >>> print(joined([Sentence("It is {n}.", n=1), Sentence("Use {n}.", n=2)]))
    It is 1. Use 2.
    """
    names = [f"sentence_{i}" for i in range(len(sentences))]
    return Sentence(" ".join(f"{{{name}}}" for name in names), **dict(zip(names, sentences, strict=True)))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Sentence):
        return {"template": value.template, "values": _plain(value.values)}
    return value if isinstance(value, int | float | str | bool) else str(value)


def _from_plain(value: Any) -> Any:
    match value:
        case {"template": str(template), "values": dict(values)}:
            return Sentence(template, **{name: _from_plain(inner) for name, inner in values.items()})
    return value
