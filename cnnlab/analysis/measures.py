"""The numbers by which networks are compared: costs, sizes, and the accuracies that are known.

A measure is declared once, here. The tables, charts and cards of the pages, the command line, the data frame of
`cnnlab.compare` and the exported tables all read this registry, and docs/measures.md has a heading for each entry.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter

from cnnlab.analysis.entries import Entry, Reached
from cnnlab.analysis.memory import training_memory
from cnnlab.analysis.units import BYTES, COUNT, PERCENT, PIXELS, SECONDS, YEAR, MeasureUnit
from cnnlab.architectures import Published, family_of
from cnnlab.words import numbers

TRAINING_BATCH, TRAINING_OPTIMIZER = 32, "adam"
"""The batch size and the optimizer of the training memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of a network: `of` reads it off an entry, None where it is not known.

    `name` is its column in a data frame and its key in JSON and in links, `title` its name on pages, `symbol` what is
    written behind the number where it stands alone ("1.81 GMACs"). `help` explains it in full sentences, of which the
    first is also the first one below its heading in docs/measures.md. A cost is better when smaller, and is compared as
    a ratio. One that `may_be_partial` leaves out operations that no rule counts. `dataset` is that of a published
    accuracy.
    """

    name: str
    title: str
    unit: MeasureUnit
    help: str
    of: Callable[[Entry], float | None]
    symbol: str = ""
    is_cost: bool = False
    may_be_partial: bool = False
    dataset: str | None = None

    def text(self, value: float | None) -> str:
        """The value with its unit; a dash where it is not known.

        >>> MEASURES["macs"].text(568_740_352), MEASURES["macs"].text(None)
        ('569 M', '–')
        """
        return "–" if value is None else self.unit.short(value)

    def text_with_symbol(self, value: float | None) -> str:
        """The value with its symbol, for where no title stands beside it.

        >>> MEASURES["macs"].text_with_symbol(568_740_352)
        '569 MMACs'
        """
        text = self.text(value)
        return text if value is None or not self.symbol else f"{text}{'' if text[-1].isalpha() else ' '}{self.symbol}"

    def exact_text(self, value: float | None) -> str:
        """Every digit of a count or size; "" where three digits say it all."""
        return "" if value is None or self.unit.exact is None else self.unit.exact(value)

    def change_text(self, new: float | None, old: float | None) -> str:
        """How a value differs from another, as in "44 % fewer"; "" where nothing can be said."""
        return "" if new is None or old is None or self.unit.change is None else self.unit.change(new, old)

    def ratio_text(self, value: float | None, base: float | None) -> str:
        """A cost as a factor of the baseline's, an accuracy as a difference in points; "" for other measures."""
        if value is None or base is None:
            return ""
        if self.is_cost:
            return numbers.ratio(value, base)
        return self.change_text(value, base) if self.unit is PERCENT else ""


def _year(one: Entry) -> float | None:
    spec = one.analysis.description
    paper = None if spec is None else family_of(spec).paper
    return paper.year if paper else None


