"""How fast the lab trains, beside the loop of the textbook and beside a bare loop.

    python -m benchmarks.training [--device cpu] [--rounds 7] [--steps 60] [--precision float32]

Each network sees 28x28 images in batches of 128, once by each of the loops and then again, in rounds: what else the
machine does meanwhile hits all of them. Prints, for each network, the median of the images per second of each loop, and
the median over the rounds of the ratios, which are the figures that count.

- textbook: a DataLoader over single images with a transform for each, `.item()` after each step.
- bare: the lab's own batches, layout and type, and nothing but the step.
- lab: `cnnlab.training`, with its learning rates, its ring of losses and its events.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, ToTensor

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import build
from cnnlab.data import Adapted, adapt, load
from cnnlab.training import Recipe, Steps, Training
from cnnlab.training.devices import find_device

BATCH = 128
DATASET = "mnist5k"

NETWORKS: dict[str, NetworkSpec] = {
    "LeNet": preset("lenet5_d2l"),
    "ResNet-18, a quarter as wide": preset("resnet18").replace(width=16, in_channels=1, num_classes=10, image_size=28),
}

Loop = Callable[[], float]
"""Trains for a while, and gives the images per second."""


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


@dataclass(frozen=True)
class Bench:
    """One network, and how long it is trained each time."""

    spec: NetworkSpec
    recipe: Recipe
    steps: int

    @property
    def device(self) -> torch.device:
        return find_device(self.recipe.device)

    def textbook(self) -> float:
        network = build(self.spec).to(self.device)
        optimizer = torch.optim.SGD(network.parameters(), lr=self.recipe.learning_rate)
        loader = DataLoader(SingleImages(adapt(load(DATASET), self.spec)), BATCH, shuffle=True, drop_last=True)
        loss_of, taken, began, total = nn.CrossEntropyLoss(), 0, 0.0, 0.0
        while True:
            for images, labels in loader:
                if taken == WARM:
                    began = self._now()
                if taken == WARM + self.steps:
                    return self.steps * BATCH / (self._now() - began)
                images, labels = images.to(self.device), labels.to(self.device)
                optimizer.zero_grad()
                logits = network(images)
                loss = loss_of(logits, labels)
                loss.backward()
                optimizer.step()
                total += loss.item() + (logits.argmax(1) == labels).sum().item()
                taken += 1

    def bare(self) -> float:
        network = build(self.spec).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.SGD(network.parameters(), lr=self.recipe.learning_rate, fused=True)
        data = adapt(load(DATASET), self.spec).to(self.device)
        order, taken, began = iter(()), 0, 0.0
        while True:
            index = next(order, None)
            if index is None or len(index) < BATCH:
                order = iter(torch.randperm(len(data.train_labels), device=self.device).split(BATCH))
                continue
            if taken == WARM:
                began = self._now()
            if taken == WARM + self.steps:
                return self.steps * BATCH / (self._now() - began)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
                loss = F.cross_entropy(network(data.batch(data.train_images, index)), data.train_labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            taken += 1

    def lab(self) -> float:
        training = Training(self.spec, self.recipe)
        events, began, first = training.events(), 0.0, 0
        for event in events:
            if not isinstance(event, Steps):
                continue
            if first == 0 and training.step >= WARM:
                began, first = self._now(), training.step
            elif first and training.step >= first + self.steps:
                speed = (training.step - first) * BATCH / (self._now() - began)
                events.close()
                return speed
        raise AssertionError("too few steps")

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return perf_counter()


WARM = 5
"""Steps before the time is taken."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    # Hardly anything is tested: what is measured is the training.
    recipe = Recipe(
        dataset=DATASET,
        test_share=0.002,
        batch_size=BATCH,
        epochs=1000,
        optimizer="sgd",
        learning_rate=0.05,
        device=arguments.device,
        precision=arguments.precision,
        cuda_graph=arguments.device != "cpu",
    )
    for name, spec in NETWORKS.items():
        bench = Bench(spec, recipe, arguments.steps)
        loops: dict[str, Loop] = {"textbook": bench.textbook, "bare": bench.bare, "lab": bench.lab}
        speeds: dict[str, list[float]] = {loop: [] for loop in loops}
        for round_ in range(arguments.rounds):
            # Each round begins with another loop.
            for i in range(len(loops)):
                loop = list(loops)[(round_ + i) % len(loops)]
                speeds[loop].append(loops[loop]())
        print(f"{name} on {bench.device}, {arguments.precision}, {torch.get_num_threads()} thread(s)")
        for loop, values in speeds.items():
            print(f"  {loop:9} {statistics.median(values):9.0f} images/s (best {max(values):.0f})")
        for other in ("textbook", "bare"):
            ratios = [ours / theirs for ours, theirs in zip(speeds["lab"], speeds[other], strict=True)]
            spread = f"from {min(ratios):.2f} to {max(ratios):.2f}"
            best = max(speeds["lab"]) / max(speeds[other])
            print(f"  lab / {other}: {statistics.median(ratios):.2f} ({spread}; of the best rounds {best:.2f})")


if __name__ == "__main__":
    main()
