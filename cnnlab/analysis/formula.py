"""The formula of a layer's cost with its numbers."""

import math

from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence


def formula(layer: Layer) -> Sentence | None:
    """Parameters and multiply-accumulates of a convolution or dense layer as products; None for other layers."""
    if layer.kind == "dense":
        inputs, outputs = layer.input_shape[-1], layer.output_shape[-1]
        biases = layer.params - inputs * outputs
        template = (
            "{inputs} inputs × {outputs} outputs + {biases} biases = {params:,} parameters"
            if biases > 0
            else "{inputs} inputs × {outputs} outputs = {params:,} parameters"
        )
        return Sentence(template, inputs=inputs, outputs=outputs, biases=biases, params=layer.params)
    if layer.kernel is None:
        return None
    out_channels, height, width = layer.output_shape
    weights = layer.macs // math.prod(layer.output_shape[1:])
    inputs_each = weights // (math.prod(layer.kernel) * out_channels)
    biases = layer.params - weights
    template = (
        "{window} window × {inputs} each × {out_channels} output channels + {biases} biases = {params:,} parameters;"
        " × {height}×{width} positions = {macs:,} MACs"
        if biases > 0
        else "{window} window × {inputs} each × {out_channels} output channels = {params:,} parameters;"
        " × {height}×{width} positions = {macs:,} MACs"
    )
    inputs_template = "{num_channels} input channel" if inputs_each == 1 else "{num_channels} input channels"
    return Sentence(
        template,
        window="×".join(map(str, layer.kernel)),
        inputs=Sentence(inputs_template, num_channels=inputs_each),
        out_channels=out_channels,
        biases=biases,
        params=layer.params,
        height=height,
        width=width,
        macs=layer.macs,
    )
