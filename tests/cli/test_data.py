"""Data sets from the command line."""

import io
import json
import unicodedata
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from cnnlab.cli import main
from cnnlab.data import DATASETS
from tests.cli.commands import Output, document, sentence


class TestData:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "home"))
        monkeypatch.delenv("CNNLAB_DATA", raising=False)
        return tmp_path

    def test_for_scripts(self, capsys: Output) -> None:
        found = document(capsys, "data")
        assert [card["name"] for card in found] == list(DATASETS)
        assert {card["name"] for card in found if not card["here"]} == {
            name for name, card in DATASETS.items() if card.origin == "download"
        }

    def test_for_people(self, capsys: Output) -> None:
        assert main(["data", "digits", "shapes"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["name", "digits", "shapes"]
        assert lines[2].endswith("available")

    def test_a_zip_is_taken_in_and_trained_on(self, capsys: Output, home: Path) -> None:
        with zipfile.ZipFile(home / "two.ZIP", "w") as archive:
            for label, colour in (("dark", 20), ("light", 220)):
                for i in range(10):
                    picture = io.BytesIO()
                    Image.new("L", (8, 8), colour + i).save(picture, "PNG")
                    archive.writestr(f"{label}/{i}.png", picture.getvalue())
        (card,) = document(capsys, "data", str(home / "two.ZIP"), "--side", "16")
        assert (card["classes"], card["side"], card["num_train"], card["here"]) == (["dark", "light"], 16, 16, True)
        assert main(["train", "lenet5_tutorial", "--dataset", str(home / "two.ZIP"), "--epochs", "1"]) == 0
        assert "16 training, 4 test images" in capsys.readouterr().out

    def test_a_damaged_set_does_not_hide_the_others(self, capsys: Output, home: Path) -> None:
        damaged = home / "home/data/own/pets-01234567.safetensors"
        damaged.parent.mkdir(parents=True)
        damaged.write_bytes(b"no tensors")
        assert main(["data", "--json"]) == 0
        printed = capsys.readouterr()
        assert [card["name"] for card in json.loads(printed.out)] == list(DATASETS)
        assert "of the imported images 'pets' is damaged" in printed.err
        assert main(["data", "--delete", "own:pets-01234567"]) == 0
        assert not damaged.exists()

    def test_no_terminal_obeys_the_name_of_a_zip_or_of_a_class(self, capsys: Output, home: Path) -> None:
        path = home / "red\x1b[31m\u202e.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for label in ("dark\x9b31m", "light"):
                for i in range(2):
                    picture = io.BytesIO()
                    Image.new("L", (8, 8), 100 + i).save(picture, "PNG")
                    archive.writestr(f"{label}/{i}.png", picture.getvalue())
        for options in ((), ("--json",)):
            assert main(["data", str(path), *options]) == 0
            printed = capsys.readouterr()
            assert "red" in printed.out
            signs = set(printed.out + printed.err) - {"\n"}
            assert not [sign for sign in signs if unicodedata.category(sign) in ("Cc", "Cf")]

    def test_nothing_of_that_name(self, capsys: Output) -> None:
        text = sentence(capsys, "data", "mnits")
        assert text.startswith("`dataset` must be the name of a data set, and it is 'mnits': did you mean mnist")
        assert "cannot be read" in sentence(capsys, "data", "gone.zip")
