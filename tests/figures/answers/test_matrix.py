"""Each cell of the drawing has its number, its words and its colour, whatever the classes are called."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from cnnlab.figures.answers.matrix import (
    MAX_CLASSES,
    confusion_matrix,
    describe_confusion,
    describe_difference,
    difference_matrix,
)
from cnnlab.figures.palette import CURVE_COLOURS, ENTRY_COLOURS, Theme, contrast

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>"x"</script> & co'
MATRIX = np.array([[1234, 2, 0], [0, 30, 10], [0, 0, 40]])


def _cells(svg: str) -> list[tuple[ET.Element, str, str, str]]:
    """Of each cell that is not empty: itself, its words, its number, its fill."""
    found = []
    for cell in ET.fromstring(svg).iter(f"{SVG}g"):
        words, number, box = (cell.find(f"{SVG}{tag}") for tag in ("title", "text", "rect"))
        assert words is not None
        assert number is not None
        assert box is not None
        found.append((cell, str(words.text), str(number.text), box.attrib["fill"]))
    return found


def test_every_cell_that_is_not_empty_has_its_number_and_can_be_chosen() -> None:
    cells = _cells(confusion_matrix(MATRIX, ["cat", EVIL, "cow"], theme="light", selected=(1, 2)))
    assert [cell.attrib["data-path"] for cell, *_ in cells] == ["0,0", "0,1", "1,1", "1,2", "2,2"]
    assert [number for _, _, number, _ in cells] == ["1\u202f234", "2", "30", "10", "40"]
    assert [cell.attrib["class"] for cell, *_ in cells] == ["cell"] * 3 + ["cell selected"] + ["cell"]
    assert cells[0][1] == "cat recognised, 1\u202f234 of 1\u202f236 times"
    assert cells[3][1] == f"{EVIL} taken for cow, 10 of 40 times"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_deepest_colours_are_those_of_all_right_and_of_the_largest_mistake(theme: Theme) -> None:
    cells = _cells(confusion_matrix(MATRIX, ["a", "b", "c"], theme=theme))
    fills = {cell.attrib["data-path"]: fill for cell, _, _, fill in cells}
    assert fills["2,2"] == CURVE_COLOURS[theme][0]
    assert fills["1,2"] == CURVE_COLOURS[theme][1]
    assert fills["0,1"] != fills["1,2"]
    for cell, _, _, fill in cells:
        text = cell.find(f"{SVG}text")
        assert text is not None
        assert contrast(text.attrib["style"].rpartition("fill:")[2], fill) >= 4.5


def test_a_difference_has_the_colour_of_the_better_run() -> None:
    a, b = np.array([[8, 2], [1, 9]]), np.array([[6, 4], [0, 10]])
    cells = _cells(difference_matrix(a, b, ["x", "y"], theme="light"))
    assert [number for _, _, number, _ in cells] == ["−2", "+2", "−1", "+1"]
    assert not any("data-path" in cell.attrib for cell, *_ in cells)
    fills = [fill for *_, fill in cells]
    assert fills[0] == fills[1] == ENTRY_COLOURS["light"][0]  # A is better at x, by the largest difference
    assert fills[2] == fills[3]
    assert cells[1][1] == "x answered y: 2 times by A, 4 times by B"


def test_the_words() -> None:
    assert describe_confusion(MATRIX, ["a", "b", "c"]).endswith(
        "1\u202f304 of 1\u202f316 images are right. Largest mistake: b taken for c, 10 of 40 times."
    )
    assert describe_confusion(np.eye(2, dtype=np.int64), ["a", "b"]).endswith("Largest mistake: none.")
    assert describe_difference(MATRIX, MATRIX, ["a", "b", "c"]).endswith("1\u202f304 images right, B 1\u202f304.")
    root = ET.fromstring(confusion_matrix(MATRIX, ["a", EVIL, "c"], theme="dark"))
    assert root.attrib["aria-label"] == describe_confusion(MATRIX, ["a", EVIL, "c"])


def test_as_many_classes_as_fit_with_a_class_that_has_no_images() -> None:
    names = [f"a long name {i}" for i in range(MAX_CLASSES)]
    matrix = np.diag(np.arange(MAX_CLASSES))
    assert len(_cells(confusion_matrix(matrix, names, theme="light"))) == MAX_CLASSES - 1
