"""How the parameters of a run change over its epochs, from the checkpoints that are kept."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnlab.home import default_folder
from cnnlab.runs.results.trained import network_epochs
from cnnlab.runs.run import NotPossible, Run
from cnnlab.runs.thinning import thinned_indices
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Shares of the values that are at most the quantile; the middle one is the median."""

NUM_BINS = 40
"""Bins of a histogram, unless another number is asked for."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightHistory:
    """The distribution of one parameter tensor after E epochs; epoch 0 is before the first step.

    `quantiles` (E, 7) are those of `QUANTILES`, `means` and `stds` (E,) the mean and the standard deviation, without
    Bessel's correction, and `counts` (E, B) the values in the B bins between the common `edges` (B + 1,). Values that
    are infinite or not a number are left out, and only `num_not_finite` (E,) counts them; an epoch without any other
    has NaN.
    """

    name: str
    shape: tuple[int, ...]
    epochs: tuple[int, ...]
    means: Values
    stds: Values
    quantiles: Values = field(repr=False)
    edges: Values = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    num_not_finite: NDArray[np.int64] = field(repr=False)


def weight_history(
    run: Run, name: str, *, num_bins: int = NUM_BINS, max_epochs: int | None = None, folder: Path | None = None
) -> WeightHistory:
    """The values of that parameter tensor after each kept epoch, or the first and `max_epochs` others, evenly.

    `folder` is that of the store, by default the user's. Raises `Refused` where the network has no such parameter,
    `NotPossible` where no epoch is kept, and `DamagedCheckpoint`.

    >>> import time
    >>> from cnnlab.architectures import preset
    >>> from cnnlab.runs import open_store, submit
    >>> from cnnlab.training import Recipe
    >>> run, store = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2)), open_store()
    >>> while store.run(run.id).active:
    ...     time.sleep(0.1)
    >>> history = weight_history(run, "features.conv1.weight")
    >>> history.epochs, history.shape, history.counts.sum(axis=1).tolist()
    ((0, 1, 2), (6, 1, 5, 5), [150, 150, 150])
    >>> weight_table(run).query("epoch == 2").shape
    (10, 4)
    >>> store.close()
    """
    _check_name(run, name)
    epochs, shape = _epochs(run, max_epochs, folder), ()
    quantiles, means, stds, bad = [], [], [], []
    for epoch in epochs:
        values = _tensors(run, epoch, name, folder)[name]
        shape, finite = values.shape, values[np.isfinite(values)]
        quantiles.append(np.quantile(finite, QUANTILES) if finite.size else np.full(len(QUANTILES), np.nan))
        means.append(finite.mean() if finite.size else np.nan)
        stds.append(finite.std() if finite.size else np.nan)
        bad.append(values.size - finite.size)
    ends = np.array(quantiles).reshape(-1, len(QUANTILES))
    known = ends[np.isfinite(ends)]
    edges = np.histogram_bin_edges(known, num_bins)
    counts = []
    for epoch in epochs:
        values = _tensors(run, epoch, name, folder)[name]
        counts.append(np.histogram(values[np.isfinite(values)], edges)[0])
    return WeightHistory(
        name=name,
        shape=tuple(shape),
        epochs=tuple(epochs),
        means=np.array(means),
        stds=np.array(stds),
        quantiles=ends,
        edges=edges,
        counts=np.array(counts).reshape(-1, num_bins),
        num_not_finite=np.array(bad, int),
    )


def weight_table(run: Run, *, max_epochs: int | None = None, folder: Path | None = None) -> "pd.DataFrame":
    """Mean and standard deviation of all parameter tensors after each kept epoch: a row for each epoch and tensor.

    Columns: `epoch`, `name`, `mean`, `std`; the last two are NaN where values are infinite or not a number. Arguments
    and errors are those of `weight_history`.
    """
    import pandas as pd

    with np.errstate(invalid="ignore"):
        rows = [
            (epoch, name, values.mean(dtype=float), values.std(dtype=float))
            for epoch in _epochs(run, max_epochs, folder)
            for name, values in _tensors(run, epoch, None, folder).items()
        ]
    return pd.DataFrame(rows, columns=["epoch", "name", "mean", "std"])


def _check_name(run: Run, name: str) -> None:
    from cnnlab.insight.refusals import refused
    from cnnlab.insight.weighted_layers import tensor_names
    from cnnlab.words.suggest import did_you_mean

    known = tensor_names(run.spec)
    if name not in known:
        template = "`name` must be a parameter of the network, and {name!r} is none: {remedy}"
        raise refused("name", template, name=name, remedy=did_you_mean(name, known))


def _epochs(run: Run, max_epochs: int | None, folder: Path | None) -> list[int]:
    kept = network_epochs(run, folder)
    if not kept:
        template = "The run {name!r} has no weights yet: wait for the end of its first epoch."
        raise NotPossible(Sentence(template, name=run.name))
    if max_epochs is None:
        return kept
    return list(dict.fromkeys([kept[0], *(kept[i] for i in thinned_indices(len(kept), max_epochs))]))


def _tensors(run: Run, epoch: int, name: str | None, folder: Path | None) -> dict[str, NDArray[np.float32]]:
    """The parameter tensor of that name, or all in the network's order, as the network was tested."""
    from cnnlab.insight.weighted_layers import tensor_names
    from cnnlab.runs.store.files import epoch_file
    from cnnlab.training.checkpoint import read_tested_weights
    from cnnlab.training.initialise import initial_network

    names = tensor_names(run.spec) if name is None else (name,)
    if epoch:
        found = read_tested_weights(epoch_file(folder or default_folder(), run.id, epoch), names)
        return {name: tensor.numpy() for name, tensor in found.items()}
    network = initial_network(run.spec, run.recipe.initialisation, run.recipe.seed)
    return {name: network.get_parameter(name).detach().numpy() for name in names}
