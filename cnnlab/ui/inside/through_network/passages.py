"""What the layers of a network make of an image, kept for all visitors who look at the same."""

from collections.abc import Sequence

from cnnlab.analysis import analyse
from cnnlab.analysis.outline import outline, rows_of_sections
from cnnlab.bounded_cache import bounded_cache
from cnnlab.figures.inside.map_colours import Values
from cnnlab.figures.inside.maps_ribbon import Passage
from cnnlab.insight.maps import feature_maps
from cnnlab.insight.one_layer.of_network import LayerWindow, layer_window
from cnnlab.insight.recording import recorded_outputs
from cnnlab.ui.inside.subject import Subject
from cnnlab.walk import Layer

_MAX_BYTES = 64 * 2**20

_MAX_CELLS = 2**18
"""Of the inputs and outputs of windows that are kept."""


def passages(subject: Subject) -> list[Passage]:
    """The image, and what each section of the network makes of it."""
    return _passages(subject.key, subject)


def layer_values(subject: Subject, layer: str) -> Values:
    """What a layer makes of the image: (channels, height, width) or (features,)."""
    return _layer_values((*subject.key, layer), subject)


def window_of(subject: Subject, layer: str, channel: int) -> LayerWindow:
    """The arithmetic of one map of a convolution or pooling."""
    return _window((*subject.key, layer, channel), subject)


@bounded_cache(size=lambda found: sum(passage.values.nbytes for passage in found), limit=_MAX_BYTES)
def _passages(_: tuple[object, ...], subject: Subject) -> list[Passage]:
    analysis = analyse(subject.spec)
    indices = [_output(analysis.rows, rows) for rows in rows_of_sections(analysis)]
    outputs = recorded_outputs(subject.network, subject.images, analysis.rows, indices)
    sections = zip(outline(analysis), indices, strict=True)
    return [
        Passage(None, subject.images[0].numpy()),
        *(Passage(section, outputs[index][0].numpy()) for section, index in sections),
    ]


def _output(rows: Sequence[Layer], of_section: range) -> int:
    """The row whose output is that of the section: the last one that does more than to let it pass."""
    return next((i for i in reversed(of_section) if rows[i].kind != "other"), of_section[-1])


@bounded_cache(size=lambda values: values.nbytes, limit=_MAX_BYTES)
def _layer_values(key: tuple[object, ...], subject: Subject) -> Values:
    return feature_maps(subject.network, subject.images, str(key[-1])).values[0].numpy()


@bounded_cache(size=lambda found: sum(_cells(found)), limit=_MAX_CELLS)
def _window(key: tuple[object, ...], subject: Subject) -> LayerWindow:
    *_, layer, channel = key
    assert isinstance(channel, int)
    return layer_window(subject.network, subject.images, str(layer), channel)


def _cells(found: LayerWindow) -> list[int]:
    return [
        len(each.values) * len(each.values[0])
        for each in (*found.stage.inputs, *found.stage.outputs, *found.stage.addends)
    ]
