"""The norms of a run's gradients and weights over its steps: of each parameter tensor, and of each layer."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnlab.home import default_folder
from cnnlab.runs.run import NotPossible, Run
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from cnnlab.insight.gradient_diagnosis import Diagnosis

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Norms:
    """Euclidean norms at S steps of T parameter tensors, in the order of `network.parameters()`.

    `steps` are the numbers of the measured steps, from 1, and `seconds` the time of computing until the measurement
    was recorded; both have the shape (S,). `gradients` (S, T) are as the optimizer has used them: after clipping,
    before weight decay. `weights` (S, T) are after the step.
    """

    steps: NDArray[np.int64]
    seconds: Values
    tensors: tuple[str, ...]
    gradients: Values
    weights: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerNorms:
    """The same norms of L layers with weights, without biases, in the order in which a training image meets them.

    `gradients` and `weights` have the shape (S, L).
    """

    steps: NDArray[np.int64]
    seconds: Values
    layers: tuple[str, ...]
    gradients: Values
    weights: Values

    @property
    def relative(self) -> Values:
        """The gradient norms as multiples of the weight norms (S, L); infinite for a gradient of weights of 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self.gradients / self.weights
        return np.where((self.gradients == 0) & (self.weights == 0), 0.0, ratios)

    def diagnosis(self, index: int = -1) -> "Diagnosis":
        """What the rules of `cnnlab.insight.gradient_diagnosis` say of one of the steps, by default of the last."""
        from cnnlab.insight.gradient_diagnosis import LayerGradient, diagnose

        columns = zip(self.layers, self.gradients[index].tolist(), self.weights[index].tolist(), strict=True)
        layers = [
            LayerGradient(name=name, gradient_norm=gradient, weight_norm=weight) for name, gradient, weight in columns
        ]
        return diagnose(layers)

    def worst(self) -> int:
        """The index of the step with the worst verdict, and among several that where first and last layer differ most.

        Of equal ones it is the first.
        """
        first, last = (np.nan_to_num(self.gradients[:, end], nan=0.0) for end in (0, -1))
        tiny = np.finfo(float).tiny
        factors = np.abs(np.log(np.maximum(first, tiny)) - np.log(np.maximum(last, tiny)))
        grades = [self.diagnosis(index).severity for index in range(len(self.steps))]
        return max(range(len(self.steps)), key=lambda index: (grades[index], factors[index]))


def norms(run: Run, *, folder: Path | None = None, max_points: int | None = None) -> Norms:
    """The norms that were measured in the run's steps, about twice a second; with `max_points` at most as many, evenly.

    `folder` is that of the store, by default the user's. Raises `NotPossible` where there are none.

    >>> import time
    >>> from cnnlab.architectures import preset
    >>> from cnnlab.runs import open_store, submit
    >>> from cnnlab.training import Recipe
    >>> run, store = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=1)), open_store()
    >>> while store.run(run.id).active:
    ...     time.sleep(0.1)
    >>> measured = norms(run)
    >>> measured.tensors[:2], int(measured.steps[0]), measured.gradients.shape == measured.weights.shape
    (('features.conv1.weight', 'features.conv1.bias'), 1, True)
    >>> layer_norms(run).diagnosis().verdict
    'fine'
    >>> store.close()
    """
    from cnnlab.insight.weighted_layers import tensor_names
    from cnnlab.runs.store.files import norms_file
    from cnnlab.runs.store.norms_file import read_norms

    found = read_norms(norms_file(folder or default_folder(), run.id), max_points)
    if found is None:
        raise NotPossible(_why_none(run))
    names = tensor_names(run.spec)
    if found.values.shape[2] != len(names):
        template = (
            "The norms of run {name!r} are of {count} parameter tensors, and its network has {now}: another version of"
            " CNN Lab trained it. Train it again."
        )
        raise NotPossible(Sentence(template, name=run.name, count=found.values.shape[2], now=len(names)))
    gradients, weights = found.values[:, 0], found.values[:, 1]
    return Norms(steps=found.steps, seconds=found.seconds, tensors=names, gradients=gradients, weights=weights)


def layer_norms(run: Run, *, folder: Path | None = None, max_points: int | None = None) -> LayerNorms:
    """The norms of the layers with weights of two dimensions or more; the arguments and errors are those of `norms`."""
    from cnnlab.insight.weighted_layers import weighted_layers

    found = norms(run, folder=folder, max_points=max_points)
    layers = weighted_layers(run.spec)
    return LayerNorms(
        steps=found.steps,
        seconds=found.seconds,
        layers=tuple(layer.name for layer in layers),
        gradients=_together(found.gradients, [layer.places for layer in layers]),
        weights=_together(found.weights, [layer.places for layer in layers]),
    )


def _together(values: Values, groups: list[tuple[int, ...]]) -> Values:
    """The norms of all tensors of each group together, (S, groups)."""
    return np.stack([np.hypot.reduce(values[:, list(places)], axis=1) for places in groups], axis=1)


def _why_none(run: Run) -> Sentence:
    if run.active and not run.step:
        return Sentence("The run {name!r} has no gradient norms yet: wait for its first step.", name=run.name)
    if run.recipe.cuda_graph and run.device.startswith("cuda"):
        template = (
            "The run {name!r} has no gradient norms: with a CUDA graph, a step is launched at once and not measured."
            " Train it again with `cuda_graph` off."
        )
        return Sentence(template, name=run.name)
    template = (
        "The run {name!r} has no gradient norms: it has taken no step, or was trained by a version that kept none."
        " Train it again."
    )
    return Sentence(template, name=run.name)
