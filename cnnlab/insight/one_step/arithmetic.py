"""The update of one weight as arithmetic: each line of the formula with its numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

from cnnlab.insight.one_step.result import WeightExample
from cnnlab.optimizer_kinds import OptimizerKind

Numbers = Mapping[str, float]

_STATE = {"momentum_buffer": "v", "exp_avg": "m", "exp_avg_sq": "v", "square_avg": "v"}
"""The names in the formulas of what torch's optimizers keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArithmeticLine:
    """One line: `name` becomes `formula`, which is `numbers` here, and their `value`."""

    name: str
    formula: str
    numbers: str
    value: float


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    template: str
    compute: Callable[[Numbers], float]
    only_if: str = ""
    """The name of a setting: where it is 0, the line changes nothing and is left out."""


_DECAYED_GRADIENT = _Line(
    "g", "{g} + {weight_decay} · {p}", lambda n: n["g"] + n["weight_decay"] * n["p"], "weight_decay"
)
_DECAYED_WEIGHT = _Line(
    "p", "{p} · (1 − {lr} · {weight_decay})", lambda n: n["p"] * (1 - n["lr"] * n["weight_decay"]), "weight_decay"
)
_VELOCITY = _Line("v", "{momentum} · {v} + {g}", lambda n: n["momentum"] * n["v"] + n["g"])
_ADAM = (
    _Line("m", "{beta1} · {m} + (1 − {beta1}) · {g}", lambda n: n["beta1"] * n["m"] + (1 - n["beta1"]) * n["g"]),
    _Line("v", "{beta2} · {v} + (1 − {beta2}) · {g}²", lambda n: n["beta2"] * n["v"] + (1 - n["beta2"]) * n["g"] ** 2),
    _Line("m_hat", "{m} / (1 − {beta1}^{t})", lambda n: n["m"] / (1 - n["beta1"] ** n["t"])),
    _Line("v_hat", "{v} / (1 − {beta2}^{t})", lambda n: n["v"] / (1 - n["beta2"] ** n["t"])),
    _Line(
        "p",
        "{p} − {lr} · {m_hat} / (√{v_hat} + {eps})",
        lambda n: n["p"] - n["lr"] * n["m_hat"] / (sqrt(n["v_hat"]) + n["eps"]),
    ),
)

_LINES: dict[OptimizerKind, tuple[_Line, ...]] = {
    "sgd": (_DECAYED_GRADIENT, _Line("p", "{p} − {lr} · {g}", lambda n: n["p"] - n["lr"] * n["g"])),
    "momentum": (_DECAYED_GRADIENT, _VELOCITY, _Line("p", "{p} − {lr} · {v}", lambda n: n["p"] - n["lr"] * n["v"])),
    "nesterov": (
        _DECAYED_GRADIENT,
        _VELOCITY,
        _Line(
            "p",
            "{p} − {lr} · ({g} + {momentum} · {v})",
            lambda n: n["p"] - n["lr"] * (n["g"] + n["momentum"] * n["v"]),
        ),
    ),
    "adam": (_DECAYED_GRADIENT, *_ADAM),
    "adamw": (_DECAYED_WEIGHT, *_ADAM),
    "rmsprop": (
        _DECAYED_GRADIENT,
        _Line(
            "v", "{alpha} · {v} + (1 − {alpha}) · {g}²", lambda n: n["alpha"] * n["v"] + (1 - n["alpha"]) * n["g"] ** 2
        ),
        _Line(
            "p", "{p} − {lr} · {g} / (√{v} + {eps})", lambda n: n["p"] - n["lr"] * n["g"] / (sqrt(n["v"]) + n["eps"])
        ),
    ),
}


def arithmetic(kind: OptimizerKind, example: WeightExample, options: Numbers) -> tuple[ArithmeticLine, ...]:
    """The lines that lead from the weight before the step, `p`, to that after it; `options` are those of `OneStep`.

    What the optimizer keeps is 0 before its first step. The values are computed in float64: the last one is `by_hand`
    up to the rounding of float32.

    >>> example = WeightExample(index=(0,), before=0.5, gradient=-2.0, state={}, by_hand=0.7, by_optimizer=0.7)
    >>> for line in arithmetic("momentum", example, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0}):
    ...     print(line.name, "=", line.formula, "=", line.numbers, "=", f"{line.value:g}")
    v = momentum · v + g = 0.9 · 0 + (−2) = -2
    p = p − lr · v = 0.5 − 0.1 · (−2) = 0.7

    Source: https://docs.pytorch.org/docs/stable/optim.html
    """
    kept = {_STATE[name]: value for name, value in example.state.items() if name in _STATE}
    numbers = {
        **options,
        "p": example.before,
        "g": example.gradient,
        "m": 0.0,
        "v": 0.0,
        "t": example.state.get("step", 0) + 1,
        **kept,
    }
    lines = []
    for line in _LINES[kind]:
        if line.only_if and not numbers[line.only_if]:
            continue
        value = line.compute(numbers)
        lines.append(
            ArithmeticLine(
                name=line.name,
                formula=line.template.format(**{name: name for name in numbers}),
                numbers=line.template.format(**{name: _written(number) for name, number in numbers.items()}),
                value=value,
            )
        )
        numbers[line.name] = value
    return tuple(lines)


def _written(number: float) -> str:
    """In parentheses where a sign or a power would be misread."""
    text = f"{number:.6g}".replace("-", "−")
    return f"({text})" if number < 0 or "e" in text else text
