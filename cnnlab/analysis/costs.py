"""What a network costs: parameters, multiply-accumulates and memory, layer by layer and in total."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from cnnlab.architectures import NetworkSpec
from cnnlab.building import diagnose, examine
from cnnlab.spec import Problem
from cnnlab.walk import FLOAT_BYTES, Layer, Shape

if TYPE_CHECKING:
    import pandas as pd

WEIGHTED_KINDS = frozenset({"convolution", "depthwise", "pointwise", "dense"})
"""The kinds of layer that multiply by weights, which papers count: ResNet-18 has 18 of them beside its shortcuts."""


@dataclass(frozen=True)
class Analysis:
    """The costs of one spec, for one image, in float32.

    `rows` are the layers in the order of the calls, up to the break where there is one: then `problem` says why, and
    the totals are those of the part before it. `unknown` names operations whose cost nobody counted; the totals
    are then partial. `auxiliary_params` are those of the heads that only train mode has, which have no rows;
    `unlisted_params` are used by operations without a rule.
    """

    spec: NetworkSpec
    rows: tuple[Layer, ...]
    modules: dict[str, str]
    problem: Problem | None
    unknown: tuple[str, ...]
    activation_bytes: int
    auxiliary_params: int
    unlisted_params: int

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

    @property
    def weight_bytes(self) -> int:
        """The parameters in float32."""
        return self.params * FLOAT_BYTES

    @cached_property
    def num_layers(self) -> int:
        """Convolution and dense layers on the way through; those of a shortcut's projection are not counted."""
        return sum(row.kind in WEIGHTED_KINDS and "shortcut" not in row.path.split(".") for row in self.rows)

    @property
    def output_shape(self) -> Shape:
        """The shape of what comes out for one image; before a break, of the last layer that worked."""
        return self.rows[-1].output_shape if self.rows else ()

    @property
    def layers(self) -> "pd.DataFrame":
        """The rows as a data frame, with each layer's share of the parameters and of the multiply-accumulates."""
        import pandas as pd

        columns = ["name", "type", "kind", "input_shape", "output_shape", "params", "macs"]
        frame = pd.DataFrame(
            [(r.path, r.type, r.kind, r.input_shape, r.output_shape, r.params, r.macs) for r in self.rows],
            columns=columns,
        )
        frame["params_share"] = frame["params"] / max(self.params, 1)
        frame["macs_share"] = frame["macs"] / max(self.macs, 1)
        return frame


@lru_cache(maxsize=512)
def analyse(spec: NetworkSpec) -> Analysis:
    """The costs of the network that the spec describes; nothing is allocated, and no random state is touched.

    >>> from cnnlab.architectures import preset
    >>> analyse(preset("resnet18")).macs
    1814073344
    """
    forward, training = examine(spec, training=False), examine(spec, training=True)
    paths = {layer.path for layer in forward.layers}
    return Analysis(
        spec=spec,
        rows=forward.layers,
        modules=forward.modules,
        problem=diagnose(spec),
        unknown=forward.unknown,
        activation_bytes=sum(layer.kept_bytes for layer in training.layers),
        auxiliary_params=sum(layer.params for layer in training.layers if layer.path not in paths),
        unlisted_params=training.unlisted_params,
    )
