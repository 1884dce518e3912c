"""The table of blocks: what its cells say, what its edits make of the list, and what its buttons do."""

from streamlit.testing.v1 import AppTest

from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.ui.knobs.block_table import changed_kind, row_of, text_of_row
from cnnlab.ui.knobs.row_table import RowValues, edited
from tests.ui.conftest import open_page

BASE = ("convolution out_channels=6 kernel_size=5", "pooling", "flatten")


def after(changed: dict[int, RowValues], added: list[RowValues], deleted: list[int]) -> tuple[str, ...]:
    return tuple(text_of_row(row) for row in edited([row_of(text) for text in BASE], changed, added, deleted))


def test_a_row_has_what_the_block_is_told_and_its_defaults() -> None:
    assert row_of("pooling kernel_size=3") == {"block": "pooling", "kernel_size": 3, "stride": 2, "padding": 0}
    assert row_of("dropout p=0.25") == {"block": "dropout", "p": 0.25}


def test_what_cannot_be_read_is_left_to_the_sentence_beside_the_table() -> None:
    assert row_of("tower height=3") == {"block": "tower"}
    assert row_of("pooling kernel_size=big") == {"block": "pooling", "kernel_size": 2, "stride": 2, "padding": 0}


def test_a_row_is_written_shortly() -> None:
    for text in BASE:
        assert text_of_row(row_of(text)) == text


def test_whole_numbers_that_arrive_with_a_point_are_whole() -> None:
    assert text_of_row({"block": "pooling", "kernel_size": 3.0}) == "pooling kernel_size=3"
    assert text_of_row({"block": "pooling", "kernel_size": 2.5}) == "pooling kernel_size=2.5"


def test_values_out_of_range_are_kept_for_the_sentence() -> None:
    assert text_of_row({"block": "pooling", "kernel_size": 99}) == "pooling kernel_size=99"


def test_a_cell_a_new_row_and_a_removed_one() -> None:
    cells = {0: {"out_channels": 16}}
    assert after(cells, [], [1]) == ("convolution out_channels=16 kernel_size=5", "flatten")
    assert after({}, [{"block": "dense", "out_features": 10}], []) == (*BASE, "dense out_features=10")


def test_another_kind_keeps_what_is_usual_for_both_and_else_takes_its_own_defaults() -> None:
    assert changed_kind(BASE[0], "residual") == "residual out_channels=6 kernel_size=5"
    assert changed_kind(BASE[0], "pooling") == "pooling"
    assert changed_kind("convolution stride=2", "bottleneck") == "bottleneck stride=2"
    assert changed_kind("tower height=3", "pooling") == "pooling"


def test_an_emptied_cell_takes_its_default() -> None:
    assert after({0: {"kernel_size": None}}, [], [])[0] == "convolution out_channels=6"


def blocks_of(test: AppTest) -> list[str]:
    """The blocks in the address."""
    return "".join(test.query_params["blocks"]).split(",")


def test_a_network_is_made_from_nothing_by_choosing_blocks() -> None:
    test = open_page("explore", preset="custom_mnist")
    test.button(key="blocks.clear").click().run()
    assert blocks_of(test) == [""]
    assert not test.get("error")
    for kind in ("convolution", "pooling", "flatten"):
        test.selectbox(key="blocks.add").select(kind).run()
    assert blocks_of(test) == ["convolution", "pooling", "flatten"]
    assert test.selectbox(key="blocks.place").value == 2
    test.selectbox(key="blocks.place").select(0).run()
    test.selectbox(key="blocks.kind").select("residual").run()
    test.selectbox(key="blocks.add").select("pooling").run()
    assert blocks_of(test) == ["residual", "pooling", "pooling", "flatten"]
    assert not test.exception


def test_every_kind_can_be_chosen() -> None:
    test = open_page("explore", preset="custom_mnist")
    shown = {name.replace("_", " ") for name in BLOCKS}
    assert set(test.selectbox(key="blocks.add").options) == set(test.selectbox(key="blocks.kind").options) == shown
