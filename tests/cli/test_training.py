"""Training from the command line."""

import json
import signal
import sys
import threading

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.dataset_fit import match_dataset_if_needed
from cnnlab.architectures import FAMILIES, preset
from cnnlab.cli import main
from cnnlab.data import DATASETS
from cnnlab.spec import text_of
from cnnlab.training import Recipe, TrainingFailed
from tests.cli.commands import DEADLINE, Output, command, sentence


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
