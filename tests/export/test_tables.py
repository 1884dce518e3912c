"""Tables that leave the lab: programs read back what was written, and no name becomes markup."""

import csv
import io
import json
import re

import pytest

from cnnlab.analysis.entries import Reached, entry_of
from cnnlab.architectures import FAMILIES, preset
from cnnlab.export.tables import csv_table, json_table, latex_table, markdown_table

NARROW = preset("resnet18").replace(width=48)
ENTRIES = [
    entry_of(preset("resnet18")),
    entry_of(NARROW, name='50 % "narrow", & co', reached=Reached(dataset="digits", accuracy=97.5)),
]


def test_csv_has_every_digit_and_the_ratios() -> None:
    first, second = csv.DictReader(io.StringIO(csv_table(ENTRIES, baseline=1)))
    assert first["network"] == "resnet18"
    assert second["network"] == ENTRIES[1].name
    assert int(first["macs"]) == 1_814_073_344
    assert float(second["macs_ratio"]) == 1
    assert float(first["params_ratio"]) == pytest.approx(11_689_512 / int(second["params"]))
    assert (first["run_digits"], second["run_digits"]) == ("", "97.5")


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@sum", "\t=1"])
def test_csv_has_no_formula(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_table([entry_of(NARROW, name=name)])))
    assert row["network"] == f"'{name}"


def test_json_is_enough_to_build_the_networks_again() -> None:
    document = json.loads(json_table(ENTRIES))
    assert document["baseline"] == "resnet18"
    rebuilt = [FAMILIES[network["family"]].spec(**network["spec"]) for network in document["networks"]]
    assert rebuilt == [preset("resnet18"), NARROW]
    assert document["networks"][0]["measures"]["params"] == 11_689_512
    assert document["networks"][1]["accuracies"] == {"run_digits": 97.5}
    assert document["networks"][0]["ratios"]["macs"] == 1


def cells(line: str, separator: str) -> list[str]:
    """The cells of a row, split where the separator is not escaped."""
    return re.split(rf"(?<!\\){re.escape(separator)}", line)


NASTY = r"a_b & 50% {x} \y # ~ ^ $ | * [z] <b>"


def test_latex_escapes_what_latex_reads() -> None:
    text = latex_table(["Network", "MACs"], [[NASTY, "1.81 G (÷ 2.00)"], ["b", "–"]])
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert [len(cells(row, "&")) for row in rows] == [2, 2, 2]
    assert rows[1].startswith(r"a\_b \& 50\% \{x\} \textbackslash{}y \# \textasciitilde{} \textasciicircum{} \$ |")
    assert r"1.81 G ($\div$ 2.00)" in rows[1]
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 1
    assert r"\begin{tabular}{lr}" in text


def test_markdown_escapes_what_markdown_reads() -> None:
    text = markdown_table(["Network", "MACs"], [[f"{NASTY}\nnext `line`", "1.81 G"]])
    title, rule, row = text.splitlines()
    assert title == "| Network | MACs |"
    assert rule == "| --- | ---: |"
    assert len(cells(row, "|")) == 4
    assert r"\<b\>" in row
    assert r"next \`line\`" in row
