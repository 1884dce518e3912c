"""Runs are looked up once a second, by one of those who ask."""

import pytest

from cnnlab.runs import UnknownRun
from cnnlab.ui.serving.answering.lookups import FRESH_SECONDS, MAX_KEPT, Lookups
from cnnlab.words.sentence import Sentence


def test_one_looks_again_and_the_others_go_on() -> None:
    now, found = 0.0, "first"
    lookups = Lookups(lambda _: found, clock=lambda: now)
    assert lookups.fresh("run") is None
    assert lookups.known("run") == "first"
    now, found = FRESH_SECONDS / 2, "second"
    assert lookups.fresh("run") == "first"
    now = FRESH_SECONDS * 1.5
    assert [lookups.fresh("run"), lookups.fresh("run"), lookups.known("run")] == [None, "first", "first"]
    assert [lookups.again("run"), lookups.fresh("run")] == ["second", "second"]


def test_what_is_gone_is_not_known() -> None:
    is_there = True

    def look_up(_: str) -> str:
        if not is_there:
            raise UnknownRun(Sentence("gone"))
        return "run"

    lookups = Lookups(look_up)
    lookups.again("run")
    is_there = False
    for _ in range(2):
        with pytest.raises(UnknownRun):
            lookups.again("run")
    assert lookups.fresh("run") is None
    with pytest.raises(UnknownRun):
        lookups.known("run")


def test_it_is_bounded() -> None:
    lookups = Lookups(str)
    for number in range(MAX_KEPT + 1):
        lookups.again(str(number))
    assert lookups.fresh("0") is None
    assert lookups.fresh("1") == "1"
