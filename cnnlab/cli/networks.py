"""What the command line says of networks: which there are, what they cost, alone or side by side, and their code."""

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cnnlab.spec import Problem, Refused
from cnnlab.words import numbers
from cnnlab.words.text import table

if TYPE_CHECKING:
    from cnnlab.analysis import Analysis
    from cnnlab.architectures import NetworkSpec


def print_json(document: object) -> None:
    """One line for scripts, with nothing in it that a terminal would obey."""
    print(json.dumps(document), flush=True)


def _changes(written: Iterable[str]) -> dict[str, str]:
    """["width=32"] as {"width": "32"}."""
    changes = {}
    for text in written:
        field, separator, value = text.partition("=")
        if not separator:
            raise Refused([Problem(field, f"A change is written field=value, and it is {text!r}: write {text}=VALUE.")])
        changes[field.strip()] = value
    return changes


def variant(preset_text: str, options: argparse.Namespace) -> "tuple[NetworkSpec, NetworkSpec]":
    """The spec that the arguments describe, and the preset that it started from."""
    from cnnlab.architectures import preset
    from cnnlab.architectures.references import PREFIX

    name, *own_changes = preset_text.removeprefix(PREFIX).split(":")
    base = preset(f"{PREFIX}{name}" if preset_text.startswith(PREFIX) else name)
    return changed(base, options, own_changes), base


def changed(base: "NetworkSpec", options: argparse.Namespace, own_changes: Iterable[str] = ()) -> "NetworkSpec":
    """The spec with the changes that the options ask for, and then its own."""
    texts = _changes(options.set)
    if options.image_size is not None:
        texts["image_size"] = options.image_size
    values, problems = type(base).parse(texts | _changes(own_changes))
    if problems:
        raise Refused(problems)
    return base.replace(**values)


def list_command(options: argparse.Namespace) -> int:
    """The presets."""
    from cnnlab.analysis import analyse
    from cnnlab.architectures import FAMILIES

    presets = [(name, spec, family) for family in FAMILIES.values() for name, spec in family.presets.items()]
    if options.json:
        print_json(
            [
                {"preset": name, "family": family.name, "year": family.paper.year if family.paper else None}
                for name, _, family in presets
            ]
        )
        return 0
    rows = []
    references = [name for name, _, family in presets if family.is_read_only]
    for name, spec, family in presets:
        if family.is_read_only:
            continue
        report = analyse(spec)
        image = numbers.shape((spec.in_channels, spec.image_size, spec.image_size))
        year = str(family.paper.year) if family.paper else ""
        rows.append((name, family.title, year, image, numbers.count(report.params), numbers.macs(report.macs)))
    print(table(("preset", "family", "year", "image", "parameters", "forward"), rows, left=2))
    print(f"\nTo compare with, as they are: {', '.join(references)}.")
    return 0


def _document(name: str, report: "Analysis") -> dict[str, Any]:
    """A summary for scripts."""
    return {
        "preset": name,
        "params": report.params,
        "macs": report.macs,
        "activation_bytes": report.activation_bytes,
        "image_size": report.spec.image_size,
        "layers": [
            {
                "name": row.path,
                "type": row.type,
                "output_shape": list(row.output_shape),
                "params": row.params,
                "macs": row.macs,
            }
            for row in report.rows
        ],
    }


def _auxiliary_line(report: "Analysis", before: "Analysis") -> list[tuple[str, str, str]]:
    """How many of the parameters are in auxiliary heads, where one of the two networks has some."""
    new, old = report.auxiliary_params, before.auxiliary_params
    return [("in auxiliary heads", numbers.count(new), numbers.change(new, old))] if new or old else []


def summary_command(options: argparse.Namespace) -> int:
    """What a network costs. Raises `Refused` where its shapes break."""
    from cnnlab.analysis import analyse, summary
    from cnnlab.architectures import family_of, name_of

    spec, base = variant(options.preset, options)
    report = analyse(spec)
    if report.problem is not None:
        if not options.json:
            print(_rows_text(report), end="\n\n", flush=True)
        raise Refused([report.problem])
    if options.json:
        print_json(_document(options.preset, report))
        return 0

    family, before = family_of(spec), analyse(base)
    print(f"{name_of(spec)} ({family.dated})\n")
    lines = [
        ("parameters", numbers.count(report.params), numbers.change(report.params, before.params)),
        *_auxiliary_line(report, before),
        ("forward, one image", numbers.macs(report.macs), numbers.change(report.macs, before.macs)),
        (
            "activation memory",
            numbers.size(report.activation_bytes),
            _measured(report.activation_bytes, before.activation_bytes),
        ),
        ("weights", numbers.size(report.weight_bytes), _measured(report.weight_bytes, before.weight_bytes)),
        ("layers", str(report.num_layers), numbers.change(report.num_layers, before.num_layers)),
    ]
    if spec == base:
        print(table(lines[0][:2], [line[:2] for line in lines[1:]]))
    else:
        header = ("", "", f"than {options.preset}")
        print(table(header, lines))
    print(f"\n{summary(spec)}")
    return 0


def _measured(new: int, old: int) -> str:
    return numbers.change(new, old, fewer="less")


def _rows_text(report: "Analysis") -> str:
    rows = [
        (row.path, row.type, numbers.shape(row.output_shape), numbers.exact(row.params), numbers.exact(row.macs))
        for row in report.rows
    ]
    return table(("layer", "type", "output", "parameters", "MACs"), rows, left=2)


def compare_command(options: argparse.Namespace) -> int:
    """What networks cost, side by side."""
    from cnnlab.analysis import analyse, compare

    specs = [variant(name, options)[0] for name in options.preset]
    costs = compare(*specs)
    if options.json:
        print_json([_document(name, analyse(spec)) for name, spec in zip(options.preset, specs, strict=True)])
        return 0
    first = costs.iloc[0]
    rows = [
        (
            str(name),
            numbers.count(row.params),
            numbers.change(row.params, first.params),
            numbers.macs(row.macs),
            numbers.change(row.macs, first.macs),
            numbers.size(row.activation_bytes),
            _measured(row.activation_bytes, first.activation_bytes),
        )
        for name, row in costs.iterrows()
    ]
    than = f"than {options.preset[0]}"
    print(table(("network", "parameters", than, "forward", than, "activations", than), rows))
    return 0


def export_command(options: argparse.Namespace) -> int:
    """The code of a network."""
    from cnnlab.export import export_code

    code = export_code(variant(options.preset, options)[0])
    if options.json:
        print_json({"preset": options.preset, "code": code})
    else:
        print(code, end="")
    return 0
