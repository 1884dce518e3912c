"""`python -m cnnlab runs …`: the runs of the user's store, with all permissions of the owner of the folder."""

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.cli.networks import print_json
from cnnlab.home import default_folder
from cnnlab.spec import Problem, Refused
from cnnlab.words import numbers
from cnnlab.words.sentence import Sentence
from cnnlab.words.text import printable

if TYPE_CHECKING:
    from cnnlab.runs import Run, Store
    from cnnlab.runs.run import Request

RunCommand = Callable[["Store", argparse.Namespace], None]


def add_run_commands(parser: argparse.ArgumentParser) -> None:
    """Add a subcommand to `parser` for each action on runs."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    def add(name: str, command: RunCommand, text: str, *, one: bool = True) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        added.set_defaults(run_command=command)
        if one:
            added.add_argument("run", metavar="ID", help="the id of a run, see `runs list`")
        return added

    listed = add("list", _list, "list the newest runs, and the order of the queue", one=False)
    listed.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for scripts")
    pause_text = "pause a run, so that others can start; `resume` continues it"
    add("pause", _pause, pause_text)
    add("resume", _resume, "continue a paused, stopped, interrupted or failed run")
    add("stop", _stop, "stop a run, and keep its weights")
    add("first", lambda store, options: store.go_first(options.run), "move a queued run to the front of the queue")
    forked = add("fork", _fork, "submit a new run that continues from the end of an epoch, with another recipe")
    forked.add_argument("--epoch", type=int, required=True, metavar="N", help="the epoch after which it continues")
    forked.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="change a setting of the recipe"
    )
    add("csv", _csv, "print the metrics of each epoch as CSV")
    events = add("tensorboard", _tensorboard, "write TensorBoard event files of one or more runs", one=False)
    events.add_argument("run", nargs="+", metavar="ID", help="the id of a run, see `runs list`")
    events.add_argument(
        "--to", default="tensorboard", metavar="FOLDER", help="the folder to write them into (tensorboard)"
    )
    add("log", lambda store, options: print(printable(store.log(options.run)), end=""), "print the log of a run")
    add("delete", _delete, "delete a run; `bring-back` restores it until the store is compacted")
    add("bring-back", _bring_back, "restore a deleted run")
    add("compact", _compact, "delete the deleted runs permanently, and free their disk space", one=False)
    add("settings", _settings, "print a settings file with every setting and its meaning", one=False)


def runs_command(options: argparse.Namespace) -> int:
    """List or change runs. Raises `Refused` if the action is not possible."""
    from cnnlab.runs import NotPossible, StoreUnavailable, UnknownRun, open_store

    try:
        with closing(open_store()) as store:
            options.run_command(store, options)
    except (NotPossible, StoreUnavailable, UnknownRun) as error:
        raise Refused([Problem("run", error.sentence)]) from error
    return 0


def _list(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs.store.database import read_only_sentence

    positions = {run_id: position for position, run_id in enumerate(store.queue(), start=1)}
    runs = store.runs()
    if options.json:
        print_json([_document(run, positions) for run in runs])
        return
    if not runs:
        print("No runs yet.")
    for run in runs:
        state = f"queued ({positions[run.id]})" if run.id in positions else run.state
        accuracy = "" if run.test_accuracy is None else numbers.share(run.test_accuracy)
        print(f"{run.id}  {state:<12} {run.epoch:>4} of {run.recipe.epochs:<4} {accuracy:>7}  {_line(run.name)}")
        if run.sentence:
            print(f"{'':12}{_line(run.sentence)}")
    if store.is_read_only:
        print(read_only_sentence(store.folder))


def _document(run: "Run", positions: dict[str, int]) -> dict[str, object]:
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "place": positions.get(run.id),
        "epoch": run.epoch,
        "epochs": run.recipe.epochs,
        "test_accuracy": run.test_accuracy,
        "sentence": run.sentence,
        "tags": list(run.tags),
    }


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def _pause(store: "Store", options: argparse.Namespace) -> None:
    _check_active(store, options.run, "pause")
    store.request_pause(options.run)


def _stop(store: "Store", options: argparse.Namespace) -> None:
    _check_active(store, options.run, "stop")
    store.request_stop(options.run)


def _check_active(store: "Store", run_id: str, request: "Request") -> None:
    """Raises `NotPossible` also where the run is already as requested: whoever types a command is told."""
    from cnnlab.runs.run import NotPossible, why_not_active

    run = store.run(run_id)
    if not run.active:
        raise NotPossible(why_not_active(run_id, run.state, request))


def _resume(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs import ensure_scheduler

    store.resume(options.run)
    ensure_scheduler(store.folder)


def _fork(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs import ensure_scheduler
    from cnnlab.runs.submit import fork
    from cnnlab.training import Recipe

    parent = store.run(options.run)
    pairs = [text.partition("=")[::2] for text in options.set]
    values, problems = Recipe.parse({field.strip(): value for field, value in pairs})
    if problems:
        raise Refused(problems)
    branch = fork(store, options.run, epoch=options.epoch, owner=parent.owner, **values)
    ensure_scheduler(store.folder)
    print(branch.id)


def _csv(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs.exporting import epochs_csv

    print(printable(epochs_csv(store, [store.run(options.run)])), end="")


def _tensorboard(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs.exporting import write_events

    for folder in write_events(store, [store.run(run_id) for run_id in options.run], Path(options.to)):
        print(folder)


def _delete(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs.run import NotPossible
    from cnnlab.runs.store.housekeeping import delete_run

    if store.run(options.run).deleted_at is not None:
        template = "Run {run_id} is deleted already: `compact` deletes it permanently, `bring-back` restores it."
        raise NotPossible(Sentence(template, run_id=options.run))
    delete_run(store, options.run)


def _bring_back(store: "Store", options: argparse.Namespace) -> None:
    from cnnlab.runs.run import NotPossible
    from cnnlab.runs.store.housekeeping import restore_run

    if store.run(options.run).deleted_at is None:
        raise NotPossible(Sentence("Run {run_id} is not deleted: there is nothing to restore.", run_id=options.run))
    restore_run(store, options.run)


def _compact(store: "Store", _: argparse.Namespace) -> None:
    from cnnlab.runs.store.housekeeping import compact

    print(f"Runs deleted permanently: {compact(store)}")


def _settings(store: "Store", _: argparse.Namespace) -> None:
    from cnnlab.runs.settings import documented, settings_file

    print(f"# Settings of the runs in {default_folder()}. Save this file as {settings_file(store.folder)}.\n")
    print(documented(store.settings()), end="")
