"""What the gradient norms of a network's layers mean, by stated rules."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cnnlab.words.sentence import Sentence

Verdict = Literal["not_finite", "zero", "exploding", "vanishing", "fine"]

VERDICT_WORDS: dict[Verdict, Sentence] = {
    "fine": Sentence("gradient fine"),
    "vanishing": Sentence("gradient vanishes"),
    "exploding": Sentence("gradient explodes"),
    "zero": Sentence("gradient is 0"),
    "not_finite": Sentence("gradient not finite"),
}
"""The verdicts in a few words, the worst one last."""

LARGEST_RATIO = 100.0
"""How many times the gradient norm of the first layer may be that of the last, and the last that of the first.

Freshly initialised networks whose training works have ratios from a twentieth (AlexNet) to 60 (Inception-v3).
"""

LARGEST_RELATIVE = 1000.0
"""How many times its own weights the gradient of a layer may be: with this ratio, a step of plain SGD with a learning
rate of 0.001 is as large as the weights."""

SMALLEST_RELATIVE = 1e-6
"""The gradient of some layer has to be this share of its weights: with less, a step of plain SGD with a learning rate
of 0.1 is lost in the rounding of float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerGradient:
    """The Euclidean norms of a layer's weights, without its biases, and of their gradient."""

    name: str
    gradient_norm: float
    weight_norm: float

    @property
    def relative(self) -> float:
        """The gradient norm as a multiple of the weight norm; infinite for a gradient of weights that are all 0."""
        if self.weight_norm:
            return self.gradient_norm / self.weight_norm
        return math.inf if self.gradient_norm else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The verdict, and why, in a sentence."""

    verdict: Verdict
    sentence: Sentence

    @property
    def severity(self) -> int:
        """0 for a gradient that is fine, and more for what is worse."""
        return list(VERDICT_WORDS).index(self.verdict)


def diagnose(layers: Sequence[LayerGradient]) -> Diagnosis:
    """What the first rule that applies says of the layers, of which there is one at least, from image to answer.

    >>> first = LayerGradient(name="conv1", gradient_norm=1e-4, weight_norm=1.0)
    >>> last = LayerGradient(name="output", gradient_norm=0.1, weight_norm=1.0)
    >>> diagnose([first, last]).verdict, diagnose([last, first]).verdict, diagnose([last, last]).verdict
    ('vanishing', 'exploding', 'fine')
    """
    for rule in (_not_finite, _zero, _exploding, _too_large, _vanishing, _too_small):
        found = rule(layers)
        if found is not None:
            return found
    return _fine(layers)


def _not_finite(layers: Sequence[LayerGradient]) -> Diagnosis | None:
    affected = [layer for layer in layers if not math.isfinite(layer.gradient_norm)]
    if not affected:
        return None
    sentence = Sentence(
        "The gradient is infinite or not a number in {count} of {total} layers, such as `{layer}`: activations or loss"
        " exceed the range of float32. Normalisation, another initialisation or a smaller learning rate helps.",
        count=len(affected),
        total=len(layers),
        layer=affected[0].name,
    )
    return Diagnosis(verdict="not_finite", sentence=sentence)


def _zero(layers: Sequence[LayerGradient]) -> Diagnosis | None:
    affected = [layer for layer in layers if layer.gradient_norm == 0]
    if not affected:
        return None
    sentence = Sentence(
        "The gradient is exactly 0 in {count} of {total} layers, such as `{layer}`: this step does not change their"
        " weights. Normalisation, shortcuts or another initialisation helps.",
        count=len(affected),
        total=len(layers),
        layer=affected[0].name,
    )
    return Diagnosis(verdict="zero", sentence=sentence)


def _too_large(layers: Sequence[LayerGradient]) -> Diagnosis | None:
    largest = max(layers, key=lambda layer: layer.relative)
    if largest.relative <= LARGEST_RELATIVE:
        return None
    sentence = Sentence(
        "The gradient explodes: in `{layer}` its norm is {gradient:.3g}, and that of the weights is {weight:.3g}; up to"
        " {limit:g} times as much is normal. Normalisation, another initialisation or clipping helps.",
        layer=largest.name,
        gradient=largest.gradient_norm,
        weight=largest.weight_norm,
        limit=LARGEST_RELATIVE,
    )
    return Diagnosis(verdict="exploding", sentence=sentence)


def _exploding(layers: Sequence[LayerGradient]) -> Diagnosis | None:
    first, last = layers[0], layers[-1]
    if first.gradient_norm <= LARGEST_RATIO * last.gradient_norm:
        return None
    sentence = Sentence(
        "The gradient explodes on its way back: in the first layer, `{first}`, its norm is {ratio:,.0f} times that in"
        " the last, `{last}` ({first_norm:.3g} and {last_norm:.3g}); up to {limit:g} times is normal. Shortcuts or"
        " clipping help.",
        **_ends(first, last, first.gradient_norm / last.gradient_norm),
    )
    return Diagnosis(verdict="exploding", sentence=sentence)


def _vanishing(layers: Sequence[LayerGradient]) -> Diagnosis | None:
    first, last = layers[0], layers[-1]
    if last.gradient_norm <= LARGEST_RATIO * first.gradient_norm:
        return None
    sentence = Sentence(
        "The gradient vanishes on its way back: in the last layer, `{last}`, its norm is {ratio:,.0f} times that in the"
        " first, `{first}` ({last_norm:.3g} and {first_norm:.3g}); up to {limit:g} times is normal. Normalisation,"
        " shortcuts, or ReLU in place of a sigmoid helps.",
        **_ends(first, last, last.gradient_norm / first.gradient_norm),
    )
    return Diagnosis(verdict="vanishing", sentence=sentence)


def _ends(first: LayerGradient, last: LayerGradient, ratio: float) -> dict[str, object]:
    return {
        "first": first.name,
        "last": last.name,
        "first_norm": first.gradient_norm,
        "last_norm": last.gradient_norm,
        "ratio": ratio,
        "limit": LARGEST_RATIO,
    }


def _too_small(layers: Sequence[LayerGradient]) -> Diagnosis | None:
    largest = max(layers, key=lambda layer: layer.relative)
    if largest.relative >= SMALLEST_RELATIVE:
        return None
    sentence = Sentence(
        "The gradient vanishes in all {total} layers: its norm is at most {relative:.1e} times that of the weights, in"
        " `{layer}`, and below {limit:g} a step of SGD is lost in the rounding of float32. Normalisation, shortcuts or"
        " another initialisation helps.",
        total=len(layers),
        relative=largest.relative,
        layer=largest.name,
        limit=SMALLEST_RELATIVE,
    )
    return Diagnosis(verdict="vanishing", sentence=sentence)


def _fine(layers: Sequence[LayerGradient]) -> Diagnosis:
    by_norm = sorted(layers, key=lambda layer: layer.gradient_norm)
    sentence = Sentence(
        "The gradient reaches all {total} layers: its norm is from {smallest_norm:.3g} in `{smallest}` to"
        " {largest_norm:.3g} in `{largest}`, and in the first layer {ratio:.2g} times that in the last.",
        total=len(layers),
        smallest=by_norm[0].name,
        smallest_norm=by_norm[0].gradient_norm,
        largest=by_norm[-1].name,
        largest_norm=by_norm[-1].gradient_norm,
        ratio=layers[0].gradient_norm / layers[-1].gradient_norm,
    )
    return Diagnosis(verdict="fine", sentence=sentence)
