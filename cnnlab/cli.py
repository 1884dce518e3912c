"""The lab without a browser: `python -m cnnlab`. Torch is imported by the commands that need it, not by `--help`."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from cnnlab.figures import words
from cnnlab.run_commands import add_run_commands, carry_out
from cnnlab.spec import Problem, Refused, text_of
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps, TrainingFailed, train

if TYPE_CHECKING:
    from cnnlab.analysis import Analysis
    from cnnlab.architectures import NetworkSpec
    from cnnlab.data import DatasetCard
    from cnnlab.data.download import Progress

REFUSED, FAILED, INTERRUPTED = 2, 1, 130
"""Exit codes: values that cannot be (argparse's own code), a training that failed, and Ctrl-C, as shells have it."""

BAR_WIDTH = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, with the process's arguments by default, and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except Refused as refused:
        for problem in refused.problems:
            print(problem.sentence, file=sys.stderr)
        return REFUSED
    except TrainingFailed as failed:
        print(failed, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; without this, Python complains once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnnlab",
        description="Pick a classic convolutional network, change it, read what it costs, train it.",
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
        help="change a knob of the network; lists have commas: depths=2,2,2",
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
    one.add_argument("preset", metavar="PRESET", help="a preset's name; `list` shows them")
    several = argparse.ArgumentParser(add_help=False, parents=[variant])
    several.add_argument(
        "preset", nargs="+", metavar="PRESET", help="a name, and changes of its own after colons: resnet18:width=48"
    )
    add("list", _list, "list the presets")
    add("summary", _summary, "what a network costs, and torchinfo's summary of it", one)
    add("compare", _compare, "what networks cost, side by side; --set holds for each of them", several)
    training = add("train", _train, "train a network here and now", one)
    training.add_argument("--seeds", type=int, default=1, metavar="N", help="train N times, with the next seeds (1)")
    data = add("data", _data, "the data sets; get one by its name, or take in a zip of class folders")
    data.add_argument("sets", nargs="*", metavar="NAME", help="a set to get, or a zip of your own images to take in")
    data.add_argument("--side", type=int, metavar="PIXELS", help="height and width that own images get")
    add_run_commands(add("runs", carry_out, "the runs of the store: list, pause, resume, stop, fork, delete"))
    add("export", _export, "PyTorch code of exactly this network", one)

    recipe = training.add_argument_group("recipe")
    for setting in Recipe.settings().values():
        text = f"{setting.help} ({setting.range}; default: {text_of(setting.default)})"
        recipe.add_argument(f"--{setting.name.replace('_', '-')}", metavar="VALUE", help=text.replace("%", "%%"))
    return parser


def _changes(written: Iterable[str]) -> dict[str, str]:
    """["width=32"] as {"width": "32"}."""
    changes = {}
    for text in written:
        field, separator, value = text.partition("=")
        if not separator:
            raise Refused([Problem(field, f"A change is written field=value, and it is {text!r}: write {text}=VALUE.")])
        changes[field.strip()] = value
    return changes


def _variant(preset_text: str, options: argparse.Namespace) -> "tuple[NetworkSpec, NetworkSpec]":
    """The spec that the arguments describe, and the preset that it started from."""
    from cnnlab.architectures import preset

    name, *own_changes = preset_text.split(":")
    base = preset(name)
    texts = _changes(options.set)
    if options.image_size is not None:
        texts["image_size"] = options.image_size
    values, problems = type(base).parse(texts | _changes(own_changes))
    if problems:
        raise Refused(problems)
    return base.replace(**values), base


def _recipe(options: argparse.Namespace) -> Recipe:
    texts = {name: getattr(options, name) for name in Recipe.settings() if getattr(options, name) is not None}
    values, problems = Recipe.parse(texts)
    recipe = None
    if not problems:
        recipe, problems = Recipe.check(values)
    if recipe is None:
        raise Refused(problems)
    return recipe


def _got(name: str, side: int | None = None) -> "DatasetCard":
    """The card of a set that is on this machine from now on: downloaded, or taken in from a zip, if need be."""
    from cnnlab.data import card, obtain, take_in

    bar = sys.stderr.isatty()
    steps: Generator[Progress, None, DatasetCard | None]
    if name.endswith(".zip"):
        steps = take_in(Path(name), Path(name).stem, **({} if side is None else {"side": side}))
    else:
        steps = obtain(card(name).name)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value or card(name)
        finally:
            if bar:
                print("\r\033[K", end="", file=sys.stderr, flush=True)
        if bar:
            print(f"{step.sentence}: {step.done:4.0%}", end="", file=sys.stderr, flush=True)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Aligned text: the first `left` columns to the left, the numbers after them to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _print_json(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False), flush=True)


def _list(options: argparse.Namespace) -> int:
    from cnnlab.analysis import analyse
    from cnnlab.architectures import FAMILIES

    presets = [(name, spec, family) for family in FAMILIES.values() for name, spec in family.presets.items()]
    if options.json:
        _print_json([{"preset": name, "family": family.name, "year": family.year} for name, _, family in presets])
        return 0
    rows = []
    for name, spec, family in presets:
        report = analyse(spec)
        image = words.shape((spec.in_channels, spec.image_size, spec.image_size))
        rows.append((name, family.title, str(family.year), image, words.count(report.params), words.macs(report.macs)))
    print(_table(("preset", "family", "year", "image", "parameters", "forward"), rows, left=2))
    return 0


def _document(name: str, report: "Analysis") -> dict[str, Any]:
    """A summary for scripts."""
    return {
        "preset": name,
        "params": report.params,
        "macs": report.macs,
        "activation_bytes": report.activation_bytes,
        "image_size": report.spec.image_size,
        "layers": [
            {
                "name": row.path,
                "type": row.type,
                "output_shape": list(row.output_shape),
                "params": row.params,
                "macs": row.macs,
            }
            for row in report.rows
        ],
    }


def _auxiliary_line(report: "Analysis", before: "Analysis") -> list[tuple[str, str, str]]:
    """How many of the parameters are in auxiliary heads, where one of the two networks has some."""
    new, old = report.auxiliary_params, before.auxiliary_params
    return [("in auxiliary heads", words.count(new), words.change(new, old))] if new or old else []


def _summary(options: argparse.Namespace) -> int:
    from cnnlab.analysis import analyse, summary
    from cnnlab.architectures import family_of, name_of

    spec, base = _variant(options.preset, options)
    report = analyse(spec)
    if report.problem is not None:
        if not options.json:
            print(_rows_text(report), end="\n\n", flush=True)
        raise Refused([report.problem])
    if options.json:
        _print_json(_document(options.preset, report))
        return 0

    family, before = family_of(spec), analyse(base)
    print(f"{name_of(spec)} ({family.title}, {family.year})\n")
    lines = [
        ("parameters", words.count(report.params), words.change(report.params, before.params)),
        *_auxiliary_line(report, before),
        ("forward, one image", words.macs(report.macs), words.change(report.macs, before.macs)),
        (
            "activation memory",
            words.size(report.activation_bytes),
            _measured(report.activation_bytes, before.activation_bytes),
        ),
        ("weights", words.size(report.weight_bytes), _measured(report.weight_bytes, before.weight_bytes)),
        ("layers", str(report.num_layers), words.change(report.num_layers, before.num_layers)),
    ]
    if spec == base:
        print(_table(lines[0][:2], [line[:2] for line in lines[1:]]))
    else:
        header = ("", "", f"than {options.preset}")
        print(_table(header, lines))
    print(f"\n{summary(spec)}")
    return 0


def _measured(new: int, old: int) -> str:
    return words.change(new, old, fewer="less")


def _rows_text(report: "Analysis") -> str:
    rows = [
        (row.path, row.type, words.shape(row.output_shape), words.exact(row.params), words.exact(row.macs))
        for row in report.rows
    ]
    return _table(("layer", "type", "output", "parameters", "MACs"), rows, left=2)


def _compare(options: argparse.Namespace) -> int:
    from cnnlab.analysis import analyse, compare

    specs = [_variant(name, options)[0] for name in options.preset]
    costs = compare(*specs)
    if options.json:
        _print_json([_document(name, analyse(spec)) for name, spec in zip(options.preset, specs, strict=True)])
        return 0
    first = costs.iloc[0]
    rows = [
        (
            str(name),
            words.count(row.params),
            words.change(row.params, first.params),
            words.macs(row.macs),
            words.change(row.macs, first.macs),
            words.size(row.activation_bytes),
            _measured(row.activation_bytes, first.activation_bytes),
        )
        for name, row in costs.iterrows()
    ]
    than = f"than {options.preset[0]}"
    print(_table(("network", "parameters", than, "forward", than, "activations", than), rows))
    return 0


def _data(options: argparse.Namespace) -> int:
    from cnnlab.data import card, is_here, names

    cards = [_got(name, options.side) for name in options.sets] or [card(name) for name in names()]
    if options.json:
        _print_json([asdict(card) | {"here": is_here(card.name)} for card in cards])
        return 0
    rows = [
        (
            card.name,
            card.title,
            words.shape((card.in_channels, card.side, card.side)),
            str(card.num_classes),
            words.exact(card.num_train),
            words.exact(card.num_test),
            "here" if is_here(card.name) else "to download",
        )
        for card in cards
    ]
    print(_table(("name", "title", "image", "classes", "to learn from", "to test on", ""), rows, left=2))
    return 0


def _export(options: argparse.Namespace) -> int:
    from cnnlab.export import export_code

    code = export_code(_variant(options.preset, options)[0])
    if options.json:
        _print_json({"preset": options.preset, "code": code})
    else:
        print(code, end="")
    return 0


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one ends the process at once."""
    pressed = False

    def remember(*_: object) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _train(options: argparse.Namespace) -> int:
    spec, _ = _variant(options.preset, options)
    if options.dataset is not None and options.dataset.endswith(".zip"):
        options.dataset = _got(options.dataset).name
    recipe = _recipe(options)
    _got(recipe.dataset)
    accuracies: list[float] = []
    with _until_interrupted() as interrupted:
        for seed in range(recipe.seed, recipe.seed + max(1, options.seeds)):
            progress = _Progress(recipe.epochs)
            for event in train(spec, recipe.replace(seed=seed), interrupted):
                if options.json:
                    _print_json(event.to_dict())
                else:
                    progress.show(event)
                if isinstance(event, Finished) and event.test_accuracy is not None:
                    accuracies.append(event.test_accuracy)
            if interrupted():
                return INTERRUPTED
    if len(accuracies) > 1 and not options.json:
        low, high = min(accuracies), max(accuracies)
        print(f"{len(accuracies)} seeds: test accuracy {fmean(accuracies):.3f} on average, {low:.3f} to {high:.3f}.")
    return 0


class _Progress:
    """A training as text: a bar that moves on a terminal, and a line for each epoch that stays."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._total_steps = epochs, 0
        self._bar = sys.stderr.isatty()

    def show(self, event: Started | Steps | EpochEnd | Finished) -> None:
        if self._bar:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        match event:
            case Started():
                self._total_steps = event.total_steps
                for note in event.notes:
                    print(note)
                validating = f"{words.exact(event.num_validation)} to validate on, " if event.num_validation else ""
                images = (
                    f"{words.exact(event.num_train)} images to learn from, {validating}"
                    f"{words.exact(event.num_test)} to test on"
                )
                print(f"{words.count(event.num_params)} parameters, {images}, on {event.device}", flush=True)
            case Steps() if self._bar:
                print(self._line(event), end="", file=sys.stderr, flush=True)
            case EpochEnd():
                print(
                    f"epoch {event.epoch:>{len(str(self._epochs))}} of {self._epochs}:"
                    f" train loss {event.train_loss:.4f}, accuracy {event.train_accuracy:.3f};"
                    f" test loss {event.test_loss:.4f}, accuracy {event.test_accuracy:.3f}"
                    f"{' (best)' if event.is_best else ''}; {words.duration(event.seconds)}",
                    flush=True,
                )
            case Finished():
                print(*event.notes, self._end(event), sep="\n")

    def _line(self, event: Steps) -> str:
        done = event.last_step / self._total_steps
        bar = ("#" * round(done * BAR_WIDTH)).ljust(BAR_WIDTH, "-")
        left = words.duration(event.seconds * (1 / done - 1))
        speed = words.exact(round(event.examples_per_second))
        return f"[{bar}] {done:4.0%}  loss {event.losses[-1]:.4f}  {speed} examples/s  {left} left"

    def _end(self, event: Finished) -> str:
        speed = f"{words.exact(round(event.examples_per_second))} examples/s"
        how = f"{speed} on {event.device}, {words.duration(event.seconds)}"
        if event.test_accuracy is None:
            return f"Stopped before the first epoch ended, so nothing was tested; {how}."
        start = "Stopped; test" if event.state == "stopped" else "Test"
        is_best = event.test_accuracy == event.best_test_accuracy
        best = "" if is_best else f" (best {event.best_test_accuracy:.3f}, in epoch {event.best_epoch})"
        return f"{start} accuracy {event.test_accuracy:.3f}{best}, {how}."
