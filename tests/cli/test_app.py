"""`python -m cnnlab app`: its own options, and those of Streamlit."""

import pytest

from cnnlab.cli import REFUSED, main


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The options of each server that was to be started; none is."""
    options: list[list[str]] = []
    monkeypatch.setattr("cnnlab.ui.serving.serve.serve", options.append)
    return options


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], []),
        (["--port", "8600", "--address", "127.0.0.1"], ["--server.port=8600", "--server.address=127.0.0.1"]),
        (["--server.headless", "true", "--port=8600"], ["--server.port=8600", "--server.headless", "true"]),
    ],
)
def test_options_are_streamlits(served: list[list[str]], arguments: list[str], options: list[str]) -> None:
    assert main(["app", *arguments]) == 0
    assert served == [options]


def test_other_commands_take_no_further_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["list", "--port", "1"])
    assert exit_.value.code == REFUSED
    assert "unrecognized arguments: --port 1" in capsys.readouterr().err
