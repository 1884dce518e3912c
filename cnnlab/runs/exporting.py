"""Exporting runs: a table of their epochs, CSV, and TensorBoard's event files."""

import csv
import importlib.util
import io
import itertools
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

from cnnlab.runs.run import NotPossible, Run
from cnnlab.runs.store.step_metrics import stored_metrics
from cnnlab.runs.store.store import Store
from cnnlab.training.events import EpochEnd
from cnnlab.words.sentence import Sentence
from cnnlab.words.spreadsheet import as_text

COLUMNS = ("run", "name", *(field.name for field in fields(EpochEnd)))


def epoch_rows(store: Store, runs: Iterable[Run]) -> Iterator[dict[str, object]]:
    """One row per epoch of each run, with the keys `COLUMNS`."""
    for run in runs:
        for end in store.epoch_ends(run.id):
            yield {"run": run.id, "name": run.name, **asdict(end)}


def epochs_csv(store: Store, runs: Iterable[Run]) -> str:
    """The rows of `epoch_rows` as CSV; a name that a spreadsheet would take for a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in epoch_rows(store, runs):
        writer.writerow({**row, "name": as_text(str(row["name"]))})
    return text.getvalue()


MOST_POINTS = 20_000
"""Steps of one run that are written one by one; longer runs are written as means over several steps."""

MISSING = Sentence(
    "These files are written by the package tensorboard, which is not installed: run `pip install tensorboard`, and try"
    " again."
)


def is_installed() -> bool:
    """Whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None


def write_events(store: Store, runs: Iterable[Run], folder: Path) -> list[Path]:
    """Write a folder with an event file for each run into `folder`, for `tensorboard --logdir`; the new folders.

    Losses and accuracies are under `loss/` and `accuracy/`, step metrics under `step/`, all over the steps. Raises
    `NotPossible` where TensorBoard is not installed.
    """
    if not is_installed():
        raise NotPossible(MISSING)
    from torch.utils.tensorboard import SummaryWriter

    written = []
    for run in runs:
        own = folder / _folder_name(run)
        began = (run.started_at or run.created_at).timestamp()
        with SummaryWriter(str(own)) as writer:
            settings = {"family": run.family, "network": run.spec.values, "recipe": run.recipe.values}
            writer.add_text("settings", f"```json\n{json.dumps(settings, indent=2)}\n```", walltime=began)
            for name, step, value, seconds in _values(store, run):
                writer.add_scalar(name, value, step, walltime=began + seconds)
        written.append(own)
    return written


def events_zip(store: Store, runs: Iterable[Run]) -> bytes:
    """The folders of `write_events` as a zip. Raises `NotPossible` where TensorBoard is not installed."""
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for own in write_events(store, runs, Path(made)):
            for file in own.iterdir():
                archive.write(file, f"{own.name}/{file.name}")
    return content.getvalue()


def _values(store: Store, run: Run) -> Iterator[tuple[str, int, float, float]]:
    """The name, step and value of each number that TensorBoard shows, and the seconds of computing until then."""
    curve = store.curve(run.id, max_points=MOST_POINTS)
    for step, seconds, loss, accuracy in zip(
        curve.train_steps, curve.train_seconds, curve.train_loss, curve.train_accuracy, strict=True
    ):
        yield "loss/train", round(step), loss, seconds
        yield "accuracy/train", round(step), accuracy, seconds
    for end in curve.epoch_ends:
        for part, metric in itertools.product(("test", "validation"), ("loss", "accuracy")):
            value = getattr(end, f"{part}_{metric}")
            if value is not None:
                yield f"{metric}/{part}", end.step, value, end.seconds
    measured = stored_metrics(store, run.id, max_points=MOST_POINTS)
    for name, values in measured.values.items():
        for step, seconds, value in zip(measured.steps, measured.seconds, values, strict=True):
            if value is not None:
                yield f"step/{name}", step, value, seconds


def _folder_name(run: Run) -> str:
    """The characters of the run's name that are valid in a folder name, and its unique id."""
    return "-".join([*re.findall(r"[A-Za-z0-9_.=]+", run.name.lstrip("."))[:8], run.id])
