"""The address of a comparison, and links to networks that people paste.

`?net=resnet18&net=resnet18:width=48&net=resnet20_cifar:run=h7k2m9&baseline=2`: a part for each network, written as on
the command line: the preset, then what differs from it. `run` is a finished run whose accuracy goes with its network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote, unquote, urlsplit

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.architectures.references import PREFIX
from cnnlab.building import diagnose
from cnnlab.figures.palette import ENTRY_LETTERS
from cnnlab.spec import Problem, Refused, Remedy, text_of
from cnnlab.ui.state.link import OTHER_PARAMETERS, Choice, choice_of, is_tracking, read, write
from cnnlab.words.reading import read_number
from cnnlab.words.sentence import Sentence

MOST_NETWORKS = len(ENTRY_LETTERS)
"""As many as there are letters and colours."""

NETWORK, BASELINE, RUN = "net", "baseline", "run"
"""Names in the address."""


@dataclass(frozen=True, slots=True)
class ComparedNetwork:
    """One network of a comparison, and the id of the run whose accuracy goes with it."""

    spec: NetworkSpec
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Networks in the order of their letters, and the place of the baseline among them."""

    networks: tuple[ComparedNetwork, ...] = ()
    baseline: int = 0

    @property
    def specs(self) -> tuple[NetworkSpec, ...]:
        return tuple(network.spec for network in self.networks)

    def with_network(self, network: ComparedNetwork) -> "Comparison":
        """With one more at the end, unless it is there already. Raises `Refused` if there is no room."""
        if network in self.networks:
            return self
        if len(self.networks) >= MOST_NETWORKS:
            raise Refused([_too_many(len(self.networks) + 1)])
        return replace(self, networks=(*self.networks, network))

    def without(self, index: int) -> "Comparison":
        """Without the network in that place; if that was the baseline, the first of the others is."""
        rest = self.networks[:index] + self.networks[index + 1 :]
        return Comparison(rest, 0 if index == self.baseline else self.baseline - (index < self.baseline))


def write_network(network: ComparedNetwork) -> str:
    """The network in the form that `read_network` takes back.

    >>> write_network(ComparedNetwork(preset("resnet18").replace(width=48), run="h7k2m9"))
    'resnet18:width=48:run=h7k2m9'
    """
    parameters = write(choice_of(network.spec))
    name = parameters.pop("preset")
    return _joined(name, {**parameters, RUN: network.run} if network.run else parameters)


def read_network(text: str) -> ComparedNetwork:
    """The network that a part of an address describes. Raises `Refused` with all problems."""
    name, parameters = _parts(text)
    run = parameters.pop(RUN, "").strip() or None
    preset(name)  # without a preset, the other values have no meaning
    return ComparedNetwork(_working(*read({**parameters, "preset": name})), run)


def _parts(text: str) -> tuple[str, dict[str, str]]:
    """The preset's name, and the texts of the values after it. Raises `Refused`."""
    prefix = PREFIX if text.strip().startswith(PREFIX) else ""
    name, *changes = text.strip().removeprefix(prefix).split(":")
    name = prefix + name.strip()
    parameters, problems = {}, []
    for change in changes:
        field, separator, value = change.partition("=")
        parameters[field.strip()] = unquote(value)
        if not separator:
            template = "A change is written field=value, and it is {change!r}: write {name}:{field}=VALUE."
            sentence = Sentence(template, change=change, name=name, field=change or "width")
            problems.append(Problem(NETWORK, sentence))
    if problems:
        raise Refused(problems)
    return name, parameters


def _joined(name: str, parameters: Mapping[str, str]) -> str:
    """The text that `_parts` takes apart; a colon in a value would end it."""
    return ":".join([name, *(f"{field}={quote(text, safe=' ,;=()[]+*/|<>')}" for field, text in parameters.items())])


def _followed(text: str, problem: Problem, remedy: Remedy) -> str:
    """The text of a network with the value that the remedy proposes, instead of the one that has the problem."""
    name, parameters = _parts(text)
    if remedy.field == "preset":
        return _joined(str(remedy.value), parameters)
    choice, _ = read({**parameters, "preset": name})
    # A name that is no field's was meant for that field.
    known = {field: value for field, value in parameters.items() if field != problem.field or field in choice.values}
    return _joined(name, {**known, remedy.field: text_of(remedy.applied(choice.values)[remedy.field])})


def read_networks(texts: Sequence[str]) -> tuple[dict[int, ComparedNetwork], tuple[Problem, ...]]:
    """The networks that are valid, by their place among the texts, and the problems of the others.

    A remedy of such a problem is the text of the network with the proposed value, and `index` its place.
    """
    networks: dict[int, ComparedNetwork] = {}
    problems: list[Problem] = []
    for place, text in enumerate(texts):
        try:
            networks[place] = read_network(text)
        except Refused as refused:
            problems += [_of_network(problem, text, place) for problem in refused.problems]
    return networks, tuple(problems)


