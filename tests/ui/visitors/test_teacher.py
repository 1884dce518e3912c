"""The teacher's token on the Runs page: who tries many hears that it is enough."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.runs import Store
from cnnlab.ui.visitors import teacher
from cnnlab.ui.visitors.allowance import Allowance
from tests.ui.conftest import open_page

TOKEN = "white chalk"


class Clock:
    """A time that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(store: Store, monkeypatch: pytest.MonkeyPatch) -> Clock:
    (store.folder / "settings.toml").write_text(f'teacher_token = "{TOKEN}"\n')
    clock = Clock()
    monkeypatch.setattr(teacher, "address", lambda: "10.0.0.1")
    monkeypatch.setattr(teacher, "_visitors", Allowance(burst=5, seconds=30, clock=clock))
    monkeypatch.setattr(teacher, "_addresses", Allowance(burst=30, seconds=10, clock=clock))
    return clock


def enter(test: AppTest, text: str) -> list[str]:
    """What the page says to this token."""
    next(field for field in test.text_input if "token" in field.label).set_value(text).run()
    assert not test.exception
    return [caption.value.replace("\\", "") for caption in test.caption]


def test_whoever_guesses_has_to_wait_in_every_window(clock: Clock) -> None:
    test = open_page("runs")
    for i in range(5):
        assert any("This is not the token" in text for text in enter(test, f"guess {i}"))
    assert any("Too many wrong tokens were entered: try again in 31 seconds" in text for text in enter(test, "guess"))
    assert any("Too many wrong tokens" in text for text in enter(open_page("runs"), TOKEN)), "not even the right one"
    clock.now = 30.0
    assert any("You can pause, stop and delete everyone" in text for text in enter(test, TOKEN))
    assert any("You can pause" in text for text in enter(open_page("runs"), TOKEN)), "right ones are not counted"


@pytest.mark.usefixtures("clock")
def test_an_address_does_not_guess_more_with_more_names(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    for i in range(7):
        monkeypatch.setattr(teacher, "visitor", lambda i=i: f"browser {i}")
        test = open_page("runs")
        heard = [text for guess in range(5) for text in enter(test, f"guess {guess}")]
    assert any("Too many wrong tokens" in text for text in heard)
