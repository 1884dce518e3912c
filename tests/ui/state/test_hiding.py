"""Links that hide knobs: what is read, what is refused, and what the pages show."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.runs import Store
from cnnlab.ui.state.hiding import Hiding, read_hiding, write_hiding
from tests.ui.conftest import open_page
from tests.ui.numbers import number, number_rows

NETWORK = preset("resnet18").settings()


@pytest.mark.parametrize("address", [{"hide": "width,norm"}, {"only": "width"}, {"only": "epochs,groups"}, {}])
def test_what_is_written_is_read_again(address: dict[str, str]) -> None:
    hiding, problems = read_hiding(address, NETWORK)
    assert write_hiding(hiding) == address
    assert problems == ()


def test_hide_and_only_are_opposites() -> None:
    panel = ["width", "norm", "groups"]
    assert Hiding(("norm",)).hidden(panel) == {"norm"}
    assert Hiding(("norm",), is_only=True).hidden(panel) == {"width", "groups"}
    # A panel of which no knob is named is not the one that is meant.
    assert Hiding(("epochs",), is_only=True).hidden(panel) == frozenset()


def test_what_is_wrong_in_a_link_is_said_and_the_rest_is_used() -> None:
    hiding, problems = read_hiding({"only": "width, widht,<b>", "hide": "norm"}, NETWORK)
    assert hiding == Hiding(("width",), is_only=True)
    first, second, both = (str(problem.sentence) for problem in problems)
    assert first == "`only` must name knobs, and 'widht' is none: did you mean width?"
    assert second.startswith("`only` must name knobs, and '<b>' is none: use ")
    assert both == "A link has `only` or `hide`, and this one has both: `only` is used."


def test_a_link_shows_only_some_knobs_of_a_network() -> None:
    page = open_page("explore", preset="resnet18", only="width", convolution="grouped", groups="3")
    assert _titles(page) == {"Width of the first stage"}
    # What is hidden keeps its value, and its problem is said.
    assert any("64 / 3 is not a whole number" in error.value for error in page.error)
    number(page, "knob.resnet18.width").put(32)
    written = {name: page.query_params[name] for name in ("only", "groups", "width")}
    assert {name: value if isinstance(value, str) else value[-1] for name, value in written.items()} == {
        "only": "width",
        "groups": "3",
        "width": "32",
    }
    page.sidebar.button[0].click().run()
    assert "width" not in page.query_params
    assert "groups" in page.query_params


def test_a_link_hides_knobs_of_the_recipe(store: Store) -> None:  # noqa: ARG001
    assert _titles(open_page("train")) - _titles(open_page("train", hide="epochs")) == {"Epochs"}


def _titles(page: AppTest) -> set[str]:
    return {row.shown["title"] for row in number_rows(page).values()}