def _of_network(problem: Problem, text: str, place: int) -> Problem:
    remedies = tuple(Remedy(NETWORK, _followed(text, problem, each), None, each.what) for each in problem.remedies)
    return replace(problem, field=NETWORK, index=place, remedies=remedies)


def _working(choice: Choice, problems: Sequence[Problem]) -> NetworkSpec:
    """The spec of a valid choice. Raises `Refused`, also where its shapes do not fit."""
    if problems:
        raise Refused(problems)
    spec = preset(choice.preset).replace(**choice.values)
    broken = diagnose(spec)
    if broken is not None:
        raise Refused([broken])
    return spec


def read_comparison(parameters: Mapping[str, Sequence[str]]) -> tuple[Comparison, tuple[Problem, ...]]:
    """The comparison that an address describes, and its problems; what is valid is used."""
    named = parameters.get(NETWORK, ())
    # Reading a network takes as long as analysing it: no more are read than are used.
    given = named[:MOST_NETWORKS]
    networks, refused = read_networks(given)
    template = "Network {number} of the link, {text!r}: {problem}"
    problems = [] if len(given) == len(named) else [_first_used(len(named))]
    for problem in refused:
        assert problem.index is not None
        text = given[problem.index]
        sentence = Sentence(template, number=problem.index + 1, text=text, problem=problem.titled)
        problems.append(replace(problem, sentence=sentence))
    # The baseline counts all parts of the address, also invalid ones.
    baseline = _baseline(parameters.get(BASELINE, ()), len(given), problems)
    kept = list(networks)
    return Comparison(tuple(networks.values()), kept.index(baseline) if baseline in kept else 0), tuple(problems)


def _baseline(texts: Sequence[str], count: int, problems: list[Problem]) -> int:
    """The index of the baseline, or 0 with a problem if the address has no valid one."""
    text, limit = texts[-1] if texts else "1", max(count, 1)
    number = read_number(text, 1, limit)
    if number is not None:
        return number - 1
    template = "`{field}` must be the number of a network, 1 to {limit}, and it is {text!r}: the first is used."
    problems.append(Problem(BASELINE, Sentence(template, field=BASELINE, limit=limit, text=text)))
    return 0


def _first_used(count: int) -> Problem:
    template = "A comparison has at most {limit} networks, and the link names {count}: the first {limit} are used."
    return Problem(NETWORK, Sentence(template, limit=MOST_NETWORKS, count=count))


def _too_many(count: int) -> Problem:
    template = "A comparison has at most {limit} networks, and these are {count}: remove some."
    return Problem(NETWORK, Sentence(template, limit=MOST_NETWORKS, count=count))


def write_comparison(comparison: Comparison) -> dict[str, str | list[str]]:
    """The parameters of the address that `read_comparison` takes back."""
    parameters: dict[str, str | list[str]] = {}
    if comparison.networks:
        parameters[NETWORK] = [write_network(network) for network in comparison.networks]
    if comparison.baseline:
        parameters[BASELINE] = str(comparison.baseline + 1)
    return parameters


def read_pasted(text: str) -> tuple[tuple[ComparedNetwork, ...], tuple[Problem, ...]]:
    """The networks of a pasted text: a link to this page, a link to another page, or resnet18:width=48.

    With the problems of those that are not valid.
    """
    text = text.strip()
    parameters = _query_of(text)
    texts = parameters.get(NETWORK, [])
    if len(texts) > MOST_NETWORKS:
        return (), (_too_many(len(texts)),)
    if not texts and "preset" in parameters:
        given = {
            name: values[-1]
            for name, values in parameters.items()
            if name not in OTHER_PARAMETERS and not is_tracking(name)
        }
        texts = [_joined(given.pop("preset"), given)]
    if not texts and (not text or "/" in text or "?" in text):
        sentence = Sentence(
            "A link names its networks after a question mark, as ?preset= or ?net=, and this is {text!r}: copy it with"
            " Copy link, or write the name of a preset.",
            text=text,
        )
        return (), (Problem(NETWORK, sentence),)
    networks, problems = read_networks(texts or [text])
    return tuple(networks.values()), problems


def _query_of(text: str) -> dict[str, list[str]]:
    """The parameters of a pasted link; none where it is not a link."""
    try:
        return parse_qs(urlsplit(text).query, keep_blank_values=True)
    except ValueError:  # such as brackets in the name of the host
        return {}
