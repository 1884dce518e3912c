"""Sweeps run only where they are asked for: with `-m sweep`, or by the address of one test."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")

TESTS = """
import pytest

@pytest.mark.sweep
def test_long(): pass

def test_short(): pass
"""


@pytest.mark.parametrize(
    ("arguments", "collected"),
    [
        ([], {"test_short"}),
        (["-o", "addopts="], {"test_short"}),
        (["test_one.py"], {"test_short"}),
        (["-k", "long or short"], {"test_short"}),
        (["-m", "sweep"], {"test_long"}),
        (["-m", "not sweep"], {"test_short"}),
        (["test_one.py::test_long"], {"test_long"}),
    ],
)
def test_only_the_tests_that_are_asked_for(
    pytester: pytest.Pytester, arguments: list[str], collected: set[str]
) -> None:
    pytester.makeini("[pytest]\nmarkers = sweep\n")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_one=TESTS)
    result = pytester.runpytest_inprocess("--collect-only", "-q", "-p", "no:xdist", *arguments)
    assert {line.partition("::")[2] for line in result.outlines if "::" in line} == collected
