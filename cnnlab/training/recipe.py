"""How a network is trained: on what data, in what steps, from what start."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cnnlab.data.cards import DATASETS, DatasetName
from cnnlab.spec import Knob, Problem, Spec

OPTIMIZER_NAMES = {
    "sgd": "SGD",
    "momentum": "SGD with momentum",
    "nesterov": "SGD with Nesterov momentum",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
}
INITIALISATION_NAMES = {"default": "PyTorch's default", "xavier": "Xavier", "kaiming": "Kaiming", "normal": "normal"}


class Recipe(Spec):
    """How a network is trained.

    >>> recipe = Recipe(dataset="digits", epochs=5)
    >>> recipe.replace(optimizer="sgd", learning_rate=0.1).changes_from(recipe)
    {'optimizer': 'sgd', 'learning_rate': 0.1}
    """

    noun: ClassVar[str] = "the recipe"

    dataset: Annotated[
        DatasetName,
        Field(title="Data set", description="The labelled images that the network learns from and is tested on."),
        Knob(group="Data", names={name: card.title for name, card in DATASETS.items()}),
    ] = "mnist5k"
    batch_size: Annotated[
        int,
        Field(
            ge=2,
            le=4096,
            title="Batch size",
            description="How many images each step looks at. Larger batches make fewer and smoother steps per epoch.",
        ),
        Knob(group="Data", soft=(8, 512), step=8),
    ] = 32
    epochs: Annotated[
        int,
        Field(ge=1, le=1000, title="Epochs", description="How many times the whole training set is gone through."),
        Knob(group="Data", soft=(1, 20)),
    ] = 3
    optimizer: Annotated[
        Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"],
        Field(
            title="Optimiser",
            description="How a step follows from the gradient: straight down (SGD), with a memory of earlier steps"
            " (momentum, Nesterov), or with a step size of its own for each weight (Adam, AdamW, RMSprop).",
        ),
        Knob(group="Steps", names=OPTIMIZER_NAMES),
    ] = "adam"
    learning_rate: Annotated[
        float,
        Field(
            ge=1e-6,
            le=100,
            title="Learning rate",
            description="How far each step goes: too small learns slowly, too large does not learn at all. About 0.001"
            " suits Adam, 0.01 to 0.1 SGD.",
        ),
        Knob(group="Steps", soft=(0.0001, 1), step=0.0001),
    ] = 0.002
    momentum: Annotated[
        float,
        Field(
            ge=0,
            le=0.999,
            title="Momentum",
            description="How much of the last step is carried into the next, in SGD with momentum or Nesterov.",
        ),
        Knob(group="Steps", soft=(0, 0.99), step=0.01),
    ] = 0.9
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Weight decay",
            description="How strongly each step pulls the weights towards zero, against learning by heart.",
        ),
        Knob(group="Steps", soft=(0, 0.01), step=0.0001),
    ] = 0.0
    schedule: Annotated[
        Literal["constant", "step", "cosine", "one_cycle"],
        Field(
            title="Schedule",
            description="How the learning rate changes: not at all, to a tenth at one half and again at three quarters,"
            " down along a cosine, or up from a small one and down again (one cycle).",
        ),
        Knob(group="Steps", names={"one_cycle": "one-cycle"}),
    ] = "constant"
    initialisation: Annotated[
        Literal["default", "xavier", "kaiming", "normal"],
        Field(
            title="Initialisation",
            description="What the weights are before the first step: random numbers whose size suits sigmoid and tanh"
            " (Xavier), ReLU (Kaiming), is always 0.01 (normal), or is what each layer of PyTorch chooses.",
        ),
        Knob(group="Start", names=INITIALISATION_NAMES),
    ] = "default"
    seed: Annotated[
        int,
        Field(
            ge=0,
            le=2**31 - 1,
            title="Seed",
            description="The number that all chance follows from: first weights, order of the images, dropout. The same"
            " seed gives the same curve.",
        ),
        Knob(group="Start", soft=(0, 99)),
    ] = 0
    device: Annotated[
        str,
        Field(
            title="Device",
            description="Where it is computed: auto (a GPU if there is one), cpu, cuda, or one GPU such as cuda:0.",
        ),
        Knob(group="Start"),
    ] = "auto"

    def relations(self) -> Iterator[Problem]:
        if self.optimizer == "nesterov" and self.momentum == 0:
            yield Problem(
                "momentum",
                "`momentum` must be above 0 for Nesterov's look ahead, and it is 0: use 0.9, or the optimiser sgd.",
            )
        if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", self.device):
            yield Problem(
                "device",
                f"`device` must be auto, cpu, cuda or cuda with a number, and it is {self.device!r}: use auto.",
            )
