"""A factorisation is drawn as well-formed SVG with every kernel and its cost."""

from xml.etree import ElementTree

import pytest

from cnnlab.analysis.convolution.factorisations import PAIR_NAMES, FactorisationSpec, PairName, factorisation
from cnnlab.figures.convolution.factorisation import (
    PANEL,
    WIDTH,
    describe_factorisation,
    draw_factorisation,
    written_weights,
)
from cnnlab.figures.palette import Theme

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chosen: FactorisationSpec, theme: Theme = "light") -> ElementTree.Element:
    return ElementTree.fromstring(draw_factorisation(factorisation(chosen), theme=theme))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_every_layer_is_a_box_inside_its_panel(pair: PairName, theme: Theme) -> None:
    found = factorisation(FactorisationSpec(pair=pair))
    root = drawn(FactorisationSpec(pair=pair), theme)
    boxes = [node for node in root.iter(f"{SVG}rect") if node.get("stroke")]
    layers = [layer for side in (found.before, found.after) for branch in side.branches for layer in branch]
    assert len(boxes) == len(layers)
    assert all(0 <= float(box.attrib["x"]) <= WIDTH - float(box.attrib["width"]) for box in boxes)
    assert root.attrib["aria-label"] == describe_factorisation(found)
    assert found.after.title in describe_factorisation(found)


def test_on_a_phone_one_panel_is_below_the_other() -> None:
    found = factorisation(FactorisationSpec(pair="5x5"))
    wide, narrow = (
        ElementTree.fromstring(draw_factorisation(found, theme="light", is_narrow=is_narrow))
        for is_narrow in (False, True)
    )
    assert float(narrow.attrib["width"]) < float(wide.attrib["width"]) / 2
    assert float(narrow.attrib["height"]) > float(wide.attrib["height"])
    assert sorted(filter(None, narrow.itertext())) == sorted(filter(None, wide.itertext()))


@pytest.mark.parametrize("length", [3, 7, 15])
def test_a_window_has_its_cells(length: int) -> None:
    root = drawn(FactorisationSpec(pair="lines", length=length))
    cells = [node for node in root.iter(f"{SVG}rect") if node.get("rx") == "2"]
    assert len(cells) == length * length + 2 * length


def test_the_bars_are_as_long_as_the_costs() -> None:
    root = drawn(FactorisationSpec(pair="5x5"))
    bars = [float(node.attrib["width"]) for node in root.iter(f"{SVG}rect") if node.get("height") == "12"]
    track, before, _, after = bars
    assert track == before == PANEL
    assert after / before == pytest.approx(18 / 25, rel=0.01)


def test_weights_are_squares_of_the_channels_where_these_stay() -> None:
    written = [
        written_weights(factorisation(FactorisationSpec(pair=pair))) for pair in ("5x5", "bottleneck", "inception")
    ]  # type: ignore[arg-type]
    assert written == [("25 C²", "18 C²"), ("9 C²", "1.06 C²"), ("387 k", "163 k")]
    texts = {"".join(node.itertext()) for node in drawn(FactorisationSpec(pair="5x5")).iter(f"{SVG}text")}
    assert {"25 C²", "18 C²", "5×5", "3×3", "64 → 64"} <= texts
