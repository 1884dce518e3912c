"""What several networks cost, side by side."""

from typing import TYPE_CHECKING

from cnnlab.analysis.costs import analyse
from cnnlab.architectures import NetworkSpec, name_of, preset
from cnnlab.spec import Refused

if TYPE_CHECKING:
    import pandas as pd

COSTS = ("params", "macs", "activation_bytes", "weight_bytes")
"""What is compared with the first network, by the names of `Analysis`."""


def compare(baseline: str | NetworkSpec, *others: str | NetworkSpec) -> "pd.DataFrame":
    """One row for each network, given by its spec or as a preset's name.

    Columns: `params`, `macs`, `activation_bytes`, `weight_bytes`, `num_layers`, `image_size`, then for each cost its
    ratio to the baseline's, such as `params_ratio`. Raises `Refused` for an unknown preset, or where shapes break.

    >>> compare("resnet18", "resnet34")["params_ratio"].round(2).to_dict()
    {'resnet18': 1.0, 'resnet34': 1.86}
    """
    import pandas as pd

    specs = [preset(network) if isinstance(network, str) else network for network in (baseline, *others)]
    reports = [analyse(spec) for spec in specs]
    problems = [report.problem for report in reports if report.problem is not None]
    if problems:
        raise Refused(problems)
    columns = (*COSTS, "num_layers")
    frame = pd.DataFrame(
        [[*(getattr(report, column) for column in columns), report.spec.image_size] for report in reports],
        columns=[*columns, "image_size"],
        index=pd.Index([name_of(spec) for spec in specs], name="network"),
    )
    for cost in COSTS:
        frame[f"{cost}_ratio"] = frame[cost] / frame[cost].iloc[0]
    return frame
