"""What the command line says of networks: which there are, what they cost, alone or side by side, and their code."""

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cnnlab.spec import Problem, Refused
from cnnlab.words import numbers
from cnnlab.words.sentence import Sentence
from cnnlab.words.text import table

if TYPE_CHECKING:
    from cnnlab.analysis.entries import Entry
    from cnnlab.analysis.measures import Measure
    from cnnlab.architectures import NetworkSpec

MEASURES_IN_A_ROW = 3
"""As many measures, each with a column for its change, fit into the width of a terminal."""


def print_json(document: object) -> None:
    """One line for scripts, with nothing in it that a terminal would obey."""
    print(json.dumps(document), flush=True)


def _changes(written: Iterable[str]) -> dict[str, str]:
    changes = {}
    for text in written:
        field, separator, value = text.partition("=")
        if not separator:
            sentence = Sentence("A change is written field=value, and it is {text!r}: write {text}=VALUE.", text=text)
            raise Refused([Problem(field, sentence)])
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
    from cnnlab.building import image_shape

    presets = [(name, spec, family) for family in FAMILIES.values() for name, spec in family.presets.items()]
    if options.json:
        years = {name: family.paper.year if family.paper else None for name, family in FAMILIES.items()}
        print_json([{"preset": name, "family": one.name, "year": years[one.name]} for name, _, one in presets])
        return 0
    rows = []
    references = [name for name, _, family in presets if family.is_read_only]
    for name, spec, family in presets:
        if family.is_read_only:
            continue
        costs = [numbers.count(analyse(spec).params), numbers.macs(analyse(spec).macs)]
        year = str(family.paper.year) if family.paper else ""
        rows.append((name, family.title, year, numbers.shape(image_shape(spec)), *costs))
    print(table(("preset", "family", "year", "image", "parameters", "forward"), rows, left=2))
    print(f"\nTo compare with, as they are: {', '.join(references)}.")
    return 0


def _document(name: str, spec: "NetworkSpec") -> dict[str, Any]:
    from cnnlab.analysis.entries import entry_of
    from cnnlab.analysis.measures import MEASURES

    entry = entry_of(spec)
    return {
        "preset": name,
        **{measure.name: measure.of(entry) for measure in MEASURES.values()},
        "layers": [
            {"name": row.path, **{name: getattr(row, name) for name in ("type", "output_shape", "params", "macs")}}
            for row in entry.analysis.rows
        ],
    }


def _measure_lines(spec: "NetworkSpec", base: "NetworkSpec") -> list[tuple[str, str, str]]:
    """Each measure of a network, with its value and how that differs from the preset's."""
    from cnnlab.analysis.entries import entry_of
    from cnnlab.analysis.measures import MEASURES

    entry, before = entry_of(spec), entry_of(base)
    lines = []
    for measure in MEASURES.values():
        value, old = measure.of(entry), measure.of(before)
        lines.append((measure.title, _written(measure, value, entry), measure.change_text(value, old)))
        new, old = entry.analysis.auxiliary_params, before.analysis.auxiliary_params
        if measure.name == "params" and (new or old):
            lines.append(("in auxiliary heads", numbers.count(new), numbers.change(new, old)))
    return lines


def _written(measure: "Measure", value: float | None, entry: "Entry") -> str:
    """The value, which is a lower bound where operations are not counted."""
    is_partial = measure.may_be_partial and bool(entry.analysis.unknown)
    return f"{'at least ' if is_partial else ''}{measure.text_with_symbol(value)}"


def summary_command(options: argparse.Namespace) -> int:
    """What a network costs. Raises `Refused` where its shapes break."""
    from cnnlab.analysis import analyse, summary
    from cnnlab.architectures import family_of, name_of

    spec, base = variant(options.preset, options)
    report = analyse(spec)
    if report.problem is not None:
        if not options.json:
            exact, shape = numbers.exact, numbers.shape
            rows = [(r.path, r.type, shape(r.output_shape), exact(r.params), exact(r.macs)) for r in report.rows]
            header = ("layer", "type", "output", "parameters", "MACs")
            print(table(header, rows, left=2), end="\n\n", flush=True)
        raise Refused([report.problem])
    if options.json:
        print_json(_document(options.preset, spec))
        return 0

    print(f"{name_of(spec)} ({family_of(spec).dated})\n")
    lines = _measure_lines(spec, base)
    if spec == base:
        print(table(lines[0][:2], [line[:2] for line in lines[1:]]))
    else:
        print(table(("", "", f"than {options.preset}"), lines))
    try:
        print(f"\n{summary(spec)}")
    except Refused as left_out:
        print(f"\n{left_out}")
    return 0


def compare_command(options: argparse.Namespace) -> int:
    """What networks cost, side by side."""
    from cnnlab.analysis.comparison.table import comparison_entries
    from cnnlab.analysis.measures import MEASURES

    specs = [variant(name, options)[0] for name in options.preset]
    entries = comparison_entries(specs)
    if options.json:
        print_json([_document(name, spec) for name, spec in zip(options.preset, specs, strict=True)])
        return 0
    measures = list(MEASURES.values())
    blocks = [measures[start : start + MEASURES_IN_A_ROW] for start in range(0, len(measures), MEASURES_IN_A_ROW)]
    print("\n\n".join(_comparison_text(entries, block, f"than {options.preset[0]}") for block in blocks))
    return 0


def _comparison_text(entries: "Sequence[Entry]", measures: "Sequence[Measure]", than: str) -> str:
    """A row for each network; each measure has a column, and each cost another with its change from the first."""
    header, rows = ["network"], [[entry.name] for entry in entries]
    for measure in measures:
        header += [measure.title, than] if measure.is_cost else [measure.title]
        base = measure.of(entries[0])
        for row, entry in zip(rows, entries, strict=True):
            value = measure.of(entry)
            row.append(_written(measure, value, entry))
            if measure.is_cost:
                row.append(measure.change_text(value, base))
    return table(header, rows)


def export_command(options: argparse.Namespace) -> int:
    """The code of a network."""
    from cnnlab.export import export_code

    code = export_code(variant(options.preset, options)[0])
    if options.json:
        print_json({"preset": options.preset, "code": code})
    else:
        print(code, end="")
    return 0
