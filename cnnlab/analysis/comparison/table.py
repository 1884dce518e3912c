"""What several networks cost, side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnlab.analysis.costs import Analysis, analyse
from cnnlab.analysis.entries import Entry, entry_of_analysis
from cnnlab.analysis.measures import MEASURES, known_measures
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.spec import Refused

if TYPE_CHECKING:
    import pandas as pd


def compare(baseline: str | NetworkSpec | Analysis, *others: str | NetworkSpec | Analysis) -> "pd.DataFrame":
    """One row for each network, given by its spec, as a preset's name, or as what `cnnlab.analyse` found of it.

    Columns: those of `MEASURES`, such as `params`, `macs`, `activation_bytes`, `num_layers`; then for each cost its
    ratio to the baseline's, such as `params_ratio`; then published accuracies in per cent where there are some.
    Raises `Refused` for an unknown preset, or where shapes break.

    >>> compare("resnet18", "resnet34")["params_ratio"].round(2).to_dict()
    {'resnet18': 1.0, 'resnet34': 1.86}
    """
    networks = [preset(network) if isinstance(network, str) else network for network in (baseline, *others)]
    return frame(comparison_entries(networks))


def comparison_entries(networks: Sequence[NetworkSpec | Analysis]) -> list[Entry]:
    """The networks as entries of one comparison. Raises `Refused` with all problems where shapes break."""
    reports = [network if isinstance(network, Analysis) else analyse(network) for network in networks]
    problems = [report.problem for report in reports if report.problem is not None]
    if problems:
        raise Refused(problems)
    return [entry_of_analysis(report) for report in reports]


def frame(entries: Sequence[Entry], baseline: int = 0) -> "pd.DataFrame":
    """The entries as rows, in their order, with the columns of `compare`; ratios are to the one at `baseline`."""
    import pandas as pd

    names = pd.Index([one.name for one in entries], name="network")
    columns = {name: [measure.of(one) for one in entries] for name, measure in known_measures(entries).items()}
    rows = pd.DataFrame({name: columns.pop(name) for name in MEASURES}, index=names)
    for name, measure in MEASURES.items():
        if measure.is_cost:
            rows[f"{name}_ratio"] = rows[name] / rows[name].iloc[baseline]
    return rows.assign(**columns)
