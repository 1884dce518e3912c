"""The views of the Inside page, each a question about one network."""

from collections.abc import Callable
from dataclasses import dataclass

from cnnlab.runs import Run, Store
from cnnlab.ui.inside.gradient_flow import show_gradient_flow, show_untrained_flow
from cnnlab.ui.inside.one_step.view import show_one_step
from cnnlab.ui.inside.parameters.view import show_parameters
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.inside.through_network.view import show_through_network
from cnnlab.ui.inside.unit import show_unit
from cnnlab.ui.inside.why import show_why


@dataclass(frozen=True, slots=True)
class View:
    """A view: `show` is about a network and an image, `of_runs` in its place about one or two runs as a whole."""

    title: str
    show: Callable[[Subject], None]
    of_runs: Callable[[Store, list[Run]], None] | None = None


VIEWS = {
    "through": View("Through the network", show_through_network),
    "why": View("Why this answer", show_why),
    "step": View("One step", show_one_step),
    "gradient-flow": View("Gradient flow", show_untrained_flow, show_gradient_flow),
    "unit": View("What a unit sees", show_unit),
    "parameters": View("Parameters", show_parameters),
}
"""By their names in the address, in the order of the page."""
