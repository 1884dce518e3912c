"""Sentences as templates with named values: English where they are made, and any language where they are shown."""

import json
import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from cnnlab.words.numbers import THIN_SPACE, exact, grouped

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

LONGEST_VALUE = 400
"""Characters of a value that is shown as it is: a list of names that can be chosen has fewer."""
SHOWN_OF_LONG = 60
"""Characters that are shown of a longer one."""

_VERBATIM = "{text}"


class _Formatter(string.Formatter):
    """Groups the digits of `{number:,}` as everywhere."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return grouped(value, format_spec)

    def convert_field(self, value: Any, conversion: Any) -> Any:
        converted = super().convert_field(value, conversion)
        # Python writes the thin space between digits as an escape sequence when it quotes a text.
        return converted.replace(ascii(THIN_SPACE)[1:-1], THIN_SPACE) if conversion == "r" else converted


_FORMATTER = _Formatter()


class Sentence(str):
    """A sentence in English that still knows the template and the values that it was made of.

    It is a string like any other, so what prints or compares it needs to know nothing more. What shows it in another
    language translates `template` and puts `values` in; a value may be a `Sentence` itself. Of a very long text among
    the values only the beginning is kept.

    >>> sentence = Sentence("`{field}` must be at most {limit}, and it is {value}.", field="width", limit=64, value=65)
    >>> print(sentence)
    `width` must be at most 64, and it is 65.
    >>> sentence.values["limit"]
    64
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        shown = values if template == _VERBATIM else {name: _shortened(value) for name, value in values.items()}
        sentence = super().__new__(cls, _FORMATTER.vformat(template, (), shown))
        sentence.template, sentence.values = template, shown
        return sentence

    @classmethod
    def verbatim(cls, text: str) -> Self:
        """Text that has no template, such as a message of the system or a typed name, and is not shortened.

        It is never translated.
        """
        return cls(_VERBATIM, text=text)

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

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> "CoreSchema":
        """To pydantic, which writes and reads whole results as JSON, it is what `stored` makes of it."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.from_stored, serialization=core_schema.plain_serializer_function_ser_schema(cls.stored)
        )

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), dict(self.values)


def joined(sentences: Sequence[Sentence]) -> Sentence:
    """The sentences as one, each after the other.

    >>> print(joined([Sentence("It is {n}.", n=1), Sentence("Use {n}.", n=2)]))
    It is 1. Use 2.
    """
    values = {f"sentence_{i}": sentence for i, sentence in enumerate(sentences)}
    return Sentence(" ".join(f"{{{name}}}" for name in values), **values)


def _shortened(value: Any) -> Any:
    """The value, of which only the beginning is shown if it is a text that nobody would read to its end."""
    if not isinstance(value, str) or isinstance(value, Sentence) or len(value) <= LONGEST_VALUE:
        return value
    return f"{value[:SHOWN_OF_LONG]} … ({exact(len(value))} characters)"


def _plain(value: Any) -> Any:
    if isinstance(value, Sentence):
        return {"template": value.template, "values": {name: _plain(inner) for name, inner in value.values.items()}}
    return value if isinstance(value, int | float | str) else str(value)


def _sentence_of(plain: dict[str, Any]) -> Any:
    match plain:
        case {"template": str(template), "values": dict(values), **rest} if not rest:
            return Sentence(template, **values)
    return plain
