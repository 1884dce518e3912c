"""A network as PyTorch code that runs without the lab.

The code is the source of the classes and functions that the network refers to, dependencies first, found by reading the
source and not by running it. What is exported is what the lab itself runs.
"""

import ast
import importlib.util
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from torch import nn

from cnnlab.analysis import analyse
from cnnlab.architectures import NetworkSpec, Paper, family_of, name_of
from cnnlab.building import arguments
from cnnlab.spec import Refused
from cnnlab.words.numbers import exact

PACKAGE = "cnnlab"
"""What is imported from here is copied into the code; any other import is repeated in it."""


def export_code(spec: NetworkSpec) -> str:
    """PyTorch code that makes exactly this network and calls it `network`; raises `Refused` if its shapes break.

    It needs only torch and the standard library; the weights are those of torch's default initialisation.

    >>> from cnnlab.architectures import preset
    >>> print(export_code(preset("lenet5_tutorial").replace(activation="tanh")).splitlines()[0])
    # LeNet, made by CNN Lab: lenet5_tutorial with activation=tanh.
    """
    report = analyse(spec)
    if report.problem is not None:
        raise Refused([report.problem])
    family = family_of(spec)
    header = [
        f"# {family.title}, made by CNN Lab: {name_of(spec)}.",
        *_paper_lines(family.paper),
        "#",
        f"# In: images of shape (N, {spec.in_channels}, {spec.image_size}, {spec.image_size})."
        f" Out: (N, {spec.num_classes}), before softmax.",
        f"# {exact(report.params)} parameters; {exact(report.macs)} multiply-accumulates for one image.",
    ]
    if family.module_calls is None:
        made: list[Callable[..., object]] = [family.network]
        call = [f"network = {_call(family.network, arguments(spec))}"]
    else:
        parts = family.module_calls(arguments(spec))
        made = [OrderedDict, nn.Sequential, *(part.make for part in parts)]
        items = [f"        {part.name}={_call(part.make, part.arguments, indent=8)}," for part in parts]
        call = ["network = nn.Sequential(", "    OrderedDict(", *items, "    )", ")"]
    names = tuple(dict.fromkeys((make.__module__, make.__name__) for make in made))
    return "\n".join([*header, "", *_definitions(names), "", *call, ""])


def _paper_lines(paper: Paper | None) -> list[str]:
    return [f"# The paper: {paper.authors}: {paper.title}, {paper.year}.", f"# {paper.link}"] if paper else []


def _call(make: Callable[..., object], given: Mapping[str, object], indent: int = 0) -> str:
    """The call with one argument a line, as ruff and black leave it; torch's own classes are written `nn.Name`."""
    name = f"nn.{make.__name__}" if _is_torchs(make.__module__) else make.__name__
    if not given:
        return f"{name}()"
    lines = [f"{' ' * indent}    {argument}={_literal(value)}," for argument, value in given.items()]
    return "\n".join([f"{name}(", *lines, f"{' ' * indent})"])


def _is_torchs(module: str) -> bool:
    return module.split(".")[0] == "torch"


def _literal(value: object) -> str:
    """The value as ruff and black would write it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


@lru_cache(maxsize=64)
def _definitions(made: tuple[tuple[str, str], ...]) -> list[str]:
    """The lines of the imports and definitions that these classes and functions need, in an order that runs."""
    collected = _Collected()
    for module, name in made:
        if module.startswith(f"{PACKAGE}."):
            collected.add(module, name)
        elif _is_torchs(module):
            collected.import_from("torch", "nn")
        else:
            collected.import_from(module, name)
    lines = list(collected.import_lines())
    for source in collected.sources.values():
        lines += ["", "", *source.splitlines()]
    return [*lines, ""]


class _Collected:
    """Definitions with what they depend on, each after its dependencies, and the imports from outside."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self._modules_of: dict[str, str] = {}
        self._plain_imports: dict[str, str] = {}
        self._from_imports: dict[str, set[str]] = {}

    def add(self, module: str, name: str) -> None:
        """Adds the definition or the import of `name` in `module`; a name that has neither is a builtin or local."""
        statement = _module(module).get(name)
        match statement:
            case None:
                return
            case ast.ImportFrom(module=str(source)) if source.split(".")[0] == PACKAGE:
                self.add(source, name)
            case ast.ImportFrom(module=str(source)):
                self.import_from(source, name)
            case ast.Import(names=aliases):
                alias = next(a for a in aliases if name in (a.asname, a.name.split(".")[0]))
                self._plain_imports[name] = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            case _:
                assert self._modules_of.setdefault(name, module) == module, f"two definitions of {name}"
                if name not in self.sources:
                    self._add_definition(module, name, statement)

    def import_from(self, module: str, name: str) -> None:
        self._from_imports.setdefault(module, set()).add(name)

    def _add_definition(self, module: str, name: str, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id != name:
                self.add(module, node.id)
        self.sources[name] = _source(module, statement)

    def import_lines(self) -> Iterator[str]:
        """The imports, the standard library's first, as isort sorts them."""
        froms = sorted(
            (module, f"from {module} import {', '.join(sorted(names))}") for module, names in self._from_imports.items()
        )
        plains = sorted((line.split()[1], line) for line in self._plain_imports.values())
        standard: list[str] = []
        others: list[str] = []
        for module, line in plains + froms:
            (standard if module.split(".")[0] in sys.stdlib_module_names else others).append(line)
        yield from [*standard, *([""] if standard and others else []), *others]


@cache
def _text(module: str) -> str:
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_text(encoding="utf-8")


@cache
def _module(module: str) -> dict[str, ast.stmt]:
    """The statement at the top of the module that gives each name its value."""
    statements: dict[str, ast.stmt] = {}
    for statement in ast.parse(_text(module)).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names = [name]
            case ast.Import(names=aliases):
                names = [alias.asname or alias.name.split(".")[0] for alias in aliases]
            case ast.ImportFrom(names=aliases):
                assert not any(alias.asname for alias in aliases), "a renamed import would not run in the exported code"
                names = [alias.name for alias in aliases]
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                continue
        statements |= dict.fromkeys(names, statement)
    return statements


def _source(module: str, statement: ast.stmt) -> str:
    """The statement's lines, with its decorators and the comments inside it."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(_text(module).splitlines()[first - 1 : statement.end_lineno])
