"""Networks from the command line: documents for scripts, text for people."""

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.measures import MEASURES
from cnnlab.architectures import FAMILIES, preset, preset_names
from cnnlab.cli import main
from cnnlab.export import export_code
from cnnlab.spec import text_of
from cnnlab.words import numbers
from tests.cli.commands import Output, document, sentence


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
