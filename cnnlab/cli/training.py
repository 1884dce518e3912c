"""Training from the command line: one network here and now, or a tour of the families."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import fmean

from cnnlab.cli.data import get_data, is_zip
from cnnlab.cli.networks import changed, print_json, variant
from cnnlab.spec import Problem, Refused
from cnnlab.training import Event, Finished, Recipe, Steps, train
from cnnlab.training.log_text import TrainingText
from cnnlab.training.named_recipes import RECIPES
from cnnlab.words import numbers
from cnnlab.words.sentence import Sentence
from cnnlab.words.text import table

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

TOUR_RECIPE = Recipe(dataset="digits", epochs=1)
"""The default recipe of a tour: every family in a minute or two."""


def _recipe(options: argparse.Namespace, default: Recipe) -> Recipe:
    given = {name: getattr(options, name) for name in Recipe.settings()}
    values, problems = Recipe.parse({name: text for name, text in given.items() if text is not None})
    if problems:
        raise Refused(problems)
    return default.replace(**values)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """A function that says whether Ctrl-C was pressed; a second Ctrl-C ends the process at once."""
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
    """Print an event: lines, and on a terminal a progress bar."""
    is_terminal = sys.stderr.isatty()
    if is_terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    for line in text.lines(event):
        print(line, flush=True)
    if is_terminal and isinstance(event, Steps):
        print(text.bar(event), end="", file=sys.stderr, flush=True)


def train_command(options: argparse.Namespace) -> int:
    """Train a network in this process."""
    named = RECIPES[options.recipe] if options.recipe else None
    if options.preset is None and named is None:
        sentence = Sentence(
            "A preset is missing: give one that `list` shows, or a --recipe: {recipes}.", recipes=", ".join(RECIPES)
        )
        raise Refused([Problem("preset", sentence)])
    spec = None if options.preset is None else variant(options.preset, options)[0]
    if options.dataset is not None and is_zip(options.dataset):
        options.dataset = get_data(options.dataset).name
    recipe = _recipe(options, named.recipe if named else Recipe())
    card = get_data(recipe.dataset)
    if spec is None:
        from cnnlab.analysis.dataset_fit import match_dataset_if_needed
        from cnnlab.architectures import preset

        assert named is not None
        spec = changed(match_dataset_if_needed(preset(named.preset), card), options)
    accuracies: list[float] = []
    with _until_interrupted() as interrupted:
        for seed in range(recipe.seed, recipe.seed + max(1, options.seeds)):
            text = TrainingText(recipe.epochs)
            for event in train(spec, recipe.replace(seed=seed), interrupted):
                if options.json:
                    print_json(event.to_dict())
                else:
                    _show(text, event)
                if isinstance(event, Finished) and event.test_accuracy is not None:
                    accuracies.append(event.test_accuracy)
            if interrupted():
                return INTERRUPTED
    if len(accuracies) > 1 and not options.json:
        low, high = min(accuracies), max(accuracies)
        print(f"{len(accuracies)} seeds: mean test accuracy {fmean(accuracies):.3f}, from {low:.3f} to {high:.3f}.")
    return 0


def tour_command(options: argparse.Namespace) -> int:
    """Train the small preset of every family."""
    from cnnlab.architectures import FAMILIES, preset

    recipe = _recipe(options, TOUR_RECIPE)
    card = get_data(recipe.dataset)
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
                print_json({"preset": name, "family": family.name, **end.to_dict()})
            elif sys.stderr.isatty():
                print(f"\r\033[K{name} {numbers.duration(end.seconds)}", end="", file=sys.stderr, flush=True)
            accuracy = f"{end.test_accuracy:.3f}" if end.test_accuracy is not None else ""
            rows.append((name, family.title, accuracy, numbers.duration(end.seconds)))
    if not options.json:
        print(f"{card.title}, {recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}\n")
        print(table(("preset", "family", "test accuracy", "time"), rows, left=2))
    return 0
