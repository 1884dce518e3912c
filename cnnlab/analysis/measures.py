"""By what numbers networks are compared: costs, sizes, and the accuracies that are known."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.memory import training_memory
from cnnlab.architectures import family_of

TRAINING_BATCH, TRAINING_OPTIMIZER = 32, "adam"
"""What the memory for training is said of."""

Unit = Literal["count", "bytes", "pixels", "percent", "year", "seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One such number: `name` is its column in a table, `of` its value, None where it is not known.

    A cost is better small, and is compared as a ratio; what is no cost is only read. `dataset` is that of a published
    accuracy.
    """

    name: str
    title: str
    unit: Unit
    help: str
    of: Callable[[Entry], float | None]
    is_cost: bool = False
    dataset: str | None = None


def _cost(name: str, title: str, unit: Unit, help: str) -> Measure:
    return Measure(name=name, title=title, unit=unit, help=help, of=attrgetter(f"analysis.{name}"), is_cost=True)


def _training_bytes(one: Entry) -> float | None:
    return training_memory(one.analysis, batch_size=TRAINING_BATCH, optimizer=TRAINING_OPTIMIZER).total


def _year(one: Entry) -> float | None:
    paper = family_of(one.analysis.spec).paper
    return paper.year if paper else None


_KNOWN = (
    _cost("params", "Parameters", "count", "Weights, biases, and scale and shift of normalisations."),
    _cost("macs", "MACs", "count", "Multiply-accumulates for one image, forward. Papers often print them as FLOPs."),
    _cost("activation_bytes", "Activations", "bytes", "What training keeps of one image for the backward pass."),
    Measure(
        name="training_bytes",
        title="Training",
        unit="bytes",
        help=f"Memory for a training step with {TRAINING_BATCH} images and {TRAINING_OPTIMIZER.capitalize()}: weights,"
        " gradients, the optimiser's, activations and images, in float32.",
        of=_training_bytes,
        is_cost=True,
    ),
    Measure(
        name="num_layers",
        title="Layers",
        unit="count",
        help="Convolution and dense layers from image to answer, without those in shortcuts.",
        of=attrgetter("analysis.num_layers"),
    ),
    Measure(
        name="image_size",
        title="Image",
        unit="pixels",
        help="Height and width of the image.",
        of=attrgetter("analysis.spec.image_size"),
    ),
    Measure(
        name="receptive_field",
        title="Sees",
        unit="pixels",
        help="Receptive field: the side of what one cell of the last map sees of the image.",
        of=attrgetter("analysis.receptive_field"),
    ),
    Measure(
        name="year",
        title="Year",
        unit="year",
        help="When the paper of the family came out.",
        of=_year,
    ),
    _cost("weight_bytes", "Weights", "bytes", "The parameters in float32."),
    _cost("flops", "FLOPs", "count", "Twice the MACs: a multiplication and an addition each."),
)

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _KNOWN}
"""What is known of every network."""


LATENCY = Measure(
    name="latency",
    title="Time",
    unit="seconds",
    help="Measured on the device that was chosen: forward, one image, the median of several runs.",
    of=attrgetter("latency"),
    is_cost=True,
)
"""What is known of a network once somebody has measured it."""


def further(entries: Iterable[Entry]) -> dict[str, Measure]:
    """What is known of some of the networks only: the time, published accuracies, those of runs of this lab."""
    known = list(entries)
    measured = {LATENCY.name: LATENCY} if any(one.latency is not None for one in known) else {}
    return {**measured, **accuracies(known)}


def accuracies(entries: Iterable[Entry]) -> dict[str, Measure]:
    """The accuracies that at least one of the networks has: published ones, then those of runs of this lab.

    Accuracies on different data sets are different measures.
    """
    known = list(entries)
    told = [one.published for one in known if one.published is not None]
    measures = [_top1(p.dataset) for p in told if p.top1 is not None]
    measures += [_top5(p.dataset) for p in told if p.top5 is not None]
    measures += [_own(one.reached.dataset) for one in known if one.reached is not None]
    return {measure.name: measure for measure in measures}


def _top1(dataset: str) -> Measure:
    def of(one: Entry) -> float | None:
        return one.published.top1 if one.published is not None and one.published.dataset == dataset else None

    help = f"Published: how many of the test images of {dataset} its best guess is right for."
    return Measure(
        name=f"top1_{_slug(dataset)}",
        title=f"{dataset} top-1",
        unit="percent",
        help=help,
        of=of,
        dataset=dataset,
    )


def _top5(dataset: str) -> Measure:
    def of(one: Entry) -> float | None:
        return one.published.top5 if one.published is not None and one.published.dataset == dataset else None

    help = f"Published: how many of the test images of {dataset} one of its five best guesses is right for."
    return Measure(
        name=f"top5_{_slug(dataset)}",
        title=f"{dataset} top-5",
        unit="percent",
        help=help,
        of=of,
        dataset=dataset,
    )


def _own(dataset: str) -> Measure:
    def of(one: Entry) -> float | None:
        return one.reached.accuracy if one.reached is not None and one.reached.dataset == dataset else None

    help = f"How many of the test images of {dataset} a run of this lab got right after its last epoch."
    return Measure(name=f"run_{_slug(dataset)}", title=f"{dataset}, own run", unit="percent", help=help, of=of)


def _slug(text: str) -> str:
    """A name that can stand in an address."""
    return "".join(letter if letter.isalnum() else "_" for letter in text.lower())
