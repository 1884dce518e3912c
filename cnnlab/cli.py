"""The lab without a browser: `python -m cnnlab`. Torch is imported by the commands that need it, not by `--help`."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import TYPE_CHECKING, Any

from cnnlab.data_commands import add_data_arguments, got, show_data
from cnnlab.figures import words
from cnnlab.figures.text import TrainingText, table
from cnnlab.run_commands import add_run_commands, carry_out
from cnnlab.spec import Problem, Refused, text_of
from cnnlab.training import Event, Finished, Recipe, Steps, TrainingFailed, train
from cnnlab.training.recipes import RECIPES

if TYPE_CHECKING:
    from cnnlab.analysis import Analysis
    from cnnlab.architectures import NetworkSpec

REFUSED, FAILED, INTERRUPTED = 2, 1, 130
"""Exit codes: values that cannot be (argparse's own code), a training that failed, and Ctrl-C, as shells have it."""

TOUR_RECIPE = Recipe(dataset="digits", epochs=1)
"""What a tour trains with unless told otherwise: a look at every family in a minute or two."""


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
    training = add("train", _train, "train a network here and now", variant)
    training.add_argument("preset", nargs="?", metavar="PRESET", help="a preset's name; a --recipe has one of its own")
    training.add_argument(
        "--recipe", choices=list(RECIPES), metavar="NAME", help=f"a ready-made recipe: {', '.join(RECIPES)}"
    )
    training.add_argument("--seeds", type=int, default=1, metavar="N", help="train N times, with the next seeds (1)")
    add_data_arguments(add("data", show_data, "the data sets; get one by its name, or take in a zip of class folders"))
    add_run_commands(add("runs", carry_out, "the runs of the store: list, pause, resume, stop, fork, delete"))
    tour = add("tour", _tour, "train the small preset of every family, and print what each one reached")
    add("export", _export, "PyTorch code of exactly this network", one)

    for command, defaults in ((training, Recipe()), (tour, TOUR_RECIPE)):
        recipe = command.add_argument_group("recipe")
        for setting in Recipe.settings().values():
            default = text_of(defaults.values[setting.name])
            text = f"{setting.help} ({setting.range}; default: {default})".replace("%", "%%")
            recipe.add_argument(f"--{setting.name.replace('_', '-')}", metavar="VALUE", help=text)
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
    from cnnlab.architectures.references import PREFIX

    name, *own_changes = preset_text.removeprefix(PREFIX).split(":")
    base = preset(f"{PREFIX}{name}" if preset_text.startswith(PREFIX) else name)
    return _changed(base, options, own_changes), base


def _changed(base: "NetworkSpec", options: argparse.Namespace, own_changes: Iterable[str] = ()) -> "NetworkSpec":
    """The spec with the changes that the options ask for, and then its own."""
    texts = _changes(options.set)
    if options.image_size is not None:
        texts["image_size"] = options.image_size
    values, problems = type(base).parse(texts | _changes(own_changes))
    if problems:
        raise Refused(problems)
    return base.replace(**values)


def _recipe(options: argparse.Namespace, usual: Recipe) -> Recipe:
    """The `usual` recipe with what the options say otherwise."""
    given = {name: getattr(options, name) for name in Recipe.settings()}
    values, problems = Recipe.parse({name: text for name, text in given.items() if text is not None})
    recipe = None
    if not problems:
        recipe, problems = Recipe.check({**usual.values, **values})
    if recipe is None:
        raise Refused(problems)
    return recipe


def _print_json(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False), flush=True)


def _list(options: argparse.Namespace) -> int:
    from cnnlab.analysis import analyse
    from cnnlab.architectures import FAMILIES

    presets = [(name, spec, family) for family in FAMILIES.values() for name, spec in family.presets.items()]
    if options.json:
        _print_json(
            [
                {"preset": name, "family": family.name, "year": family.paper.year if family.paper else None}
                for name, _, family in presets
            ]
        )
        return 0
    rows = []
    references = [name for name, _, family in presets if family.is_read_only]
    for name, spec, family in presets:
        if family.is_read_only:
            continue
        report = analyse(spec)
        image = words.shape((spec.in_channels, spec.image_size, spec.image_size))
        year = str(family.paper.year) if family.paper else ""
        rows.append((name, family.title, year, image, words.count(report.params), words.macs(report.macs)))
    print(table(("preset", "family", "year", "image", "parameters", "forward"), rows, left=2))
    print(f"\nTo compare with, as they are: {', '.join(references)}.")
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
    print(f"{name_of(spec)} ({family.dated})\n")
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
        print(table(lines[0][:2], [line[:2] for line in lines[1:]]))
    else:
        header = ("", "", f"than {options.preset}")
        print(table(header, lines))
    print(f"\n{summary(spec)}")
    return 0


