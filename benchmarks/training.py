"""How fast the lab trains, beside the loop of the textbook and beside a bare loop.

    python -m benchmarks.training [--device cpu] [--starts 3] [--turns 6] [--steps 15] [--precision float32]

Each network sees 28x28 images in batches of 128. Each loop has a process of its own, and they take turns of a few
steps: what else the machine does meanwhile hits all of them. They are started several times, because one process is
faster than the next by how its memory happens to be cut up. On one thread of a CPU the time is the processor's own, so
that waiting for it does not count. Prints, for each network, the median of the images per second of each loop, and the
median over the turns of the ratios, which are the figures that count, with the middle half of them.

- textbook: a DataLoader over single images with a transform for each, `.item()` after each step.
- bare: the lab's own batches, layout, type and environment, and nothing but the step.
- lab: `cnnlab.training`, with its learning rates, its ring of losses and its events, in the environment that the
  queue's workers have.
"""

import argparse
import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, ToTensor

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import build
from cnnlab.data import Adapted, adapt, load
from cnnlab.runs.scheduling.scheduler import ENVIRONMENT
from cnnlab.training import Recipe, Steps, Training
from cnnlab.training.devices import find_device
from cnnlab.training.loop import batch_sizes

BATCH = 128
DATASET = "mnist5k"

NETWORKS: dict[str, NetworkSpec] = {
    "LeNet": preset("lenet5_d2l"),
    "ResNet-18, a quarter as wide": preset("resnet18").replace(width=16, in_channels=1, num_classes=10, image_size=28),
}

Loop = Iterator[int]
"""Trains for ever, and gives the number of images each time that it has learnt from some."""


class SingleImages(Dataset[tuple[Tensor, int]]):
    """The same images one by one, as the textbook has them."""

    def __init__(self, data: Adapted) -> None:
        self._images: list[np.ndarray] = [image.numpy() for image in data.train_images[:, 0]]
        self._labels = data.train_labels.tolist()
        mean, std = (data.mean / 255).flatten().tolist(), (data.std / 255).flatten().tolist()
        self._transform = Compose([ToTensor(), Normalize(mean, std)])

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        return self._transform(self._images[place]), self._labels[place]


def textbook(spec: NetworkSpec, recipe: Recipe, device: torch.device) -> Loop:
    network = build(spec).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=recipe.learning_rate)
    loader = DataLoader(SingleImages(adapt(load(DATASET), spec)), BATCH, shuffle=True, drop_last=True)
    loss_of, total = nn.CrossEntropyLoss(), 0.0
    while True:
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            logits = network(images)
            loss = loss_of(logits, labels)
            loss.backward()
            optimizer.step()
            total += loss.item() + (logits.argmax(1) == labels).sum().item()
            yield len(labels)


def bare(spec: NetworkSpec, recipe: Recipe, device: torch.device) -> Loop:
    network = build(spec).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(network.parameters(), lr=recipe.learning_rate, fused=True)
    data = adapt(load(DATASET), spec, recipe).to(device)
    while True:
        for index in torch.randperm(len(data.train_labels), device=device).split(BATCH):
            with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
                loss = F.cross_entropy(network(data.batch(data.train_images, index)), data.train_labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield len(index)


def lab(spec: NetworkSpec, recipe: Recipe, device: torch.device) -> Loop:
    training = Training(spec, recipe)
    assert training.device == device
    sizes = batch_sizes(len(training.data.train_labels), recipe.batch_size)
    for event in training.events():
        if isinstance(event, Steps):
            yield sum(sizes[step % len(sizes)] for step in range(event.first_step - 1, event.last_step))


LOOPS: dict[str, Callable[[NetworkSpec, Recipe, torch.device], Loop]] = {
    "textbook": textbook,
    "bare": bare,
    "lab": lab,
}


OURS = ("bare", "lab")
"""The loops that have the environment of the queue's workers."""

WARM_STEPS = 5
"""Steps before the time is taken."""


def work(pipe: Connection, title: str, spec: NetworkSpec, recipe: Recipe, threads: int) -> None:
    """Trains as many images as it is told, again and again, and answers how many a second they were."""
    torch.set_num_threads(threads)
    device = find_device(recipe.device)
    loop = LOOPS[title](spec, recipe, device)
    while num_images := pipe.recv():
        began, learnt = now(device), 0
        while learnt < num_images:
            learnt += next(loop)
        pipe.send(learnt / (now(device) - began))


def now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return process_time() if device.type == "cpu" and torch.get_num_threads() == 1 else perf_counter()


class Worker:
    """The process of one loop."""

    def __init__(self, title: str, spec: NetworkSpec, recipe: Recipe, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        with patch.dict(os.environ, ENVIRONMENT if title in OURS else {}):
            self._process = context.Process(target=work, args=(theirs, title, spec, recipe, threads))
            self._process.start()
        theirs.close()
        self.speed(WARM_STEPS)

    def speed(self, steps: int) -> float:
        """Images a second over so many steps."""
        self._pipe.send(steps * BATCH)
        return self._pipe.recv()

    def end(self) -> None:
        self._pipe.send(0)
        self._process.join()


def measure(
    spec: NetworkSpec, recipe: Recipe, threads: int, *, starts: int, turns: int, steps: int
) -> dict[str, list[float]]:
    """The speed of each loop at each turn."""
    speeds: dict[str, list[float]] = {title: [] for title in LOOPS}
    for _ in range(starts):
        workers = {title: Worker(title, spec, recipe, threads) for title in LOOPS}
        for turn in range(turns):
            # Each turn begins with another loop.
            for i in range(len(LOOPS)):
                title = list(LOOPS)[(turn + i) % len(LOOPS)]
                speeds[title].append(workers[title].speed(steps))
        for worker in workers.values():
            worker.end()
    return speeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    options = parser.parse_args()
    # Hardly anything is tested: what is measured is the training.
    recipe = Recipe(
        dataset=DATASET,
        test_share=0.002,
        batch_size=BATCH,
        epochs=1000,
        optimizer="sgd",
        learning_rate=0.05,
        device=options.device,
        precision=options.precision,
        cuda_graph=options.device != "cpu",
    )
    for name, spec in NETWORKS.items():
        speeds = measure(spec, recipe, options.threads, starts=options.starts, turns=options.turns, steps=options.steps)
        print(f"{name} on {options.device}, {options.precision}, {options.threads} thread(s)")
        for title, values in speeds.items():
            print(f"  {title:9} {statistics.median(values):9.0f} images/s (best {max(values):.0f})")
        for other in ("textbook", "bare"):
            ratios = [ours / theirs for ours, theirs in zip(speeds["lab"], speeds[other], strict=True)]
            low, middle, high = statistics.quantiles(ratios)
            print(f"  lab / {other}: {middle:.3f} (half of the turns from {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
