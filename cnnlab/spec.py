"""Specs: frozen, validated descriptions, with their knobs and the problems of invalid values.

A network and a recipe are both described by a `Spec`, a frozen pydantic model. Everything else follows from its fields:
the widgets, the sentences, the link, the command line, the documentation and the random cases of the tests.
"""

import dataclasses
import math
import re
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from cnnlab.words.reading import LARGEST, read_number
from cnnlab.words.sentence import Sentence
from cnnlab.words.suggest import did_you_mean, nearest_name

Scalar = int | float | bool | str
Value = Scalar | tuple[Scalar, ...]
Condition = Mapping[str, Collection[Scalar]]

MOST_EXPLAINED = 10
"""Unknown names of one text that get a sentence each."""

LONGEST_NAME = 100
"""Characters of a text for which a choice with a similar name is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """How a field is presented, beyond its type and its limits.

    `soft` sizes the slider inside the hard limits; `step` is the slider's step. `names` gives a choice's values their
    written form. Fields that share `per` ("stage") are lists of one common length, and `element` names one entry
    ("Blocks in stage {}"). `only_when` maps other fields to values: the knob matters only while each of those fields
    has one of its values. In a tuple of such conditions one is enough.
    """

    group: str
    soft: tuple[float, float] | None = None
    step: float | None = None
    names: Mapping[str, str] | None = None
    per: str | None = None
    element: str | None = None
    only_when: Condition | tuple[Condition, ...] = field(default_factory=dict)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The alternatives of `only_when`."""
        return self.only_when if isinstance(self.only_when, tuple) else (self.only_when,)

    def matters(self, values: Mapping[str, Value]) -> bool:
        """Whether the field changes anything beside these values of all fields."""
        return any(all(values[name] in accepted for name, accepted in each.items()) for each in self.conditions)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that removes a problem: `value` for a field, or for the entry at `index` of a list.

    `what` says so, as in "set `groups` to 2".
    """

    field: str
    value: Value
    index: int | None
    what: Sentence

    def applied(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """The values of all fields with this one changed."""
        return {**values, self.field: replace_entry(values[self.field], self.index, self.value)}


def set_to(field: str, value: Value, index: int | None = None) -> Remedy:
    """The remedy that sets a field, or one entry of a list.

    >>> print(set_to("kernel_sizes", 5, 1).what)
    set `kernel_sizes[1]` to 5
    """
    name = field if index is None else f"{field}[{index}]"
    return Remedy(field, value, index, Sentence("set `{name}` to {value}", name=name, value=text_of(value)))


def alternatives(remedies: Sequence[Remedy]) -> Sentence:
    """What can be done, as the end of a sentence.

    >>> print(alternatives([set_to("groups", 2), set_to("groups", 4), set_to("bias", False)]))
    set `groups` to 2 or 4, or set `bias` to false
    """
    said: list[Sentence] = []
    for i, remedy in enumerate(remedies):
        if i and (remedy.field, remedy.index) == (remedies[i - 1].field, remedies[i - 1].index):
            said[-1] = Sentence("{what} or {value}", what=said[-1], value=text_of(remedy.value))
        else:
            said.append(remedy.what)
    first, *others = said
    for other in others:
        first = Sentence("{first}, or {other}", first=first, other=other)
    return first


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is invalid: the field, and a sentence with the rule, the value and the remedy.

    `index` is the position in a list field, `layer` the path of the layer that breaks, where one is known. `remedies`
    are the changes that the sentence proposes. `settings` are those of the fields that it names.
    """

    field: str
    sentence: Sentence
    index: int | None = None
    layer: str | None = None
    remedies: tuple[Remedy, ...] = dataclasses.field(default=(), compare=False)
    settings: Mapping[str, "Setting"] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def of(self, settings: Mapping[str, "Setting"]) -> "Problem":
        """The same problem, of a spec with these settings."""
        return replace(self, settings={**settings, **self.settings})

    @property
    def titled(self) -> str:
        """The sentence as pages show it, with the titles of fields instead of their names."""
        return with_titles(self.sentence, self.settings)


