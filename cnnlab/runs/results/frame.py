"""The curves of runs as one data frame, in tidy form: to plot, to group and to export."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnlab.runs.run import MAX_POINTS, Curve, Run
from cnnlab.runs.store.store import open_store

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("run", "name", "seed", "part", "step", "epoch", "seconds", "loss", "accuracy")


def frame(runs: Run | Iterable[Run], *, max_points: int = MAX_POINTS, folder: Path | None = None) -> "pd.DataFrame":
    """The losses and accuracies of one or several runs: a row for each point of a curve.

    Columns: `run`, the id; `name`; `seed`; `part`, which is "train" for training steps, and "test" or "validation" for
    what was measured at the end of an epoch; `step`, counted from 1; `epoch`, in fractions for training steps;
    `seconds`, the time of computing since the start, tests included; `loss`, the mean cross-entropy in nats;
    `accuracy`, from 0 to 1. Of more than `max_points` training steps the rows are means over equal intervals.
    `folder` is that of the store, by default the user's. Raises `StoreUnavailable`, and `UnknownRun` for a deleted run.

    >>> import time
    >>> from cnnlab.architectures import preset
    >>> from cnnlab.runs import frame, open_store, submit
    >>> from cnnlab.training import Recipe
    >>> run, store = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2)), open_store()
    >>> while store.run(run.id).active:
    ...     time.sleep(0.1)
    >>> table = frame(run)
    >>> tests = table[table.part == "test"]
    >>> tests.epoch.tolist(), bool(tests.accuracy.iloc[-1] == store.run(run.id).test_accuracy)
    ([1.0, 2.0], True)
    >>> store.close()
    """
    import pandas as pd

    wanted = [runs] if isinstance(runs, Run) else list(runs)
    rows: list[tuple[Any, ...]] = []
    with closing(open_store(folder)) as store:
        for given in wanted:
            run = store.run(given.id)
            curve = store.curve(run.id, max_points=max_points)
            rows += [(run.id, run.name, run.recipe.seed, *values) for values in _points(run, curve)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _points(run: Run, curve: Curve) -> Iterator[tuple[Any, ...]]:
    """Part, step, epoch, seconds, loss and accuracy of each point."""
    from cnnlab.runs.comparing import along

    steps, seconds = curve.train_steps, curve.train_seconds
    epochs = along(run, "epochs", steps, seconds)
    for values in zip(steps, epochs, seconds, curve.train_loss, curve.train_accuracy, strict=True):
        yield "train", *values
    for end in curve.epoch_ends:
        at = (float(end.step), float(end.epoch), end.seconds)
        if end.validation_loss is not None:
            yield "validation", *at, end.validation_loss, end.validation_accuracy
        yield "test", *at, end.test_loss, end.test_accuracy