def _measured(new: int, old: int) -> str:
    return words.change(new, old, fewer="less")


def _rows_text(report: "Analysis") -> str:
    rows = [
        (row.path, row.type, words.shape(row.output_shape), words.exact(row.params), words.exact(row.macs))
        for row in report.rows
    ]
    return table(("layer", "type", "output", "parameters", "MACs"), rows, left=2)


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
    print(table(("network", "parameters", than, "forward", than, "activations", than), rows))
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


def _show(text: TrainingText, event: Event) -> None:
    """What there is to say of an event: lines that stay, and on a terminal a bar that moves."""
    is_terminal = sys.stderr.isatty()
    if is_terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    for line in text.lines(event):
        print(line, flush=True)
    if is_terminal and isinstance(event, Steps):
        print(text.bar(event), end="", file=sys.stderr, flush=True)


def _train(options: argparse.Namespace) -> int:
    named = RECIPES[options.recipe] if options.recipe else None
    if options.preset is None and named is None:
        raise Refused([Problem("preset", f"Name a preset, as `list` shows them, or a --recipe: {', '.join(RECIPES)}.")])
    spec = None if options.preset is None else _variant(options.preset, options)[0]
    if options.dataset is not None and options.dataset.endswith(".zip"):
        options.dataset = got(options.dataset).name
    recipe = _recipe(options, named.recipe if named else Recipe())
    card = got(recipe.dataset)
    if spec is None:
        from cnnlab.analysis.fit import fitting
        from cnnlab.architectures import preset

        assert named is not None
        spec = _changed(fitting(preset(named.preset), card), options)
    accuracies: list[float] = []
    with _until_interrupted() as interrupted:
        for seed in range(recipe.seed, recipe.seed + max(1, options.seeds)):
            text = TrainingText(recipe.epochs)
            for event in train(spec, recipe.replace(seed=seed), interrupted):
                if options.json:
                    _print_json(event.to_dict())
                else:
                    _show(text, event)
                if isinstance(event, Finished) and event.test_accuracy is not None:
                    accuracies.append(event.test_accuracy)
            if interrupted():
                return INTERRUPTED
    if len(accuracies) > 1 and not options.json:
        low, high = min(accuracies), max(accuracies)
        print(f"{len(accuracies)} seeds: test accuracy {fmean(accuracies):.3f} on average, {low:.3f} to {high:.3f}.")
    return 0


def _tour(options: argparse.Namespace) -> int:
    from cnnlab.architectures import FAMILIES, preset

    recipe = _recipe(options, TOUR_RECIPE)
    card = got(recipe.dataset)
    smalls = [(family, family.small) for family in FAMILIES.values() if family.small is not None]
    rows = []
    with _until_interrupted() as interrupted:
        for family, name in smalls:
            spec = preset(name).replace(in_channels=card.in_channels, num_classes=card.num_classes)
            *_, end = train(spec, recipe, interrupted)
            if interrupted():
                return INTERRUPTED
            assert isinstance(end, Finished)
            if options.json:
                _print_json({"preset": name, "family": family.name, **end.to_dict()})
            elif sys.stderr.isatty():
                print(f"\r\033[K{name} {words.duration(end.seconds)}", end="", file=sys.stderr, flush=True)
            accuracy = f"{end.test_accuracy:.3f}" if end.test_accuracy is not None else ""
            rows.append((name, family.title, accuracy, words.duration(end.seconds)))
    if not options.json:
        print(f"{card.title}, {recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}\n")
        print(table(("preset", "family", "test accuracy", "time"), rows, left=2))
    return 0
