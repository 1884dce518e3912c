"""Why a layer costs what it costs: its formula with the numbers put in."""

import math

from cnnlab.walk import Layer


def formula(layer: Layer) -> str:
    """Parameters and multiply-accumulates of a convolution or dense layer as products; "" for other layers."""
    if layer.kind == "dense":
        inputs, outputs = layer.input_shape[-1], layer.output_shape[-1]
        return f"{inputs} inputs × {outputs} outputs{_biases(layer, inputs * outputs)} = {layer.params:,} parameters"
    if layer.kernel is None:
        return ""
    (rows, columns), out_channels = layer.kernel, layer.output_shape[0]
    positions = math.prod(layer.output_shape[1:])
    weights = layer.macs // positions
    seen = weights // (rows * columns * out_channels)
    height, width = layer.output_shape[1:]
    channels = f"{seen} input channel{'s' if seen > 1 else ''} each"
    return (
        f"{rows}×{columns} window × {channels} × {out_channels} output channels{_biases(layer, weights)}"
        f" = {layer.params:,} parameters; × {height}×{width} positions = {layer.macs:,} MACs"
    )


def _biases(layer: Layer, weights: int) -> str:
    biases = layer.params - weights
    return f" + {biases} biases" if biases > 0 else ""