_OF_EVERY_NETWORK = (
    Measure(
        name="params",
        title="Parameters",
        unit=COUNT,
        help="The numbers that the network learns: weights, biases, and the scale and shift of normalisation layers.",
        of=attrgetter("analysis.params"),
        is_cost=True,
    ),
    Measure(
        name="macs",
        title="MACs",
        symbol="MACs",
        unit=COUNT,
        help="Multiply-accumulate operations in the forward pass of one image. Papers often print them as FLOPs.",
        of=attrgetter("analysis.macs"),
        is_cost=True,
        may_be_partial=True,
    ),
    Measure(
        name="activation_bytes",
        title="Activations",
        unit=BYTES,
        help="Memory of the values that training keeps from the forward pass of one image for the backward pass.",
        of=attrgetter("analysis.activation_bytes"),
        is_cost=True,
        may_be_partial=True,
    ),
    Measure(
        name="training_bytes",
        title="Training memory",
        unit=BYTES,
        help=f"Memory of a training step with {TRAINING_BATCH} images and {TRAINING_OPTIMIZER.capitalize()}: weights,"
        " gradients, optimizer state, activations and images, in float32.",
        of=lambda one: training_memory(one.analysis, batch_size=TRAINING_BATCH, optimizer=TRAINING_OPTIMIZER).total,
        is_cost=True,
        may_be_partial=True,
    ),
    Measure(
        name="num_layers",
        title="Layers",
        unit=COUNT,
        help="Convolution and dense layers from the image to the output, without those in shortcuts.",
        of=attrgetter("analysis.num_layers"),
    ),
    Measure(
        name="image_size",
        title="Image size",
        unit=PIXELS,
        help="Height and width of the input image.",
        of=attrgetter("analysis.image_size"),
    ),
    Measure(
        name="receptive_field",
        title="Receptive field",
        unit=PIXELS,
        help="Side of the part of the image on which one value of the last feature map can depend.",
        of=attrgetter("analysis.receptive_field"),
    ),
    Measure(
        name="year",
        title="Year",
        unit=YEAR,
        help="The year in which the paper of the family was published.",
        of=_year,
    ),
    Measure(
        name="weight_bytes",
        title="Weights",
        unit=BYTES,
        help="Memory of the parameters in float32.",
        of=attrgetter("analysis.weight_bytes"),
        is_cost=True,
    ),
    Measure(
        name="flops",
        title="FLOPs",
        symbol="FLOPs",
        unit=COUNT,
        help="Twice the MACs: each is one multiplication and one addition.",
        of=attrgetter("analysis.flops"),
        is_cost=True,
        may_be_partial=True,
    ),
)

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _OF_EVERY_NETWORK}
"""What is known of every network, in the order of the columns."""

HEADLINE = ("params", "macs", "activation_bytes", "weight_bytes", "num_layers")
"""The measures with a card on the Explore page, in this order."""

MAIN_COSTS = ("params", "macs", "activation_bytes")
"""The costs with bars on the Compare page; the others follow from them."""

LATENCY = Measure(
    name="latency",
    title="Time",
    unit=SECONDS,
    help="Forward pass of one image, measured on the chosen device: the median of several runs.",
    of=attrgetter("latency"),
    is_cost=True,
)
"""What is known of a network once its time has been measured."""


def known_measures(entries: Iterable[Entry]) -> dict[str, Measure]:
    """All measures that are known of at least one of the networks: `MEASURES`, the time, the accuracies."""
    known = list(entries)
    timed = {LATENCY.name: LATENCY} if any(one.latency is not None for one in known) else {}
    return {**MEASURES, **timed, **accuracies(known)}


def axis_measures(entries: Iterable[Entry]) -> dict[str, Measure]:
    """The measures to choose an axis from: `MEASURES`, the time, and the accuracies of these networks."""
    return {**MEASURES, LATENCY.name: LATENCY, **accuracies(entries)}


def accuracies(entries: Iterable[Entry]) -> dict[str, Measure]:
    """The accuracies that at least one of the networks has: published ones, then those of runs of this lab.

    Accuracies on different data sets are different measures.
    """
    known = list(entries)
    published = [one.published for one in known if one.published is not None]
    measures = [
        _published(kind, paper.dataset)
        for kind in _PUBLISHED
        for paper in published
        if getattr(paper, kind) is not None
    ]
    measures += [_of_own_run(one.reached.dataset) for one in known if one.reached is not None]
    return {measure.name: measure for measure in measures}


_PUBLISHED = {
    "top1": ("top-1", "the class with the largest score is the right one"),
    "top5": ("top-5", "the right class is among the five with the largest scores"),
}


def _published(kind: str, dataset: str) -> Measure:
    title, counted = _PUBLISHED[kind]
    return Measure(
        name=f"{kind}_{_slug(dataset)}",
        title=f"{dataset} {title}",
        unit=PERCENT,
        help=f"Published: the share of the test images of {dataset} for which {counted}.",
        of=lambda one: getattr(_on(dataset, one.published), kind, None),
        dataset=dataset,
    )


def _of_own_run(dataset: str) -> Measure:
    return Measure(
        name=f"run_{_slug(dataset)}",
        title=f"{dataset}, own run",
        unit=PERCENT,
        help=f"The share of the test images of {dataset} that a run of this lab classified correctly after its last"
        " epoch.",
        of=lambda one: getattr(_on(dataset, one.reached), "accuracy", None),
    )


def _on(dataset: str, accuracy: Published | Reached | None) -> Published | Reached | None:
    return accuracy if accuracy is not None and accuracy.dataset == dataset else None


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in text.lower())
