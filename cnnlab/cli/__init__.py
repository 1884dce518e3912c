"""The lab without a browser: `python -m cnnlab`. Torch is imported by the commands that need it, not by `--help`."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from cnnlab.cli.app import add_app_command, app_command
from cnnlab.cli.data import data_command
from cnnlab.cli.networks import compare_command, export_command, list_command, summary_command
from cnnlab.cli.runs import add_run_commands, runs_command
from cnnlab.cli.training import INTERRUPTED, TOUR_RECIPE, tour_command, train_command
from cnnlab.spec import Refused, text_of
from cnnlab.training import Recipe, TrainingFailed
from cnnlab.training.named_recipes import RECIPES
from cnnlab.words.text import PLAIN, printable

REFUSED, FAILED = 2, 1
"""Exit codes: invalid arguments (argparse's own code), and a failed training."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, with the process's arguments by default, and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)  # a sign that its encoding lacks, such as × in ASCII, is no error
    parser = _parser()
    options, further = parser.parse_known_args(arguments)
    if options.command is app_command:
        options.further = further
    elif further:
        parser.error(f"unrecognized arguments: {' '.join(further)}")
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except Refused as refused:
        for problem in refused.problems:
            print(printable(problem.sentence), file=sys.stderr)
        return REFUSED
    except TrainingFailed as failed:
        print(printable(failed.sentence), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe; without this, Python reports another error when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnnlab",
        description="Choose a classic convolutional network, change it, read its cost, and train it.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print JSON for scripts")
    variant = argparse.ArgumentParser(add_help=False)
    variant.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a setting of the network; separate list items by commas: depths=2,2,2",
    )
    variant.add_argument("--image-size", metavar="PIXELS", help="the same as --set image_size=PIXELS")

    def add(
        name: str, command: Callable[[argparse.Namespace], int], text: str, *parents: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        about = f"{text[0].upper()}{text[1:]}."
        added = commands.add_parser(name, help=text, description=about, parents=[*parents, as_json])
        added.set_defaults(command=command)
        return added

    one = argparse.ArgumentParser(add_help=False, parents=[variant])
    one.add_argument("preset", metavar="PRESET", help="the name of a preset, see `list`")
    several = argparse.ArgumentParser(add_help=False, parents=[variant])
    several.add_argument(
        "preset", nargs="+", metavar="PRESET", help="a preset, with changes of its own after colons: resnet18:width=48"
    )
    add_app_command(commands)
    add("list", list_command, "list the presets")
    add("summary", summary_command, "show the cost of a network, and torchinfo's summary", one)
    add("compare", compare_command, "compare the costs of networks; --set applies to all of them", several)
    training = add("train", train_command, "train a network in this process", variant)
    training.add_argument(
        "preset", nargs="?", metavar="PRESET", help="the name of a preset; by default that of the --recipe"
    )
    training.add_argument(
        "--recipe", choices=list(RECIPES), metavar="NAME", help=f"a ready-made recipe: {', '.join(RECIPES)}"
    )
    training.add_argument("--seeds", type=int, default=1, metavar="N", help="train N times, with successive seeds (1)")
    data = add("data", data_command, "list, download, import or delete data sets")
    data.add_argument(
        "sets",
        nargs="*",
        metavar="NAME",
        help="a data set to download, or a zip file of your own images in a folder per class to import",
    )
    data.add_argument("--delete", action="store_true", help="delete these data sets of your own images permanently")
    data.add_argument("--side", type=int, metavar="PIXELS", help="the height and width to scale your own images to")
    add_run_commands(add("runs", runs_command, "list, pause, resume, stop, fork, export or delete runs"))
    tour = add("tour", tour_command, "train the small preset of every family, and print the test accuracies")
    add("export", export_command, "print PyTorch code of the network", one)

    for command, defaults in ((training, Recipe()), (tour, TOUR_RECIPE)):
        recipe = command.add_argument_group("recipe")
        for setting in Recipe.settings().values():
            default = text_of(defaults.values[setting.name])
            text = f"{setting.help} ({setting.range}; default: {default})".replace("%", "%%")
            recipe.add_argument(f"--{setting.name.replace('_', '-')}", metavar="VALUE", help=text)
    return parser
