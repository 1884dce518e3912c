"""An attribution map, and whether to believe it."""

from dataclasses import dataclass

from scipy.stats import spearmanr
from torch import Tensor

from cnnlab.words.sentence import Sentence, joined

HARDLY_CHANGED = 0.8
"""From this rank correlation on, the map shows the image rather than the weights."""
PARTLY_CHANGED = 0.5
"""From this one on, only a part of the map is due to the weights."""
FEW_CELLS = 25
"""Maps with fewer cells than this have a high rank correlation by chance easily."""


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """How much each pixel of one image counts for the score of the class `target`.

    `values` and `random_values` are (H, W) and have the unit that the method states; the second are those of the same
    network with random weights. `rank_correlation` is Spearman's between the two, from -1 to 1, or None where one of
    them is the same everywhere; `check` says what follows. `problem` says why there is nothing to draw, where no value
    is positive. `probability` is what the network gives the class, from 0 to 1.
    """

    target: int
    probability: float
    values: Tensor
    random_values: Tensor
    rank_correlation: float | None
    check: Sentence
    problem: Sentence | None

    @property
    def depends_on_weights(self) -> bool:
        """Whether the map changes with random weights, as it should."""
        return self.rank_correlation is not None and abs(self.rank_correlation) < PARTLY_CHANGED


def rank_correlation(values: Tensor, others: Tensor) -> float | None:
    """Spearman's; None where values are not finite, or are all the same."""
    if not all(each.isfinite().all() and each.min() < each.max() for each in (values, others)):
        return None
    return float(spearmanr(values.flatten().numpy(), others.flatten().numpy()).statistic)


def verdict(correlation: float | None, num_cells: int) -> Sentence:
    """What the rank correlation with the map of random weights means."""
    if correlation is None:
        return Sentence(
            "There is no comparison with random weights, because one of the maps has the same value everywhere, or"
            " values that are not finite: do not believe it."
        )
    found = Sentence("rank correlation {correlation:.2f}", correlation=correlation)
    if correlation >= HARDLY_CHANGED:
        template = (
            "The map hardly changes with random weights ({found}): it shows the image rather than what was learned. Do"
            " not believe it."
        )
    elif correlation <= -HARDLY_CHANGED:
        template = (
            "With random weights the map is reversed ({found}): all but its sign comes from the image. Do not believe"
            " it."
        )
    elif abs(correlation) >= PARTLY_CHANGED:
        template = "The map changes only partly with random weights ({found}): believe it only where the two differ."
    else:
        template = "The map changes with random weights ({found}): it depends on the weights, as it should."
    sentence = Sentence(template, found=found)
    if num_cells >= FEW_CELLS:
        return sentence
    return joined([sentence, Sentence("It has only {cells} cells, so this may be chance.", cells=num_cells)])


def nothing_to_draw(values: Tensor, target: int) -> Sentence | None:
    """Why a map cannot be drawn; None where it has a positive value and all are finite."""
    if not values.isfinite().all():
        template = "The map of class {target} has values that are not finite: use weights from before they diverged."
    elif values.max() > 0:
        return None
    elif values.min() < 0:
        template = (
            "The map of class {target} has no positive value: nothing in the image counts for it. Choose another."
        )
    else:
        template = (
            "The map of class {target} is 0 everywhere: nothing in the image changes its score. Choose another class or"
            " method."
        )
    return Sentence(template, target=target)
