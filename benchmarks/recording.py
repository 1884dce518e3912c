"""What it costs a training that its answers and norms are recorded: its time with both, over its time without.

    python -m benchmarks.recording [--rounds 6]

The same training is carried out with and without, in turns, on one thread; with them, it writes the files that a run
has. Prints the medians of the processor's seconds, and the median over the rounds of the ratios. While others use the
machine, that is uncertain by some per cent: so the share of its own time that a training spends on recording stands
beside it, which is less so.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.runs.settings import MEGABYTE, Settings
from cnnlab.runs.store.answers_file import append_answers
from cnnlab.runs.store.norms_file import append_norms, norms_records
from cnnlab.training import EpochEnd, Recipe, Steps, Training
from cnnlab.training.answers import AnswerBuffer
from cnnlab.training.step.norm_meter import NormMeter

CASES: dict[str, tuple[NetworkSpec, Recipe]] = {
    "LeNet-5 on digits": (preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=10, device="cpu")),
    "ResNet-20 on shapes": (
        preset("resnet20_cifar"),
        Recipe(dataset="shapes", epochs=2, train_share=0.25, device="cpu"),
    ),
}


@dataclass
class Taken:
    """Seconds of a processor: of a whole training, and of recording in it."""

    training: float = 0.0
    recording: float = 0.0


def timed(taken: Taken, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose time is added."""

    def measured(*args: Any, **more: Any) -> Any:
        began = process_time()
        try:
            return function(*args, **more)
        finally:
            taken.recording += process_time() - began

    return measured


@contextmanager
def nothing_recorded() -> Iterator[None]:
    """Inside, an evaluation only compares the classes, and no norm is measured."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(NormMeter, "measure", lambda *_: None))
        stack.enter_context(patch.object(AnswerBuffer, "add", lambda _, logits: logits.argmax(1)))
        stack.enter_context(patch.object(AnswerBuffer, "answers", lambda *_: None))
        yield


@contextmanager
def recording_timed(taken: Taken) -> Iterator[None]:
    """Inside, what recording takes is counted; the classes would be computed anyway."""

    def add(buffer: AnswerBuffer, logits: Tensor) -> Tensor:
        began = process_time()
        logits.argmax(1)
        taken.recording -= process_time() - began
        return counted(buffer, logits)

    counted = timed(taken, AnswerBuffer.add)
    with ExitStack() as stack:
        stack.enter_context(patch.object(NormMeter, "measure", timed(taken, NormMeter.measure)))
        stack.enter_context(patch.object(NormMeter, "take", timed(taken, NormMeter.take)))
        stack.enter_context(patch.object(AnswerBuffer, "add", add))
        stack.enter_context(patch.object(AnswerBuffer, "answers", timed(taken, AnswerBuffer.answers)))
        yield


def carry_out(spec: NetworkSpec, recipe: Recipe, *, records: bool) -> Taken:
    """One training, with the files of a run or with none."""
    taken, settings = Taken(), Settings()
    with tempfile.TemporaryDirectory() as folder, recording_timed(taken) if records else nothing_recorded():
        answered, norms = Path(folder) / "answers.bin", norms_records(Path(folder) / "norms.bin")
        training = Training(spec, recipe)
        began = process_time()
        for event in training.events():
            if records and isinstance(event, EpochEnd):
                limit = settings.answer_megabytes_per_run * MEGABYTE
                timed(taken, append_answers)(answered, event.epoch, training.answers, limit)
            if records and isinstance(event, Steps) and event.norms:
                limit = settings.norm_megabytes_per_run * MEGABYTE
                timed(taken, append_norms)(norms, event.norms, event.seconds, limit)
        taken.training = process_time() - began
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    for title, (spec, recipe) in CASES.items():
        carry_out(spec, recipe.replace(epochs=1), records=True)  # to warm up
        pairs = []
        for round_ in range(rounds):
            order = (True, False) if round_ % 2 else (False, True)
            found = {records: carry_out(spec, recipe, records=records) for records in order}
            pairs.append((found[True], found[False]))
        ratios = [on.training / off.training for on, off in pairs]
        on, off = (statistics.median(pair[i].training for pair in pairs) for i in (0, 1))
        share = statistics.median(on.recording / on.training for on, _ in pairs)
        print(f"{title}: recorded {on:.2f} s, not recorded {off:.2f} s")
        print(f"  ratio {statistics.median(ratios):.3f} (from {min(ratios):.3f} to {max(ratios):.3f}; at most 1.01)")
        print(f"  of its own time {share:.2%} (at most 1 %)", flush=True)


if __name__ == "__main__":
    main()
