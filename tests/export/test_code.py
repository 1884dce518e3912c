"""Exported code: what it says, what it needs, and that it is the code that the lab runs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from cnnlab.architectures import FAMILIES, preset, preset_names
from cnnlab.building import build
from cnnlab.export import export_code
from cnnlab.spec import Refused


@pytest.mark.parametrize("name", preset_names())
def test_it_needs_only_torch_and_has_no_needless_import(name: str) -> None:
    tree = ast.parse(export_code(preset(name)))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert all(module.split(".")[0] in {"torch", *sys.stdlib_module_names} for module in modules if module)
    imported = {alias.asname or alias.name.split(".")[0] for node in imports for alias in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imported <= used
    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert defined <= used


@pytest.mark.parametrize("name", ["lenet5_rgb", "resnet50", "custom_one_of_each"])
def test_it_is_clean_and_formatted(name: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--select", "E,F,I,W"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", "--line-length", "120", "-"],
            input=export_code(preset(name)),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_as_a_script_of_its_own(tmp_path: Path) -> None:
    code = export_code(preset("resnet20_cifar")) + "print(sum(p.numel() for p in network.parameters()))\n"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("269722\n", "")


def test_it_says_what_it_is() -> None:
    spec = preset("resnet18").replace(width=48, depths=(2, 2), image_size=96)
    header, _, body = export_code(spec).partition("\n\n")
    family = FAMILIES["resnet"]
    assert family.paper is not None
    for fact in (
        "CNN Lab",
        "resnet18 with ",
        "width=48, depths=2,2",
        "image_size=96",
        family.paper.title,
        family.paper.link,
        "2015",
    ):
        assert fact in header
    assert "(N, 3, 96, 96)" in header
    assert all(line.startswith("#") for line in header.splitlines())
    assert "\n    depths=(2, 2),\n" in body
    assert "image_size=" not in body


def test_the_same_seed_gives_the_same_weights() -> None:
    spec = preset("lenet5_d2l")
    torch.manual_seed(3)
    ours = build(spec).state_dict()
    torch.manual_seed(3)
    namespace: dict[str, object] = {}
    exec(export_code(spec), namespace)
    theirs = namespace["network"].state_dict()  # type: ignore[attr-defined]
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_broken_network_is_not_exported() -> None:
    with pytest.raises(Refused, match="too small for its 20x20 window"):
        export_code(preset("lenet5_tutorial").replace(kernel_sizes=(5, 20)))
