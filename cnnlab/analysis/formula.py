"""The formula of a layer's cost with its numbers."""

import math

from cnnlab.walk import Layer
from cnnlab.words.sentence import Sentence


def formula(layer: Layer) -> Sentence | None:
    """Parameters and multiply-accumulates of a convolution or dense layer as products; None for other layers."""
    if layer.kind == "dense" and layer.function == "linear":
        inputs, outputs = layer.input_shape[-1], layer.output_shape[-1]
        weights = Sentence("{inputs} inputs × {outputs} outputs", inputs=inputs, outputs=outputs)
        return _params(weights, layer.params - inputs * outputs, layer.params)
    if layer.kernel is None or layer.function != "conv2d" or len(layer.output_shape) != 3:
        return None
    out_channels, height, width = layer.output_shape
    num_weights = layer.macs // (height * width)
    inputs_each = num_weights // (math.prod(layer.kernel) * out_channels)
    weights = Sentence(
        "{window} window × {inputs} input channel each × {out_channels} output channels"
        if inputs_each == 1
        else "{window} window × {inputs} input channels each × {out_channels} output channels",
        window="×".join(map(str, layer.kernel)),
        inputs=inputs_each,
        out_channels=out_channels,
    )
    params = _params(weights, layer.params - num_weights, layer.params)
    template = "{params}; × {height}×{width} positions = {macs:,} MACs"
    return Sentence(template, params=params, height=height, width=width, macs=layer.macs)


def _params(weights: Sentence, num_biases: int, num_params: int) -> Sentence:
    template = (
        "{weights} + {biases} biases = {params:,} parameters" if num_biases > 0 else "{weights} = {params:,} parameters"
    )
    return Sentence(template, weights=weights, biases=num_biases, params=num_params)
