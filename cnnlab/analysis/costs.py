"""What a network costs: parameters, multiply-accumulates and memory, layer by layer and in total."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cnnlab.analysis.receptive_field import ReceptiveField, receptive_fields
from cnnlab.architectures import NetworkSpec, name_of
from cnnlab.bounded_cache import bounded_cache
from cnnlab.building import MOST_CACHED_ROWS, diagnose, examine, image_shape
from cnnlab.spec import Problem, Refused
from cnnlab.walk import FLOAT_BYTES, ForwardPass, Kept, Layer, Shape, bytes_of
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

WEIGHTED_KINDS = frozenset({"convolution", "depthwise", "pointwise", "dense"})
"""The kinds of layer that multiply by weights, which papers count: ResNet-18 has 18 of them outside its shortcuts."""


@dataclass(frozen=True)
class Analysis:
    """The costs of one network, for one image, in float32.

    `description` is the spec that it was built from, None for a module of one's own, and `input_shape` the image's.
    `rows` are the layers that eval mode calls, `training_rows` those of train mode, up to the break where there is one:
    then `problem` says why, and the totals are those of the part before it. `unknown` names operations without a rule,
    whose cost is missing from the totals. `auxiliary_params` are those of the heads that only train mode has, which
    have no rows in eval mode. `keeps_image` is true where training keeps the image, as one of the activations.
    `unlisted_params` are used by operations without a rule.
    """

    name: str
    description: NetworkSpec | None
    input_shape: Shape
    rows: tuple[Layer, ...]
    training_rows: tuple[Layer, ...]
    modules: dict[str, str]
    problem: Problem | None
    unknown: tuple[str, ...]
    auxiliary_params: int
    keeps_image: bool
    unlisted_params: int

    @property
    def spec(self) -> NetworkSpec:
        """What the network was built from; raises `Refused` for a module of one's own."""
        if self.description is None:
            sentence = Sentence(
                "{name} is a module, and this needs a spec, whose fields can be changed: use one of `cnnlab.preset`.",
                name=self.name,
            )
            raise Refused([Problem("spec", sentence)])
        return self.description

    @property
    def image_size(self) -> int | None:
        """Height and width of the image in pixels, of an oblong one the longer; None where the input is no image."""
        return max(self.input_shape[1:]) if len(self.input_shape) == 3 else None

    @cached_property
    def params(self) -> int:
        """Elements of the network's parameters, shared ones once; those of auxiliary heads are among them."""
        return sum(row.params for row in self.rows) + self.auxiliary_params + self.unlisted_params

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolution and dense layers, one image, forward, eval mode."""
        return sum(row.macs for row in self.rows)

    @property
    def flops(self) -> int:
        """Twice the multiply-accumulates: a multiplication and an addition each."""
        return 2 * self.macs

    @cached_property
    def kept(self) -> Kept:
        """What training keeps of one image for the backward pass, in elements."""
        return sum((row.kept for row in self.training_rows), start=Kept())

    @property
    def activation_bytes(self) -> int:
        """What training keeps of one image for the backward pass, in float32."""
        return bytes_of(self.kept)

    @cached_property
    def fields(self) -> tuple[ReceptiveField, ...]:
        """The receptive field of one cell of each row's output."""
        return receptive_fields(self.rows)

    @cached_property
    def receptive_field(self) -> int | None:
        """Side in pixels of that of one cell of the last map, of an oblong one the longer side; 0 without a layer. None
        where a layer combines all positions, as attention does: then every value depends on the whole image."""
        if self.mixes_positions:
            return None
        return next((max(field.size) for field in reversed(self.fields) if not field.is_whole), 0)

    @property
    def mixes_positions(self) -> bool:
        """Whether a layer combines all positions of the map, as attention does."""
        return any(row.mixes for row in self.rows)

    @property
    def weight_bytes(self) -> int:
        """The parameters in float32."""
        return self.params * FLOAT_BYTES

    @cached_property
    def num_layers(self) -> int:
        """Convolution and dense layers from image to output; those of a shortcut's projection are not counted."""
        return sum(row.kind in WEIGHTED_KINDS and not row.in_shortcut for row in self.rows)

    @property
    def output_shape(self) -> Shape:
        """The shape of the output for one image; before a break, of the last layer that worked."""
        return self.rows[-1].output_shape if self.rows else ()

    @property
    def layers(self) -> "pd.DataFrame":
        """The rows as a data frame, with each layer's share of the parameters and of the multiply-accumulates.

        `activations` are the elements of the output; `receptive_field` is in pixels, and missing where the map has
        been reduced to one value per channel.
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                "name": [row.path for row in self.rows],
                "type": [row.type for row in self.rows],
                "kind": [row.kind for row in self.rows],
                "input_shape": [row.input_shape for row in self.rows],
                "output_shape": [row.output_shape for row in self.rows],
                "params": [row.params for row in self.rows],
                "macs": [row.macs for row in self.rows],
                "activations": [row.activation_elements for row in self.rows],
                "receptive_field": pd.array(
                    [None if field.is_whole else max(field.size) for field in self.fields], dtype="Int64"
                ),
            }
        )
        frame["params_share"] = frame["params"] / max(self.params, 1)
        frame["macs_share"] = frame["macs"] / max(self.macs, 1)
        return frame


def training_macs(analysis: Analysis) -> int:
    """Multiply-accumulates of one image in training: backward costs about twice as much as forward, once for the
    gradients of the weights and once for those of the maps."""
    return 3 * analysis.macs


def needs_two_images(analysis: Analysis) -> bool:
    """Whether a batch normalisation has a single value per image, which torch refuses to normalise in training."""
    rows = analysis.training_rows
    return any(row.function == "batch_norm" and math.prod(row.output_shape[1:]) == 1 for row in rows)


@bounded_cache(size=lambda found: len(found.rows) + len(found.training_rows), limit=MOST_CACHED_ROWS)
def analyse(spec: NetworkSpec) -> Analysis:
    """The costs of the network that the spec describes; nothing is allocated, and no random state is touched.

    >>> from cnnlab.architectures import preset
    >>> analyse(preset("resnet18")).macs
    1814073344
    """
    return analysis_of(
        *examine(spec), name=name_of(spec), description=spec, input_shape=image_shape(spec), problem=diagnose(spec)
    )


def analysis_of(
    forward: ForwardPass,
    training: ForwardPass,
    *,
    name: str,
    description: NetworkSpec | None,
    input_shape: Shape,
    problem: Problem | None,
) -> Analysis:
    """What the passes in eval and in train mode cost."""
    paths = {layer.path for layer in forward.layers}
    return Analysis(
        name=name,
        description=description,
        input_shape=input_shape,
        rows=forward.layers,
        training_rows=training.layers,
        modules=forward.modules,
        problem=problem,
        unknown=tuple(dict.fromkeys((*forward.unknown, *training.unknown))),
        auxiliary_params=sum(layer.params for layer in training.layers if layer.path not in paths),
        keeps_image=training.keeps_image,
        unlisted_params=training.unlisted_params,
    )
