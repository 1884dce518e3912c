"""How a network is trained: on what data, in what steps, from what start."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cnnlab.data.cards import DATASETS
from cnnlab.data.catalogue import is_dataset_name, unknown_dataset
from cnnlab.optimizer_kinds import OptimizerKind
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
        str,
        Field(title="Data set", description="The labelled images that the network learns from and is tested on."),
        Knob(group="Data", names={name: card.title for name, card in DATASETS.items()}),
    ] = "mnist5k"
    train_share: Annotated[
        float,
        Field(
            ge=0.001,
            le=1,
            title="Share to learn from",
            description="How much of the training images is used, evenly from each class: with few images a network"
            " learns them by heart.",
        ),
        Knob(group="Split", soft=(0.05, 1), step=0.05),
    ] = 1.0
    validation_share: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            title="Share to validate on",
            description="How much of the training images is put aside to choose the best epoch by, so that the test"
            " images have no part in it; 0 chooses by the set's own validation images, or by the test images.",
        ),
        Knob(group="Split", soft=(0, 0.5), step=0.05),
    ] = 0.0
    test_share: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            title="Share to test on",
            description="How much of all images is for testing, split anew; 0 keeps the split that the set comes with.",
        ),
        Knob(group="Split", soft=(0, 0.5), step=0.05),
    ] = 0.0
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
        OptimizerKind,
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
        Knob(group="Steps", soft=(0, 0.99), step=0.01, only_when=("optimizer", ("momentum", "nesterov"))),
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
    warm_up: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            title="Warm-up",
            description="The share of all steps in which the learning rate rises from almost nothing to the"
            " schedule's, so that the first steps do no harm.",
        ),
        Knob(group="Steadier learning", soft=(0, 0.5), step=0.05),
    ] = 0.0
    clip_norm: Annotated[
        float,
        Field(
            ge=0,
            le=1000,
            title="Gradient clipping",
            description="The longest that the gradient of all weights together may be; a longer one is shortened. 0"
            " leaves it as it is.",
        ),
        Knob(group="Steadier learning", soft=(0, 10), step=0.5),
    ] = 0.0
    label_smoothing: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            title="Label smoothing",
            description="The share of certainty that is taken from the right answer and spread over all classes, so"
            " that the network is not taught to be certain.",
        ),
        Knob(group="Steadier learning", soft=(0, 0.3), step=0.05),
    ] = 0.0
    ema_decay: Annotated[
        float,
        Field(
            ge=0,
            le=0.9999,
            title="Averaged weights",
            description="How much of the running mean of the weights stays at each step (EMA); the mean is what is"
            " tested and kept. 0 tests the weights themselves.",
        ),
        Knob(group="Steadier learning", soft=(0, 0.999), step=0.001),
    ] = 0.0
    patience: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            title="Early stop",
            description="After so many epochs without a better one the training ends. 0 goes through all epochs.",
        ),
        Knob(group="Steadier learning", soft=(0, 10)),
    ] = 0
    crop_padding: Annotated[
        int,
        Field(
            ge=0,
            le=64,
            title="Random shift",
            description="By how many pixels each training image is moved at most, in both directions; the edge is"
            " repeated.",
        ),
        Knob(group="Augmentation", soft=(0, 8)),
    ] = 0
    flip: Annotated[
        bool,
        Field(
            title="Random flip",
            description="Half of the training images are flipped left to right: right for things, wrong for letters.",
        ),
        Knob(group="Augmentation"),
    ] = False
    rotation: Annotated[
        float,
        Field(
            ge=0,
            le=180,
            title="Random rotation",
            description="By how many degrees each training image is turned at most, either way.",
        ),
        Knob(group="Augmentation", soft=(0, 45), step=5),
    ] = 0.0
    erasing: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Random erasing",
            description="The probability with which a rectangle of a training image is covered.",
        ),
        Knob(group="Augmentation", soft=(0, 1), step=0.1),
    ] = 0.0
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
        Knob(group="Speed"),
    ] = "auto"
    precision: Annotated[
        Literal["float32", "bfloat16"],
        Field(
            title="Precision",
            description="What convolutions and dense layers compute with: float32, or bfloat16, which has three digits"
            " and is twice as fast where the processor knows it; weights stay float32.",
        ),
        Knob(group="Speed", names={"float32": "float32", "bfloat16": "bfloat16 autocast"}),
    ] = "float32"
    channels_last: Annotated[
        bool,
        Field(
            title="Channels last",
            description="The channels of a pixel lie side by side in memory, as the fast convolutions have them.",
        ),
        Knob(group="Speed"),
    ] = True
    cuda_graph: Annotated[
        bool,
        Field(
            title="CUDA graph",
            description="A GPU is given a whole step at once instead of each layer: much faster for small networks. On"
            " a CPU nothing changes.",
        ),
        Knob(group="Speed"),
    ] = False
    deterministic: Annotated[
        bool,
        Field(
            title="Deterministic",
            description="A GPU gives the same numbers each time, more slowly. A CPU always does.",
        ),
        Knob(group="Speed"),
    ] = False

    def relations(self) -> Iterator[Problem]:
        if not is_dataset_name(self.dataset):
            yield unknown_dataset(self.dataset)
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
