"""Long lists as a table: which are, and what rows and lists make of each other."""

from cnnlab.architectures import preset
from cnnlab.ui.knobs.list_table import in_tables, lists_of, rows_of

GOOGLENET = preset("googlenet")
(MODULES,) = in_tables(GOOGLENET.settings().values(), GOOGLENET.values).values()


def test_many_entries_are_a_table_and_few_are_not() -> None:
    names = [setting.name for setting in MODULES]
    assert "branch3x3" in names
    assert "stem_widths" not in names
    resnet = preset("resnet152")
    assert in_tables(resnet.settings().values(), resnet.values) == {}


def test_rows_make_the_lists_that_they_come_from() -> None:
    rows = rows_of(MODULES, GOOGLENET.values)
    assert len(rows) == 9
    assert rows[0]["branch3x3"] == 128
    lists = lists_of(MODULES, rows)
    assert lists == {name: GOOGLENET.values[name] for name in lists}
    assert GOOGLENET.replace(**lists) == GOOGLENET


def test_a_new_row_repeats_the_last() -> None:
    rows = [*rows_of(MODULES, GOOGLENET.values), {"branch3x3": 100.0}]
    changed = GOOGLENET.replace(**lists_of(MODULES, rows))
    assert changed.values["branch3x3"][-2:] == (384, 100)  # type: ignore[index]
    assert changed.values["branch1x1"][-2:] == (384, 384)  # type: ignore[index]


def test_without_rows_the_lists_are_empty_and_refused_with_a_sentence() -> None:
    values = {**GOOGLENET.values, **lists_of(MODULES, [])}
    _, problems = type(GOOGLENET).check(values)
    assert {problem.field for problem in problems} == {setting.name for setting in MODULES}


def test_lists_of_different_lengths_leave_cells_empty() -> None:
    rows = rows_of(MODULES, {**GOOGLENET.values, "branch1x1": (64,)})
    assert len(rows) == 9
    assert "branch1x1" in rows[0]
    assert "branch1x1" not in rows[1]
