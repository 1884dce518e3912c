"""The attributions of an answer, and the fields of a unit, as questions about a network and an image."""

from typing import NamedTuple

from torch import nn

from cnnlab.bounded_cache import bounded_cache
from cnnlab.insight.attribution import Attribution
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS, BACKWARD
from cnnlab.insight.field import EffectiveField, effective_field
from cnnlab.runs.isolated.explaining import attribution_of, fields_of
from cnnlab.runs.isolated.network import Json, network_json
from cnnlab.runs.results.trained import network_epochs
from cnnlab.ui.inside.asking import Question
from cnnlab.ui.inside.speed import forecast
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.state.loaded_networks import loaded_network
from cnnlab.ui.state.store import run_store

_MAX_BYTES = 32 * 2**20


def explanation(subject: Subject, method: str, target: int) -> Question[Attribution]:
    """Why the network gives this answer about the image, by one method."""
    key, network = (*subject.key, target, method), _described(subject, subject.epoch)
    return Question(
        key=key,
        name=method,
        seconds=forecast(subject, ATTRIBUTION_METHODS[method].passes(subject.images.shape[-1])),
        here=lambda: _attribution(key, subject),
        isolated=lambda: attribution_of(method, network, subject.images, target),
    )


class Unit(NamedTuple):
    """A cell of a layer's map of that channel, or of the sum of all."""

    layer: str
    channel: int | None
    cell: tuple[int, int]


def epochs_beside(subject: Subject) -> list[int]:
    """The epoch before the first step, where it is kept, and that of the subject."""
    kept = [] if subject.run is None else network_epochs(subject.run, run_store().folder)
    return [0, subject.epoch] if subject.epoch and 0 in kept else [subject.epoch]


def fields(subject: Subject, unit: Unit) -> Question[list[EffectiveField]]:
    """What the unit sees after each of `epochs_beside`."""
    epochs = epochs_beside(subject)
    networks = [_described(subject, epoch) for epoch in epochs]
    return Question(
        key=(*subject.key, unit),
        name="field",
        seconds=forecast(subject, len(epochs) * (1 + BACKWARD)),
        here=lambda: [_field((*subject.key, epoch, unit), _network(subject, epoch), subject, unit) for epoch in epochs],
        isolated=lambda: fields_of(networks, subject.images, **unit._asdict()),
    )


def _network(subject: Subject, epoch: int) -> nn.Module:
    if subject.run is None or epoch == subject.epoch:
        return subject.network
    return loaded_network((subject.run.id, epoch))


def _described(subject: Subject, epoch: int) -> Json:
    return network_json(subject.run, subject.spec, subject.recipe, epoch, run_store().folder)


@bounded_cache(size=lambda found: found.values.nbytes + found.random_values.nbytes, limit=_MAX_BYTES)
def _attribution(key: tuple[object, ...], subject: Subject) -> Attribution:
    *_, target, method = key
    assert isinstance(target, int)
    return ATTRIBUTION_METHODS[str(method)].explain(subject.network, subject.images, target)


@bounded_cache(size=lambda field: field.values.nbytes, limit=_MAX_BYTES)
def _field(_: tuple[object, ...], network: nn.Module, subject: Subject, unit: Unit) -> EffectiveField:
    return effective_field(network, unit.layer, subject.images, channel=unit.channel, cell=unit.cell)
