"""What the documents say is true: their commands run, their links lead somewhere, and nothing is left out."""

import ast
import contextlib
import importlib.metadata
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cnnlab.analysis import Analysis
from cnnlab.analysis.measures import LATENCY, MEASURES, Measure
from cnnlab.architectures import FAMILIES
from cnnlab.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MEASURES_DOCUMENT = (ROOT / "docs/measures.md").read_text(encoding="utf-8")

USE = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/streamlit run app.py"
TEST = "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt && .venv/bin/python -m pytest"


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [
    line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("python -m cnnlab")
]


def test_the_two_commands_come_first() -> None:
    assert [block.strip() for block in blocks(README, "sh")[:2]] == [USE, TEST]
    assert README.index(TEST) < README.index("## ")


def test_the_check_runs_the_readmes_test_command_word_for_word() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    (pattern,) = re.findall(r"grep --max-count=1 '(.*)' README.md", script.read_text(encoding="utf-8"))
    assert [line for line in README.splitlines() if re.search(pattern, line)] == [TEST]
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=60)


def test_the_ten_lines_run() -> None:
    (code,) = blocks(README, "python")
    assert len(list(filter(None, code.splitlines()))) == 10
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    assert "Total params" in printed.getvalue()
    assert "Finished(state='done'" in printed.getvalue()
    assert "class ResNet(nn.Module)" in printed.getvalue()


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_runs(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    if "tour" in line:  # two families show that it runs
        few = {name: FAMILIES[name] for name in ("lenet", "custom")}
        monkeypatch.setattr("cnnlab.architectures.FAMILIES", few)
    monkeypatch.setattr("cnnlab.ui.serving.serve.serve", print)  # a server would not end by itself
    assert main(shlex.split(line)[3:]) == 0
    assert capsys.readouterr().out


def test_no_command_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = re.findall(r"^    (\w+)  ", capsys.readouterr().out, flags=re.MULTILINE)
    assert listed == [shlex.split(line)[3] for line in COMMANDS]


def test_every_number_has_a_heading() -> None:
    totals = [name for name, value in vars(Analysis).items() if not name.startswith("_") and hasattr(value, "__get__")]
    numbers = {name for name in totals if name not in Analysis.__dataclass_fields__} - {
        "spec",
        "mixes_positions",
        "output_shape",
        "layers",
        "kept",
        "fields",
    }
    numbers |= {name for name, field in Analysis.__dataclass_fields__.items() if field.type is int}
    numbers |= {*MEASURES, LATENCY.name}
    assert set(re.findall(r"^## .* \(`(\w+)`\)$", MEASURES_DOCUMENT, flags=re.MULTILINE)) == numbers


@pytest.mark.parametrize("measure", [*MEASURES.values(), LATENCY], ids=lambda measure: measure.name)
def test_a_heading_has_the_title_and_the_explanation_of_its_measure(measure: Measure) -> None:
    (section,) = re.findall(
        rf"^## {measure.title} \(`{measure.name}`\)\n\n(.*?)\n\n", MEASURES_DOCUMENT + "\n", re.MULTILINE | re.DOTALL
    )
    first = re.match(r".*?[.](?= |$)", measure.help)
    assert first is not None
    assert section.replace("\n", " ").startswith(first[0])


def test_the_numbers_in_measures_are_those_of_today() -> None:
    from cnnlab.analysis import analyse, summary
    from cnnlab.analysis.counters import counts
    from cnnlab.analysis.memory import training_memory
    from cnnlab.architectures import preset
    from cnnlab.words import numbers

    report = analyse(preset("resnet18"))
    assert numbers.exact(report.macs) in MEASURES_DOCUMENT
    for count in counts(report):
        assert re.search(
            rf"^\| {re.escape(count.counter.name)} \|.*\| {numbers.exact(count.total)} \|$",
            MEASURES_DOCUMENT,
            flags=re.MULTILINE,
        )
    memory = training_memory(report, batch_size=32, optimizer="adam")
    assert numbers.size(memory.total) in MEASURES_DOCUMENT
    assert numbers.size(report.activation_bytes) in MEASURES_DOCUMENT
    assert "Forward/backward pass size (MB): 39.75" in summary(preset("resnet18"))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/measures.md"])
def test_links_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (document.parent / target).exists(), target


def test_paths_in_contributing_exist() -> None:
    for path in re.findall(r"`((?:cnnlab|tests|docs|benchmarks|\.ci)/[\w./]+)`", CONTRIBUTING):
        if "NAME" not in path:
            assert (ROOT / path).exists(), path


def test_the_layers_are_those_of_the_import_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    rows = re.findall(r"^\| (`.*?) \|", CONTRIBUTING.split("## Layers")[1], flags=re.MULTILINE)
    written = [{word.removesuffix(".py") for word in re.findall(r"`([\w.]+)`", row)} for row in rows]
    assert written == [set(re.findall(r"\w+", layer)) for layer in contract[0]["layers"]]


def test_what_the_app_imports_is_required_within_bounds() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+", line) for line in lines)
    required = {re.split(r"[>=<]", line)[0].lower() for line in lines}
    # pydantic brings the one version of its core that fits.
    provided = {*required, "pydantic_core"}
    files = [ROOT / "app.py", *(ROOT / "cnnlab").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    imported = {module.split(".")[0] for path in files for module in _imports(path)} - {"cnnlab"}
    homes = importlib.metadata.packages_distributions()
    # NVIDIA's package is used where it is installed.
    for module in imported - sys.stdlib_module_names - {"pynvml"}:
        assert {home.lower() for home in homes[module]} & provided, module


def _imports(path: Path) -> list[str]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.append(node.module)
    return modules