_NAME = re.compile(r"`(\w+)(?:\[(\d+)\])?`", re.ASCII)


def with_titles(text: str, settings: Mapping[str, "Setting"]) -> str:
    """The text with the title of each field that it names between backticks; other names stay as they are.

    >>> class Plain(Spec):
    ...     num_units: typing.Annotated[int, Knob(group="Shape")] = 1
    >>> with_titles("`num_units` of `features.0`", Plain.settings())
    'Num units of `features.0`'
    """

    def title(found: re.Match[str]) -> str:
        setting = settings.get(found[1])
        return found[0] if setting is None else setting.title_of(None if found[2] is None else int(found[2]))

    return _NAME.sub(title, text)


class Refused(ValueError):
    """Values that make no valid spec or network; `problems` holds one sentence for each.

    >>> raise Refused([Problem("width", Sentence("`width` must be at least {limit}: use 1 to 2048.", limit=1))])
    Traceback (most recent call last):
    cnnlab.spec.Refused: `width` must be at least 1: use 1 to 2048.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(problem.sentence for problem in self.problems))

    def of(self, settings: Mapping[str, "Setting"]) -> "Refused":
        """The same, of a spec with these settings."""
        return Refused(problem.of(settings) for problem in self.problems)

    @property
    def titled(self) -> str:
        """The sentences as pages show them."""
        return " ".join(problem.titled for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One field of a spec, with everything that a widget, a parser or a generator needs."""

    name: str
    title: str
    help: str
    kind: Literal["whole", "real", "switch", "choice", "text"]
    is_list: bool
    default: Value
    minimum: float | None
    maximum: float | None
    multiple_of: int | None
    min_length: int
    max_length: int
    choices: tuple[str, ...]
    knob: Knob

    def title_of(self, index: int | None) -> str:
        """The title, or that of the entry at `index` of a list."""
        return self.knob.element.format(index + 1) if self.knob.element and index is not None else self.title

    def written(self, value: Scalar) -> str:
        """A choice's value as people write it: "relu" is "ReLU"."""
        return (self.knob.names or {}).get(str(value), str(value).replace("_", " "))

    @property
    def range(self) -> Sentence:
        """The values that would be accepted, in words."""
        if self.choices:
            return Sentence.verbatim(", ".join(self.choices))
        if self.minimum is None:
            return _ANY_VALUE[self.kind]
        limits = {"minimum": self.minimum, "maximum": self.maximum, "step": self.multiple_of}
        if self.maximum is None:
            return Sentence("{minimum:g} or more", **limits)
        if self.multiple_of is None:
            return Sentence("{minimum:g} to {maximum:g}", **limits)
        return Sentence("{minimum:g} to {maximum:g}, in steps of {step}", **limits)

    def parse(self, text: str) -> Value:
        """The value that `text` writes, as in a link or after `--set`; lists have commas.

        Limits are not checked, but that a list is not longer than its field may be, and that a number is one that
        browsers have. Raises `Refused` if the text is not of the field's type.
        """
        if not self.is_list:
            return self._parse_one(text)
        if not text.strip():
            return ()
        parts = text.split(",")
        entries = tuple(map(self._parse_one, parts[: self.max_length]))
        if len(parts) > self.max_length:
            raise Refused([_wrong_length(self, len(parts), entries)])
        return entries

    def _parse_one(self, text: str) -> Scalar:
        text = text.strip()
        try:
            if self.kind == "whole":
                return self._whole(text)
            if self.kind == "real":
                return self._real(text)
            if self.kind == "switch":
                return {"true": True, "on": True, "false": False, "off": False}[text.lower()]
        except Refused:
            raise
        except (ValueError, KeyError):
            raise Refused([_refusal(self, Sentence(_KINDS[self.kind]), text)]) from None
        return text

    def _whole(self, text: str) -> int:
        number = read_number(text)
        if number is not None:
            return number
        if text.lstrip("+-").isdecimal():
            raise Refused([_refusal(self, Sentence("from {least} to {most}", least=-LARGEST, most=LARGEST), text)])
        raise ValueError

    def _real(self, text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            raise Refused([_refusal(self, Sentence(_LIMITS["finite_number"]), text)])
        return number


def text_of(value: Value) -> str:
    """The value in the form that `Setting.parse` reads."""
    if isinstance(value, tuple):
        return ",".join(text_of(part) for part in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def replace_entry(value: Value, index: int | None, new: Value) -> Value:
    """A list with another entry at `index`; `new` itself where that is None.

    >>> replace_entry((64, 128), 1, 96)
    (64, 96)
    """
    if index is None:
        return new
    assert isinstance(value, tuple)
    assert not isinstance(new, tuple)
    return (*value[:index], new, *value[index + 1 :])


class Spec(BaseModel):
    """A frozen, checked description. Subclasses add annotated fields and, in `relations`, the rules between them.

    Raises `Refused` with all problems of the fields at once, or else of lists that should have one length, or else all
    problems of the other relations.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    noun: ClassVar[str] = "spec"
    """What the thing is called in a sentence."""

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
        except ValidationError as error:
            raise Refused(_problems(type(self), error)) from None

    def relations(self) -> Iterator[Problem]:
        """The problems between fields; none by default. Lists that share a knob's `per` have one length here."""
        yield from ()

    def _uneven_lists(self) -> Iterator[Problem]:
        """Those lists that are longer or shorter than the first of the ones that share a knob's `per`."""
        firsts: dict[str, str] = {}
        for name, setting in self.settings().items():
            if setting.knob.per is None:
                continue
            first = firsts.setdefault(setting.knob.per, name)
            length, common = len(getattr(self, name)), len(getattr(self, first))
            if length != common:
                sides = ((name, common), (first, length))
                remedies = tuple(set_to(side, _resized(getattr(self, side), number)) for side, number in sides)
                sentence = Sentence(
                    "`{field}` must have one value for each of `{other}`, and they have {length} and {expected}: add or"
                    " remove some.",
                    field=name,
                    other=first,
                    length=length,
                    expected=common,
                )
                yield Problem(name, sentence, remedies=remedies)

    @model_validator(mode="after")
    def _check_relations(self) -> Self:
        problems = tuple(self._uneven_lists()) or tuple(self.relations())
        if problems:
            raise PydanticCustomError("relations", "fields do not fit together", {"problems": problems})
        return self

    @property
    def values(self) -> dict[str, Value]:
        """Every field and its value, in the order of declaration."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def replace(self, **changes: Any) -> Self:
        """The same spec with some values changed; raises `Refused`."""
        return type(self)(**{**self.values, **changes})

    def changes_from(self, other: Self) -> dict[str, Value]:
        """The fields whose values differ from those of `other`."""
        return {name: value for name, value in self.values.items() if value != getattr(other, name)}

    @classmethod
    def check(cls, values: Mapping[str, Value]) -> tuple[Self | None, tuple[Problem, ...]]:
        """The spec with these values, or None and why not."""
        try:
            return cls(**values), ()
        except Refused as refused:
            return None, refused.problems

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The settings of all fields, in the order of declaration."""
        return _settings(cls)

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> tuple[dict[str, Value], tuple[Problem, ...]]:
        """Values written as text (a link, `--set`), each validated alone; invalid ones are left out and explained."""
        settings, values = cls.settings(), dict[str, Value]()
        problems = _unknown_names(cls, [name for name in texts if name not in settings], texts)
        for name, text in texts.items():
            if name not in settings:
                continue
            try:
                given = settings[name].parse(text)
                values[name] = _adapters(cls)[name].validate_python(given)
            except Refused as refused:
                problems.extend(refused.problems)
            except ValidationError as error:
                found = [_explain(cls, detail, (name, *detail["loc"])) for detail in error.errors()]
                problems.extend(_of_whole_list(found, given))
        return values, tuple(problem.of(settings) for problem in problems)


@cache
def _adapters(cls: type[Spec]) -> dict[str, TypeAdapter[Value]]:
    """For each field, a validator of its own rules, without the relations to others."""
    rules = ConfigDict(strict=True, allow_inf_nan=False)
    types: dict[str, Any] = {n: typing.Annotated[(f.annotation, *f.metadata)] for n, f in cls.model_fields.items()}
    return {name: TypeAdapter(annotated, config=rules) for name, annotated in types.items()}


@cache
def _settings(cls: type[Spec]) -> dict[str, Setting]:
    schemas = cls.model_json_schema()["properties"]
    return {name: _setting(name, field, schemas[name]) for name, field in cls.model_fields.items()}


def _setting(name: str, field: FieldInfo, schema: Mapping[str, Any]) -> Setting:
    entry = schema.get("items", schema)
    kinds: dict[str, Any] = {"integer": "whole", "number": "real", "boolean": "switch", "string": "text"}
    return Setting(
        name=name,
        title=field.title or name.replace("_", " ").capitalize(),
        help=" ".join((field.description or "").split()),
        kind="choice" if "enum" in entry else kinds[entry["type"]],
        is_list="items" in schema,
        default=field.default,
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        multiple_of=entry.get("multipleOf"),
        min_length=schema.get("minItems", 0),
        max_length=schema.get("maxItems", 1),
        choices=tuple(entry.get("enum", ())),
        knob=next(m for m in field.metadata if isinstance(m, Knob)),
    )


_KINDS = {"whole": "a whole number", "real": "a number", "switch": "true or false", "text": "text", "choice": "text"}
"""What a value of each kind must be."""

_LIMITS = {
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "multiple_of": "a multiple of {multiple_of:g}",
    "literal_error": "one of its choices",
    "finite_number": "a finite number",
    "tuple_type": "a list",
}
"""What a value must be beyond its kind, by pydantic's name for the error."""

_ANY_VALUE = {
    "whole": Sentence("any whole number"),
    "real": Sentence("any number"),
    "switch": Sentence("true or false"),
    "text": Sentence("any text"),
}
"""The range of a field without limits."""


def _refusal(setting: Setting, rule: Sentence, value: object, index: int | None = None) -> Problem:
    sentence = Sentence(
        "`{field}` must be {rule}, and it is {value!r}: use {accepted}.",
        field=setting.name if index is None else f"{setting.name}[{index}]",
        rule=rule,
        value=value,
        accepted=setting.range,
    )
    nearest = None if setting.is_list and index is None else _nearest(setting, value)
    return Problem(
        setting.name, sentence, index=index, remedies=() if nearest is None else (set_to(setting.name, nearest, index),)
    )


def _of_whole_list(problems: list[Problem], given: Value) -> list[Problem]:
    """Problems of entries of a list that was `given` and is not kept: their remedy is the list with all of them."""
    proposed = [remedy for problem in problems for remedy in problem.remedies if remedy.index is not None]
    if not proposed:
        return problems
    whole = given
    for remedy in proposed:
        whole = replace_entry(whole, remedy.index, remedy.value)
    remedies = (set_to(proposed[0].field, whole),) if len(proposed) == len(problems) else ()
    return [replace(problem, remedies=remedies) for problem in problems]


def _nearest(setting: Setting, value: object) -> Scalar | None:
    """The value nearest to `value`, or to what that text writes, that the field accepts; None where nothing is near."""
    if setting.kind == "choice":
        return _similar_choice(setting, value)
    if setting.kind not in ("whole", "real") or setting.minimum is None or isinstance(value, bool):
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    inside = max(setting.minimum, min(number, math.inf if setting.maximum is None else setting.maximum))
    if not math.isfinite(inside) or math.isnan(number):
        return None
    if setting.kind == "real":
        return float(inside)
    step = setting.multiple_of or 1
    nearest = round(inside / step) * step
    return int(nearest + step if nearest < setting.minimum else nearest)


def _similar_choice(setting: Setting, value: object) -> str | None:
    """The choice whose name, or written form, is like the text."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        return None
    written = {setting.written(choice).lower(): choice for choice in setting.choices}
    known = {**written, **{choice.lower(): choice for choice in setting.choices}}
    near = nearest_name(value.lower(), known)
    return None if near is None else known[near]


def _resized(entries: tuple[Scalar, ...], length: int) -> tuple[Scalar, ...]:
    """The first entries, or all of them and the last one repeated."""
    return (*entries[:length], *entries[-1:] * (length - len(entries)))


def _wrong_length(setting: Setting, length: int, entries: tuple[Scalar, ...]) -> Problem:
    """The problem of a list of that length; `entries` are those that can be kept."""
    sentence = Sentence(
        "`{field}` must have {minimum} to {maximum} values, and it has {length}: add or remove some.",
        field=setting.name,
        minimum=setting.min_length,
        maximum=setting.max_length,
        length=length,
    )
    fitting = _resized(entries, min(max(length, setting.min_length), setting.max_length)) if entries else ()
    return Problem(setting.name, sentence, remedies=(set_to(setting.name, fitting),) if fitting else ())


def _unknown_names(cls: type[Spec], names: Sequence[str], texts: Mapping[str, str]) -> list[Problem]:
    """A sentence for each of the first names, and one for all others: looking for near ones takes time."""
    problems = [_unknown(cls, name, texts) for name in names[:MOST_EXPLAINED]]
    if len(names) > MOST_EXPLAINED:
        template = "{count} more names are not knobs of {noun}: leave them out."
        sentence = Sentence(template, count=len(names) - MOST_EXPLAINED, noun=cls.noun)
        problems.append(Problem(names[MOST_EXPLAINED], sentence))
    return problems


def _unknown(cls: type[Spec], name: str, texts: Mapping[str, str]) -> Problem:
    """The problem of a name that is no field's; its text may be meant for the field whose name is like it."""
    known = cls.settings()
    remedy = did_you_mean(name, known) if known else Sentence("leave it out.")
    sentence = Sentence("`{name}` is not a knob of {noun}: {remedy}", name=name, noun=cls.noun, remedy=remedy)
    meant = nearest_name(name, known)
    given = {meant: texts[name]} if meant is not None and name in texts and meant not in texts else {}
    values, _ = cls.parse(given)
    return Problem(name, sentence, remedies=tuple(set_to(field, value) for field, value in values.items()))


def _problems(cls: type[Spec], error: ValidationError) -> list[Problem]:
    found: list[Problem] = []
    details = error.errors(include_url=False)
    bad_entries = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
    for detail in details:
        if detail["type"] == "relations":
            found.extend(detail["ctx"]["problems"])
        # pydantic leaves bad entries out when it counts, and then finds the list too short.
        elif detail["type"] != "too_short" or detail["loc"][0] not in bad_entries:
            found.append(_explain(cls, detail, detail["loc"]))
    return [problem.of(cls.settings()) for problem in found]


def _explain(cls: type[Spec], detail: ErrorDetails, place: tuple[int | str, ...]) -> Problem:
    """A pydantic error at `place` (field, then index) as a sentence."""
    name = str(place[0])
    if detail["type"] == "extra_forbidden":
        return _unknown(cls, name, {})
    setting, limits = cls.settings()[name], detail.get("ctx", {})
    index = place[1] if len(place) > 1 and isinstance(place[1], int) else None
    if detail["type"] in ("too_short", "too_long"):
        return _wrong_length(setting, limits["actual_length"], tuple(detail["input"]))
    rule = Sentence(_LIMITS.get(detail["type"], _KINDS[setting.kind]), **limits)
    return _refusal(setting, rule, detail["input"], index)
