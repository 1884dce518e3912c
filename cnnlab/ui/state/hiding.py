"""Which knobs a link hides: `?hide=norm,depths` hides these, and `?only=width` all others of the same panel.

A hidden knob keeps its value. A panel of which `only` names no knob shows all of its knobs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import streamlit as st

from cnnlab.spec import MOST_EXPLAINED, Problem, Remedy, Setting
from cnnlab.training import Recipe
from cnnlab.ui.state.address import drop_problem, last_parameters, state_of_address
from cnnlab.ui.state.link import HIDE, ONLY
from cnnlab.words.sentence import Sentence
from cnnlab.words.suggest import did_you_mean, nearest_name

_STATE = "hidden knobs"


@dataclass(frozen=True, slots=True)
class Hiding:
    """The knobs that are hidden, by the names of their fields; or, if `is_only`, those that are not."""

    names: tuple[str, ...] = ()
    is_only: bool = False

    def hidden(self, panel: Collection[str]) -> frozenset[str]:
        """Which of a panel's knobs are hidden.

        >>> sorted(Hiding(("width",), is_only=True).hidden(["width", "norm", "groups"]))
        ['groups', 'norm']
        """
        named = frozenset(panel) & frozenset(self.names)
        return frozenset(panel) - named if self.is_only and named else frozenset() if self.is_only else named


def read_hiding(parameters: Mapping[str, str], network: Collection[str]) -> tuple[Hiding, tuple[Problem, ...]]:
    """What an address hides of the knobs of a `network` and of the recipe, and its problems; what is valid is used."""
    known = dict.fromkeys((*network, *Recipe.settings()))
    given = {field: _names(parameters[field]) for field in (ONLY, HIDE) if field in parameters}
    if not given:
        return Hiding(), ()
    field, names = next(iter(given.items()))
    problems = [_unknown(field, name, known) for name in names if name not in known][:MOST_EXPLAINED]
    if len(given) > 1:
        template = "A link has `{only}` or `{hide}`, and this one has both: `{only}` is used."
        problems.append(Problem(HIDE, Sentence(template, only=ONLY, hide=HIDE)))
    return Hiding(tuple(name for name in names if name in known), field == ONLY), tuple(problems)


def _unknown(field: str, name: str, known: Collection[str]) -> Problem:
    sentence = Sentence(
        "`{field}` must name knobs, and {name!r} is none: {remedy}",
        field=field,
        name=name,
        remedy=did_you_mean(name, known),
    )
    meant = nearest_name(name, known)
    what = Sentence("show only `{name}`" if field == ONLY else "hide `{name}`", name=meant)
    return Problem(field, sentence, remedies=() if meant is None else (Remedy(field, meant, None, what),))


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))


def write_hiding(hiding: Hiding) -> dict[str, str]:
    """The parameters of the address that `read_hiding` takes back."""
    return {ONLY if hiding.is_only else HIDE: ",".join(hiding.names)} if hiding.names else {}


def take_hiding(network: Mapping[str, Setting]) -> tuple[Problem, ...]:
    """Hides what the address says, of the knobs of a `network` and of the recipe; returns the address's problems."""
    problems = state_of_address(_STATE, lambda: read_hiding(last_parameters(), network))[1]
    return tuple(problem.of({**Recipe.settings(), **network}) for problem in problems)


def follow_hiding_link(problem: Problem, remedy: Remedy) -> None:
    """Names the knob that a remedy proposes, too."""
    known, problems = st.session_state[_STATE]
    names = tuple(dict.fromkeys((*known.names, str(remedy.value))))
    st.session_state[_STATE] = (Hiding(names, remedy.field == ONLY), problems)
    drop_problem(_STATE, problem)


def hiding() -> Hiding:
    """What is hidden in this session."""
    known: Hiding = st.session_state.get(_STATE, (Hiding(), ()))[0]
    return known
