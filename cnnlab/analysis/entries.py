"""One network of a comparison: what it costs, and what accuracies are known of it."""

from dataclasses import dataclass

from cnnlab.analysis.costs import Analysis, analyse
from cnnlab.architectures import FAMILIES, NetworkSpec, Published, family_of
from cnnlab.spec import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a finished run reached: `accuracy` is the share of the test images, in per cent, that it got right."""

    dataset: str
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A network whose shapes fit, under the name that it has in the comparison.

    `latency` is the measured time of the forward pass of one image, in seconds, or None.
    """

    name: str
    analysis: Analysis
    published: Published | None = None
    reached: Reached | None = None
    latency: float | None = None


def entry_of(
    spec: NetworkSpec, *, name: str = "", reached: Reached | None = None, latency: float | None = None
) -> Entry:
    """The network as one of a comparison, by this name or the one that `name_of` gives it.

    Raises `Refused` where its shapes break.
    """
    return entry_of_analysis(analyse(spec), name=name, reached=reached, latency=latency)


def entry_of_analysis(
    analysis: Analysis, *, name: str = "", reached: Reached | None = None, latency: float | None = None
) -> Entry:
    """A network that has been analysed as one of a comparison. Raises `Refused` where its shapes break."""
    if analysis.problem is not None:
        raise Refused([analysis.problem])
    known = None if analysis.description is None else published(analysis.description)
    return Entry(name=name or analysis.name, analysis=analysis, published=known, reached=reached, latency=latency)


def published(spec: NetworkSpec) -> Published | None:
    """What is published about exactly this network, if it is a preset of which something is published."""
    family = family_of(spec)
    return next((family.published.get(name) for name, known in family.presets.items() if known == spec), None)


def published_entries(dataset: str) -> list[Entry]:
    """Every preset of the lab's own families of which an accuracy on that data set is published, family by family."""
    return [
        entry_of(family.presets[name])
        for family in FAMILIES.values()
        if not family.is_read_only
        for name, known in family.published.items()
        if known.dataset == dataset
    ]
