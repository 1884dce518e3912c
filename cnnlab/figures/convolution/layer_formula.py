"""The cost of a convolution as formulas with its numbers, in LaTeX."""

from cnnlab.analysis.convolution.one_layer import (
    ConvolutionKind,
    OneLayer,
    Product,
    layer_costs,
    products,
    separable_ratio,
)

KIND_TITLES: dict[ConvolutionKind, str] = {
    "standard": "Standard",
    "grouped": "Grouped",
    "depthwise_separable": "Depthwise-separable",
}

_SYMBOLS = {"C/g": r"\tfrac{C}{g}"}


def side_formula(layer: OneLayer) -> str:
    """The output size K from the input size M, padding p, dilation D, kernel size d and stride s."""
    side = layer_costs(layer)["standard"].output_shape[1]
    numbers = f"{layer.image_size} + 2\\cdot {layer.padding} - {layer.dilation}\\cdot({layer.kernel_size}-1) - 1"
    return (
        r"K = \left\lfloor\frac{M + 2p - D(d-1) - 1}{s}\right\rfloor + 1"
        rf" = \left\lfloor\frac{{{numbers}}}{{{layer.stride}}}\right\rfloor + 1 = {side}"
    )


def cost_formulas(layer: OneLayer, *, is_narrow: bool = False) -> str:
    """The multiply-accumulates of each kind and of its parts, a line for each, or several for a phone."""
    rows = []
    for parts in products(layer).values():
        rows += [_row(part.name, _symbols(part), _numbers(part), _digits(part.value)) for part in parts]
        if len(parts) > 1:
            total = sum(part.value for part in parts)
            rows.append(_row("both", "", " + ".join(_digits(p.value) for p in parts), _digits(total)))
    return _table(rows, is_narrow=is_narrow)


def ratio_formula(layer: OneLayer, *, is_narrow: bool = False) -> str:
    """The exact ratios of the grouped and of the depthwise-separable kind to the standard one."""
    channels, window = layer.out_channels, layer.kernel_size
    ratio = separable_ratio(channels, window)
    rows = [
        _row("grouped : standard", r"\dfrac1g", rf"\dfrac1{{{layer.groups}}}", f"{1 / layer.groups:.3g}"),
        _row(
            "separable : standard",
            r"\dfrac1N + \dfrac1{d^2}",
            rf"\dfrac1{{{channels}}} + \dfrac1{{{window**2}}} = \dfrac{{{ratio.numerator}}}{{{ratio.denominator}}}",
            f"{float(ratio):.3g}",
        ),
    ]
    return _table(rows, is_narrow=is_narrow)


_Row = tuple[str, str, str]
"""A name, symbols, and numbers with their result."""


def _row(name: str, symbols: str, numbers: str, result: str) -> _Row:
    return rf"\text{{{name}}}", symbols, rf"{{}}= {numbers} = \mathbf{{{result}}}"


def _table(rows: list[_Row], *, is_narrow: bool) -> str:
    """The rows under each other; narrow ones have their numbers below the name and the symbols."""
    lines = r" \\[7pt] ".join(
        rf"{name} \quad {symbols} \\ {numbers}" if is_narrow else f"{name} & {symbols} & {numbers}"
        for name, symbols, numbers in rows
    )
    return rf"\begin{{array}}{{{'l' if is_narrow else 'lrl'}}} {lines} \end{{array}}"


def _symbols(product: Product) -> str:
    return r"\,".join(_power(_SYMBOLS.get(name, name), power) for name, _, power in product.factors)


def _numbers(product: Product) -> str:
    return r" \cdot ".join(_power(str(value), power) for _, value, power in product.factors)


def _power(base: str, power: int) -> str:
    return base if power == 1 else f"{base}^{power}"


def _digits(number: int) -> str:
    return f"{number:,}".replace(",", r"\,")
