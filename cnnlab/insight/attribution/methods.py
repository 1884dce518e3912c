"""The methods that explain an answer: what each is, what its map shows, and how much it computes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from cnnlab.insight.attribution.grad_cam import grad_cam
from cnnlab.insight.attribution.gradients import STEPS, integrated_gradients, saliency
from cnnlab.insight.attribution.occlusion import WINDOWS_PER_SIDE, occlusion
from cnnlab.insight.attribution.result import Attribution
from cnnlab.words.sentence import Sentence

BACKWARD = 2
"""Forward passes that take as long as a backward pass, about: it has two products where the other has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionMethod:
    """A method: `forwards` and `backwards` are the images of a side that it sends through networks, for one map.

    They include those of the network with random weights. `legend` is a template with the name of the class.
    """

    title: str
    explanation: str
    legend: str
    is_signed: bool
    explain: Callable[[nn.Module, Tensor, int], Attribution]
    forwards: Callable[[int], int]
    backwards: int

    def passes(self, side: int) -> int:
        """What it computes for an image of that side, as a number of forward passes of one image."""
        return self.forwards(side) + BACKWARD * self.backwards


def _windows(side: int) -> int:
    """The positions of the square that covers a part of the image."""
    window = max(side // WINDOWS_PER_SIDE, 1)
    return (math.ceil((side - window) / max(window // 2, 1)) + 1) ** 2


ATTRIBUTION_METHODS = {
    "saliency": AttributionMethod(
        title="Saliency",
        explanation="The gradient of the class's score with respect to each pixel, without its sign (Simonyan, Vedaldi"
        " and Zisserman 2013).",
        legend="White: changing this pixel changes the score of {name} most; black: not at all.",
        is_signed=False,
        explain=lambda network, images, target: saliency(network, images, target)[0],
        forwards=lambda _: 3,
        backwards=2,
    ),
    "grad_cam": AttributionMethod(
        title="Grad-CAM",
        explanation="The maps of the last layer with several cells, weighted by their mean gradient and enlarged to the"
        " image (Selvaraju and others 2017).",
        legend="White: here the maps count most for {name}; black: not at all, or against it.",
        is_signed=False,
        explain=lambda network, images, target: grad_cam(network, images, target)[0],
        forwards=lambda _: 3,
        backwards=2,
    ),
    "integrated_gradients": AttributionMethod(
        title="Integrated gradients",
        explanation="What each pixel adds to the score on the way from a plain image to this one (Sundararajan, Taly"
        " and Yan 2017).",
        legend="Blue adds to the score of {name}, vermilion takes from it.",
        is_signed=True,
        explain=lambda network, images, target: integrated_gradients(network, images, target)[0],
        forwards=lambda _: 1 + 2 * STEPS,
        backwards=2 * STEPS,
    ),
    "occlusion": AttributionMethod(
        title="Occlusion",
        explanation="How much of the class's probability is lost when a square covers a part of the image (Zeiler and"
        " Fergus 2014).",
        legend="Blue: covering it lowers the probability of {name}; vermilion: covering it raises it.",
        is_signed=True,
        explain=lambda network, images, target: occlusion(network, images, target)[0],
        forwards=lambda side: 3 + 2 * _windows(side),
        backwards=0,
    ),
}
"""By their names in `cnnlab`, the quickest first."""


def legend(name: str, class_name: str) -> Sentence:
    """What the colours of the method's map mean for that class."""
    return Sentence(ATTRIBUTION_METHODS[name].legend, name=class_name)
