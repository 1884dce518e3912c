"""The drawing of an image on its way through a network."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.outline import outline, rows_of_sections
from cnnlab.figures.inside.maps_ribbon import Passage, maps_ribbon
from cnnlab.figures.inside.numbers import describe_numbers, number_bars
from tests.insight.small_networks import SPECS

MOST_LETTERS = 400_000


def passages(family: str) -> list[Passage]:
    analysis = analyse(SPECS[family])
    rng = np.random.default_rng(0)
    image = rng.normal(size=(SPECS[family].in_channels, SPECS[family].image_size, SPECS[family].image_size))
    made = [(section, rng.normal(size=section.output_shape)) for section in outline(analysis)]
    return [Passage(None, image.astype(np.float32)), *(Passage(s, v.astype(np.float32)) for s, v in made)]


@pytest.mark.parametrize("family", SPECS)
def test_every_section_is_a_button_with_a_name(family: str) -> None:
    sections = outline(analyse(SPECS[family]))
    text = maps_ribbon(passages(family), theme="light", selected=sections[1].path)
    assert len(text) < MOST_LETTERS
    drawing = ET.fromstring(text)
    buttons = [node for node in drawing.iter() if node.get("role") == "button"]
    assert [button.get("data-path") for button in buttons] == [section.path for section in sections]
    assert all(button.get("aria-label") and button.get("tabindex") == "0" for button in buttons)
    assert [button.get("data-path") for button in buttons if "selected" in button.get("class", "")] == [
        sections[1].path
    ]
    assert "From image to answer" in drawing.get("aria-label", "")
    assert not re.search(r"nan|inf(?!o)", re.sub(r'href="[^"]*"', "", text))


@pytest.mark.parametrize("family", SPECS)
def test_the_rows_of_the_sections_are_all_rows(family: str) -> None:
    analysis = analyse(SPECS[family])
    ranges = rows_of_sections(analysis)
    assert [i for rows in ranges for i in rows] == list(range(len(analysis.rows)))
    for section, rows in zip(outline(analysis), ranges, strict=True):
        assert len(rows) == section.repeat * len(section.rows) or section.grows or section.repeat > 1
        assert analysis.rows[rows[0]] == section.rows[0]


def test_values_that_are_not_finite_are_drawn_as_0() -> None:
    broken = [Passage(each.section, np.full_like(each.values, np.nan)) for each in passages("lenet")]
    assert "nan" not in re.sub(r'href="[^"]*"', "", maps_ribbon(broken, theme="dark", selected=None))


def test_numbers_are_bars_and_words() -> None:
    values = np.array([-1.0, 2.0, np.nan], np.float32)
    figure = number_bars(values, ["a", "<b>", "c"], theme="light")
    assert figure["data"][0]["y"] == [-1.0, 2.0, 0.0]
    assert figure["data"][0]["x"] == ["a", "&lt;b&gt;", "c"]
    assert describe_numbers(values, None) == "3 numbers from -1 to 2; the largest is number 1."
    assert describe_numbers(values, ["a", "b", "c"]).endswith("the largest is that of b.")
