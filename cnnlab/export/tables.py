"""Tables for other programs: exact numbers as CSV and JSON, formatted ones as LaTeX and Markdown."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from cnnlab.analysis.comparison.table import frame
from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES, accuracies
from cnnlab.architectures import family_of
from cnnlab.words.spreadsheet import as_text

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "_": r"\_",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "$": r"\$",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "÷": r"$\div$",
        "−": r"$-$",
        "–": "--",
        "…": r"\dots{}",
    }
)


def csv_table(entries: Sequence[Entry], baseline: int = 0) -> str:
    """A comparison with every digit, in the columns of `cnnlab.compare`; no name is read as a formula.

    >>> from cnnlab.analysis.entries import entry_of
    >>> from cnnlab.architectures import preset
    >>> csv_table([entry_of(preset("lenet5_tutorial"))]).splitlines()[1].split(",")[:2]
    ['lenet5_tutorial', '61706']
    """
    return str(frame(entries, baseline).rename(index=as_text).to_csv(lineterminator="\n"))


def json_table(entries: Sequence[Entry], baseline: int = 0) -> str:
    """A comparison with every digit and with the whole spec of each network, so that it can be built again."""
    networks = [_document(one, entries[baseline]) for one in entries]
    return json.dumps({"baseline": entries[baseline].name, "networks": networks}, indent=2, ensure_ascii=False) + "\n"


def _document(one: Entry, base: Entry) -> dict[str, Any]:
    known = accuracies([one])
    spec = one.analysis.spec
    return {
        "name": one.name,
        "family": family_of(spec).name,
        "spec": spec.values,
        "measures": {name: measure.of(one) for name, measure in MEASURES.items()},
        "ratios": {name: _ratio(m.of(one), m.of(base)) for name, m in MEASURES.items() if m.is_cost},
        "accuracies": {name: measure.of(one) for name, measure in known.items()},
        "latency": one.latency,
        "not_counted": list(one.analysis.unknown),
        "source": one.published.source if one.published else None,
    }


def _ratio(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base else None


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, its first column on the left and the others on the right.

    >>> print(markdown_table(["network", "MACs"], [["a_b", "1.81 G"]]), end="")
    | network | MACs |
    | --- | ---: |
    | a\\_b | 1.81 G |
    """
    rules = ["---", *("---:" for _ in titles[1:])]
    lines = [list(map(_markdown, titles)), rules, *([*map(_markdown, row)] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _markdown(cell: str) -> str:
    """The text on one line, with Markdown's special characters escaped."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|~#" else sign for sign in " ".join(cell.split()))


def latex_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A LaTeX tabular with the rules of the booktabs package, its first column on the left and the others on the right.

    >>> print(latex_table(["network", "MACs"], [["a_b", "1.81 G"]]).splitlines()[5])
    a\\_b & 1.81 G \\\\
    """
    lines = [" & ".join(map(_latex, row)) + r" \\" for row in (titles, *rows)]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            rf"\begin{{tabular}}{{l{'r' * (len(titles) - 1)}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _latex(cell: str) -> str:
    return " ".join(cell.split()).translate(_LATEX)
