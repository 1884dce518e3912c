"""What runs are called: by default, and in one chart, where what they have in common goes without saying."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnlab.runs.comparing import group_name
from cnnlab.runs.run import Run
from cnnlab.spec import text_of
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

_CHANGE = r"\w+=[^\s,]+(,[^\s,]+)*|seed \d+|from epoch \d+"


def default_name(spec: "NetworkSpec", recipe: Recipe) -> str:
    """The name of the network, and the values of the recipe that are not the defaults.

    >>> from cnnlab.architectures import preset
    >>> default_name(preset("lenet5_tutorial"), Recipe(epochs=5))
    'lenet5_tutorial, epochs=5'
    """
    from cnnlab.architectures import name_of

    changes = recipe.changes_from(Recipe())
    return ", ".join([name_of(spec), *(f"{field}={text_of(value)}" for field, value in changes.items())])


def labels(groups: Sequence[Sequence[Run]]) -> list[str]:
    """What tells each of the groups from the others: the name that somebody gave it, or else what differs.

    That is the network where they are of several presets, and the values of the fields that are not the same in all,
    as `activation=sigmoid`. Groups that only repeat each other have their names.
    """
    firsts = [group[0] for group in groups]
    differences = _differences(firsts, with_seed=all(len(group) == 1 for group in groups))
    names = [group_name(group) for group in groups]
    shown = [
        difference if difference and _is_default(run, name) else name
        for run, name, difference in zip(firsts, names, differences, strict=True)
    ]
    return [
        f"{label}, {difference}" if difference and label != difference and shown.count(label) > 1 else label
        for label, difference in zip(shown, differences, strict=True)
    ]


def _is_default(run: Run, name: str) -> bool:
    """Whether nobody has typed the name."""
    from cnnlab.architectures import name_of

    start, cut, _ = name.partition("…")
    if cut:
        return default_name(run.spec, run.recipe).startswith(start)
    network = name_of(run.spec)
    return name.startswith(network) and re.fullmatch(f"(, ({_CHANGE}))*", name.removeprefix(network)) is not None


def _differences(runs: Sequence[Run], *, with_seed: bool) -> list[str]:
    """For each run, what is not the same in all of them."""
    from cnnlab.architectures import family_of, name_of

    names = [name_of(run.spec) for run in runs]
    # Fields of one preset are compared one by one; where there are several, the name of the network says it best.
    are_alike = (
        len({(family_of(run.spec).name, name.partition(" with ")[0]) for run, name in zip(runs, names, strict=True)})
        == 1
    )
    fields = [{**(run.spec.values if are_alike else {}), **run.recipe.values} for run in runs]
    kept = [field for field in fields[0] if any(values[field] != fields[0][field] for values in fields)]
    if not with_seed:
        kept = [field for field in kept if field != "seed"]
    parts = [[f"{field}={text_of(values[field])}" for field in kept] for values in fields]
    for run, name, own in zip(runs, names, parts, strict=True):
        if not are_alike:
            own.insert(0, name)
        if run.parent_epoch is not None and any(other.parent_epoch != run.parent_epoch for other in runs):
            own.append(f"from epoch {run.parent_epoch}")
    return [", ".join(own) for own in parts]
