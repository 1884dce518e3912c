"""What the command line says of values that are not valid, and of its own end."""

import pytest

from cnnlab.cli import main
from tests.cli.commands import DEADLINE, Output, command, sentence


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            (["summary", "resnet81"], "There is no preset 'resnet81': did you mean resnet"),
            (["summary", "resnet18", "--set", "wdth=3"], "`wdth` is not a knob of ResNet: did you mean width?"),
            (["summary", "resnet18", "--set", "width"], "A change is written field=value, and it is 'width'"),
            (["summary", "resnet18", "--set", "width=0"], "`width` must be at least 1, and it is 0: use 1 to 2048."),
            (["summary", "resnet18", "--image-size", "big"], "`image_size` must be a whole number, and it is 'big'"),
            (["summary", "resnet18:depths=2,x"], "`depths` must be a whole number, and it is 'x': use 1 to 64."),
            (["compare", "resnet18", "lenet"], "There is no preset 'lenet': "),
            (
                ["export", "lenet5_rgb", "--set", "num_pools=9"],
                "`num_pools` must be at most 6, and it is 9: use 0 to 6.",
            ),
        ],
    )
    def test_a_bad_value_has_a_sentence(self, capsys: Output, arguments: list[str], text: str) -> None:
        assert sentence(capsys, *arguments).startswith(text)

    @pytest.mark.parametrize("arguments", [[], ["sing"], ["summary"], ["compare"], ["list", "--fast"]])
    def test_a_bad_command_exits_with_2(self, capsys: Output, arguments: list[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        assert "usage: python -m cnnlab" in capsys.readouterr().err

    def test_as_a_process(self) -> None:
        process = command("summary", "resnet18", "--set", "groups=3", "--set", "convolution=grouped", "--json")
        out, errors = process.communicate(timeout=DEADLINE)
        assert (process.returncode, out) == (2, "")
        assert errors.startswith(
            "`groups` must divide the channels of `stages.0.0.conv1`: 64 / 3 is not a whole number"
        )
        assert errors.count("\n") == 1

    def test_a_reader_that_leaves_early_is_no_error(self) -> None:
        process = command("summary", "resnet152")
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        process.stderr.close()
        process.wait(DEADLINE)
        assert errors == ""
