"""The command line: documents for scripts, text for people, and sentences for what cannot be."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import cnnlab
from cnnlab.analysis import analyse
from cnnlab.analysis.dataset_fit import match_dataset_if_needed
from cnnlab.analysis.measures import MEASURES
from cnnlab.architectures import FAMILIES, preset, preset_names
from cnnlab.cli import main
from cnnlab.data import DATASETS
from cnnlab.export import export_code
from cnnlab.spec import text_of
from cnnlab.training import Recipe, TrainingFailed
from cnnlab.words import numbers

ROOT = Path(cnnlab.__path__[0]).parent
DEADLINE = 120

Output = pytest.CaptureFixture[str]


def document(capsys: Output, *arguments: str) -> Any:
    """The one JSON document that the command prints."""
    assert main([*arguments, "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    return json.loads(printed.out)


def sentence(capsys: Output, *arguments: str) -> str:
    """What the command says when it refuses its values; nothing else is printed."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.rstrip("\n")


def command(*arguments: str) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cnnlab", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )


class TestList:
    def test_for_scripts(self, capsys: Output) -> None:
        expected = [
            {"preset": name, "family": family.name, "year": family.paper.year if family.paper else None}
            for family in FAMILIES.values()
            for name in family.presets
        ]
        assert document(capsys, "list") == expected

    def test_for_people(self, capsys: Output) -> None:
        assert main(["list"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[1 : lines.index("")]] == preset_names()
        assert "torchvision:squeezenet1_0" in lines[-1]
        assert lines[0].split() == ["preset", "family", "year", "image", "parameters", "forward"]
        assert any("11.7 M  1.81 GMACs" in line for line in lines)


class TestSummary:
    def test_for_scripts(self, capsys: Output) -> None:
        found = document(capsys, "summary", "resnet18")
        assert list(found) == ["preset", *MEASURES, "layers"]
        assert found["preset"] == "resnet18"
        assert (found["params"], found["macs"], found["image_size"]) == (11_689_512, 1_814_073_344, 224)
        assert found["activation_bytes"] == analyse(preset("resnet18")).activation_bytes
        assert found["layers"][0] == {
            "name": "stem.conv",
            "type": "Conv2d",
            "output_shape": [64, 112, 112],
            "params": 9_408,
            "macs": 118_013_952,
        }
        assert sum(layer["params"] for layer in found["layers"]) == found["params"]
        assert sum(layer["macs"] for layer in found["layers"]) == found["macs"]

    def test_changes(self, capsys: Output) -> None:
        options = ["--set", "width=32", "--set", "depths=2,2,2", "--image-size", "112"]
        found = document(capsys, "summary", "resnet18", *options)
        report = analyse(preset("resnet18").replace(width=32, depths=(2, 2, 2), image_size=112))
        assert (found["preset"], found["params"], found["macs"]) == ("resnet18", report.params, report.macs)
        assert found["image_size"] == 112
        assert document(capsys, "summary", "resnet18:width=32:depths=2,2,2:image_size=112") | {
            "preset": ""
        } == found | {"preset": ""}

    @pytest.mark.parametrize("family", FAMILIES)
    def test_every_knob_can_be_set(self, capsys: Output, family: str) -> None:
        name, spec = next(iter(FAMILIES[family].presets.items()))
        options = [part for field, value in spec.values.items() for part in ("--set", f"{field}={text_of(value)}")]
        assert document(capsys, "summary", name, *options)["params"] == analyse(spec).params

    def test_for_people(self, capsys: Output) -> None:
        assert main(["summary", "resnet18", "--set", "width=32"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("resnet18 with width=32 (ResNet, 2015)\n")
        params = analyse(preset("resnet18").replace(width=32)).params
        assert f"{numbers.count(params)} " in out
        assert numbers.change(params, 11_689_512) in out
        assert f"Total params: {params:,}\n" in out

    def test_a_break_shows_the_rows_before_it(self, capsys: Output) -> None:
        assert main(["summary", "lenet5_tutorial", "--set", "kernel_sizes=5,20"]) == 2
        printed = capsys.readouterr()
        assert [line.split()[0] for line in printed.out.split("\n") if line] == [
            "layer",
            "features.conv1",
            "features.activation1",
            "features.pool1",
        ]
        assert printed.err.startswith(
            "The map is 14x14 when it reaches `features.conv2`, too small for its 20x20 window:"
        )

    def test_a_break_has_no_document(self, capsys: Output) -> None:
        text = sentence(capsys, "summary", "lenet5_tutorial", "--set", "kernel_sizes=5,20", "--json")
        assert text.startswith("The map is 14x14")


class TestCompare:
    def test_for_scripts(self, capsys: Output) -> None:
        names = ["resnet18", "resnet34", "lenet5_d2l"]
        assert document(capsys, "compare", *names) == [document(capsys, "summary", name) for name in names]

    def test_changes_hold_for_each(self, capsys: Output) -> None:
        found = document(capsys, "compare", "resnet18", "resnet34", "--set", "width=16", "--image-size", "64")
        assert {summary["image_size"] for summary in found} == {64}
        assert found[1]["params"] == analyse(preset("resnet34").replace(width=16)).params

    def test_for_people(self, capsys: Output) -> None:
        assert main(["compare", "resnet18", "resnet18:width=48"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1].split()[0] == "resnet18"
        assert lines[2].startswith("resnet18 with width=48")
        assert "43\u00a0% fewer" in lines[2]


class TestExport:
    def test_for_people(self, capsys: Output) -> None:
        assert main(["export", "lenet5_d2l", "--set", "activation=tanh"]) == 0
        assert capsys.readouterr().out == export_code(preset("lenet5_d2l").replace(activation="tanh"))

    def test_for_scripts(self, capsys: Output) -> None:
        assert document(capsys, "export", "lenet5_d2l") == {
            "preset": "lenet5_d2l",
            "code": export_code(preset("lenet5_d2l")),
        }


class TestTour:
    @pytest.fixture(autouse=True)
    def two_families(self, monkeypatch: pytest.MonkeyPatch) -> None:
        few = {name: FAMILIES[name] for name in ("lenet", "custom", "torchvision")}
        monkeypatch.setattr("cnnlab.architectures.FAMILIES", few)

    def test_for_people(self, capsys: Output) -> None:
        assert main(["tour", "--batch-size", "128"]) == 0
        title, _, header, *rows = capsys.readouterr().out.splitlines()
        assert title == "Digits, 1 epoch"
        assert header.split() == ["preset", "family", "test", "accuracy", "time"]
        assert [row.split()[0] for row in rows] == ["lenet5_tutorial", "custom_mnist"]
        assert all(0 < float(row.split()[-3]) <= 1 for row in rows)

    def test_for_scripts(self, capsys: Output) -> None:
        assert main(["tour", "--batch-size", "128", "--json"]) == 0
        first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
        assert (first["preset"], second["family"]) == ("lenet5_tutorial", "custom")
        assert 0 < first["test_accuracy"] <= 1


class TestTrain:
    QUICK = ("train", "lenet5_tutorial", "--dataset", "digits", "--epochs", "2", "--batch-size", "128")

    def test_for_scripts(self, capsys: Output) -> None:
        assert main([*self.QUICK, "--json"]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        events = [json.loads(line) for line in printed.out.splitlines()]
        assert [event["event"] for event in events if event["event"] != "steps"] == [
            "started",
            "epoch_end",
            "epoch_end",
            "finished",
        ]
        taken = sum(len(event["losses"]) for event in events if event["event"] == "steps")
        assert taken == events[0]["total_steps"]
        last = events[-1]
        assert last["test_accuracy"] == events[-2]["test_accuracy"]
        assert last["examples_per_second"] > 0
        assert last["device"] == events[0]["device"]

    def test_for_people(self, capsys: Output) -> None:
        assert main([*self.QUICK, "--set", "activation=tanh"]) == 0
        printed = capsys.readouterr()
        lines = printed.out.splitlines()
        assert lines[0] == "The images are 8x8 and the network takes 32x32: they are resized."
        assert lines[1].startswith("61.7 k parameters, 1\u202f442 training, 355 test images, on ")
        assert lines[2].startswith("epoch 1 of 2: train loss ")
        assert lines[-1].startswith("Test accuracy 0.")
        assert "examples/s on " in lines[-1]
        assert printed.err == ""

    def test_the_bar_is_for_terminals(self, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        assert main([*self.QUICK]) == 0
        bars = capsys.readouterr().err
        assert "[########################] 100%  loss " in bars
        assert bars.endswith("\r\033[K")
        assert "\n" not in bars

    def test_every_field_of_the_recipe_is_an_option(self, capsys: Output) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["train", "--help"])
        assert caught.value.code == 0
        text = " ".join(capsys.readouterr().out.split())
        for name, setting in Recipe.settings().items():
            assert f"--{name.replace('_', '-')} " in text
            assert setting.help in text
            assert f"default: {text_of(setting.default)})" in text

    def test_a_ready_made_recipe_brings_its_network(self, capsys: Output) -> None:
        few = ("--dataset", "shapes_easy", "--train-share", "0.02", "--epochs", "1", "--set", "width=4")
        assert main(["train", "--recipe", "modern", *few, "--json"]) == 0
        started = json.loads(capsys.readouterr().out.splitlines()[0])
        assert started["num_train"] == 100
        assert started["total_steps"] == 1
        slim = match_dataset_if_needed(preset("resnet20_cifar"), DATASETS["shapes_easy"]).replace(width=4)
        assert started["num_params"] == analyse(slim).params

    def test_a_ready_made_recipe_trains_another_network_too(self, capsys: Output) -> None:
        few = ("--dataset", "digits", "--epochs", "1", "--json")
        assert main(["train", "lenet5_d2l", "--recipe", "tutorial_sgd", *few]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert events[0]["num_params"] == analyse(preset("lenet5_d2l")).params
        assert events[1]["learning_rate"] == 0.01

    def test_a_network_or_a_recipe_must_be_named(self, capsys: Output) -> None:
        assert "or a --recipe: d2l_lenet, d2l_resnet" in sentence(capsys, "train")

    def test_the_recipe_is_checked(self, capsys: Output) -> None:
        text = sentence(capsys, "train", "lenet5_tutorial", "--batch-size", "many", "--optimizer", "magic")
        assert "`batch_size` must be a whole number, and it is 'many': use 2 to 4096." in text
        assert "`optimizer` must be one of its choices, and it is 'magic'" in text
        text = sentence(capsys, "train", "lenet5_tutorial", "--optimizer", "nesterov", "--momentum", "0")
        assert text.startswith("`momentum` must be above 0")
        text = sentence(capsys, "train", "lenet5_tutorial", "--set", "num_classes=3")
        assert text.startswith("`num_classes` must be at least the 10 classes")

    def test_a_training_that_fails_says_why(self, capsys: Output) -> None:
        assert main([*self.QUICK, "--optimizer", "sgd", "--learning-rate", "100"]) == 1
        assert "`learning_rate`" in capsys.readouterr().err
        assert issubclass(TrainingFailed, ValueError)

    def test_ctrl_c_ends_it_with_what_was_learnt(self) -> None:
        process = command("train", "lenet5_tutorial", "--dataset", "digits", "--epochs", "1000", "--json")
        watchdog = threading.Timer(DEADLINE, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            events = []
            for line in process.stdout:
                events.append(json.loads(line))
                if events[-1]["event"] == "epoch_end" and len([e for e in events if e["event"] == "epoch_end"]) == 1:
                    process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE) == 130
        finally:
            watchdog.cancel()
            process.kill()
            _, errors = process.communicate()
        assert errors == ""
        assert events[-1]["event"] == "finished"
        assert events[-1]["state"] == "stopped"
        assert events[-1]["test_accuracy"] is not None
        assert sum(event["event"] == "epoch_end" for event in events) < 1000


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

    def test_several_seeds(self, capsys: Output) -> None:
        assert main([*TestTrain.QUICK, "--seeds", "2", "--validation-share", "0.2"]) == 0
        out = capsys.readouterr().out
        assert out.count("validation, 355 test images") == 2
        assert out.count("; validation loss ") == 4
        assert out.splitlines()[-1].startswith("2 seeds: mean test accuracy 0.")

    def test_an_early_stop_is_said(self, capsys: Output) -> None:
        slow = ("--learning-rate", "0.000001", "--patience", "1", "--epochs", "30")
        assert main([*TestTrain.QUICK, *slow]) == 0
        assert "Stopped early: no epoch after epoch" in capsys.readouterr().out
