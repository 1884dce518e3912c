"""The numbers of runs as a table, one row for each epoch, and as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from cnnlab.runs.run import Run
from cnnlab.runs.store import Store
from cnnlab.spreadsheet import as_text

COLUMNS = (
    "run",
    "name",
    "epoch",
    "step",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
    "seconds",
    "is_best",
)


def epoch_rows(store: Store, runs: Iterable[Run]) -> Iterator[dict[str, object]]:
    """A row for each epoch of each run, by `COLUMNS`."""
    for run in runs:
        for end in store.curve(run.id).epoch_ends:
            values = {"run": run.id, "name": run.name, **asdict(end)}
            yield {name: values[name] for name in COLUMNS}


def epochs_csv(store: Store, runs: Iterable[Run]) -> str:
    """The same as CSV; a name that a spreadsheet would take for a formula has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in epoch_rows(store, runs):
        writer.writerow({**row, "name": as_text(str(row["name"]))})
    return text.getvalue()
