"""The views of the Inside page, each a question about one network."""

from collections.abc import Callable
from dataclasses import dataclass

from cnnlab.runs import Run, Store
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.inside.through_network import show_through_network


@dataclass(frozen=True, slots=True)
class View:
    """A view: `show` is about a network and an image, `of_runs` in its place about one or two runs as a whole."""

    title: str
    show: Callable[[Subject], None]
    of_runs: Callable[[Store, list[Run]], None] | None = None


VIEWS = {
    "through": View("Through the network", show_through_network),
}
"""By their names in the address, in the order of the page."""
