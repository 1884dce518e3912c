"""Which layers cost most, and which knob would about halve each: sentences with a field."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from cnnlab.analysis.costs import analyse
from cnnlab.analysis.sensitivity import KnobChange, changed_layer, scaled_knobs
from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine
from cnnlab.spec import Problem, Refused
from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence

Cost = Callable[[Layer], int]

_COSTS: dict[str, Cost] = {
    "`{layer}` has {share:.0%} of the parameters": lambda row: row.params,
    "`{layer}` has {share:.0%} of the MACs": lambda row: row.macs,
    "`{layer}` has {share:.0%} of the memory for activations": lambda row: row.kept_bytes,
}
"""What a layer can be the largest in, by what is said of that layer."""

MOST_TRIED_ROWS = 50_000
"""Rows of all networks that are tried, some ten thousand of which are analysed in a second or two."""


@lru_cache(maxsize=128)
def largest_layers(spec: NetworkSpec) -> tuple[Problem, ...]:
    """The layer with the most parameters, the most MACs and the most memory in train mode, and a knob that would about
    halve it.

    Each number of the spec is tried at half its value, at the cost of a pass each. Raises `Refused` if that takes long.
    """
    rows = analyse(spec).training_rows
    changes = list(scaled_knobs(spec, 0.5))
    if len(changes) * len(rows) > MOST_TRIED_ROWS:
        sentence = Sentence(
            "{knobs} knobs of a network of {rows} layers and operations would be tried at half their values, which"
            " takes too long: the table of layers can be sorted by each cost.",
            knobs=len(changes),
            rows=len(rows),
        )
        raise Refused([Problem("largest_layers", sentence)])
    found = (_largest(rows, what, cost, changes) for what, cost in _COSTS.items() if any(map(cost, rows)))
    return tuple(problem.of(spec.settings()) for problem in found)


def _largest(rows: Sequence[Layer], template: str, cost: Cost, changes: Sequence[KnobChange]) -> Problem:
    row, total = max(rows, key=cost), sum(map(cost, rows))
    what = Sentence(template, layer=row.path, share=cost(row) / total)
    changed = [(change, changed_layer(change, row)) for change in changes]
    shares = [(cost(other) / cost(row), change) for change, other in changed if other is not None]
    # About half is left, or about a quarter of what follows a square.
    found = [(left, change) for left, change in shares if 0.2 <= left <= 0.6]
    if not found:
        return Problem("image_size", Sentence("{what}, and no single knob halves that.", what=what), layer=row.path)
    left, change = min(found, key=lambda candidate: abs(candidate[0] - 0.5))
    sentence = Sentence(
        "{what}: `{name}` = {value} would leave {left:.0%} of that, and {left_of_network:.0%} of the network's.",
        what=what,
        name=change.name,
        value=change.value,
        left=left,
        left_of_network=sum(map(cost, examine(change.spec).training.layers)) / total,
    )
    return Problem(change.field, sentence, index=change.index, layer=row.path)
