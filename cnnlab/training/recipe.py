"""How a network is trained: data, optimizer, regularisation, initialisation, speed."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from cnnlab.data.cards import DATASETS
from cnnlab.data.catalogue import is_dataset_name, unknown_dataset
from cnnlab.optimizer_kinds import OptimizerKind
from cnnlab.spec import Knob, Problem, Spec, alternatives, set_to
from cnnlab.words.sentence import Sentence

OPTIMIZER_NAMES = {
    "sgd": "SGD",
    "momentum": "SGD with momentum",
    "nesterov": "SGD with Nesterov momentum",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
}
INITIALISATION_NAMES = {"default": "PyTorch default", "xavier": "Xavier", "kaiming": "Kaiming", "normal": "normal"}

SPLIT = ("train_share", "validation_share", "test_share")
"""The fields that say, with the data set, which images a training sees and which it is tested on."""


class Recipe(Spec):
    """How a network is trained.

    >>> recipe = Recipe(dataset="digits", epochs=5)
    >>> recipe.replace(optimizer="sgd", learning_rate=0.1).changes_from(recipe)
    {'optimizer': 'sgd', 'learning_rate': 0.1}
    """

    model_config = ConfigDict(use_attribute_docstrings=True)
    noun: ClassVar[str] = "the recipe"

    dataset: Annotated[
        str, Field(title="Data set"), Knob(group="Data", names={name: card.title for name, card in DATASETS.items()})
    ] = "mnist5k"
    """The labelled images to train and test on."""
    train_share: Annotated[
        float, Field(ge=0.001, le=1, title="Training share"), Knob(group="Split", soft=(0.05, 1), step=0.05)
    ] = 1.0
    """The share of the training images that is used, evenly from each class: with few images a network overfits."""
    validation_share: Annotated[float, Field(ge=0, le=0.5), Knob(group="Split", soft=(0, 0.5), step=0.05)] = 0.0
    """The share of the training images that is held out to choose the best epoch, so that the test images have no part
    in the choice; 0 chooses by the data set's own validation images, or else by the test images.
    """
    test_share: Annotated[float, Field(ge=0, le=0.5), Knob(group="Split", soft=(0, 0.5), step=0.05)] = 0.0
    """The share of all images that is held out for testing, in a new split; 0 keeps the split of the data set."""
    batch_size: Annotated[int, Field(ge=2, le=4096), Knob(group="Data", soft=(8, 512), step=8)] = 32
    """Images per step. Larger batches make fewer and less noisy steps per epoch."""
    epochs: Annotated[int, Field(ge=1, le=1000), Knob(group="Data", soft=(1, 20))] = 3
    """How many times the training goes through all training images."""
    optimizer: Annotated[OptimizerKind, Knob(group="Steps", names=OPTIMIZER_NAMES)] = "adam"
    """How a step follows from the gradient: directly (SGD), with a moving average of gradients (momentum, Nesterov), or
    with an adaptive step size for each weight (Adam, AdamW, RMSprop).
    """
    learning_rate: Annotated[float, Field(ge=1e-6, le=100), Knob(group="Steps", soft=(0.0001, 1), step=0.0001)] = 0.002
    """The step size: too small learns slowly, too large diverges. About 0.001 suits Adam, 0.01 to 0.1 SGD."""
    momentum: Annotated[
        float,
        Field(ge=0, le=0.999),
        Knob(group="Steps", soft=(0, 0.99), step=0.01, only_when={"optimizer": ("momentum", "nesterov")}),
    ] = 0.9
    """The share of the previous step that is added to the next, in SGD with momentum or Nesterov."""
    weight_decay: Annotated[float, Field(ge=0, le=1), Knob(group="Steps", soft=(0, 0.01), step=0.0001)] = 0.0
    """How strongly each step pulls the weights towards zero, against overfitting."""
    schedule: Annotated[
        Literal["constant", "step", "cosine", "one_cycle"], Knob(group="Steps", names={"one_cycle": "one-cycle"})
    ] = "constant"
    """How the learning rate changes: not at all (constant), to a tenth after one half and again after three quarters of
    the steps (step), along a cosine, or up and down again (one cycle).
    """
    warm_up: Annotated[
        float, Field(ge=0, le=0.5, title="Warm-up"), Knob(group="Regularisation", soft=(0, 0.5), step=0.05)
    ] = 0.0
    """The share of all steps in which the learning rate rises from almost 0 to that of the schedule, so that the first
    steps do no harm.
    """
    clip_norm: Annotated[
        float, Field(ge=0, le=1000, title="Gradient clipping"), Knob(group="Regularisation", soft=(0, 10), step=0.5)
    ] = 0.0
    """The maximum norm of the gradient of all weights; a larger gradient is scaled down. 0: no clipping."""
    label_smoothing: Annotated[float, Field(ge=0, le=0.5), Knob(group="Regularisation", soft=(0, 0.3), step=0.05)] = 0.0
    """The share of the target probability that is spread evenly over all classes, against overconfidence."""
    ema_decay: Annotated[
        float,
        Field(ge=0, le=0.9999, title="Averaged weights"),
        Knob(group="Regularisation", soft=(0, 0.999), step=0.001),
    ] = 0.0
    """The decay of the exponential moving average of the weights (EMA), which is tested and saved. 0: no averaging."""
    patience: Annotated[
        int, Field(ge=0, le=1000, title="Early stopping"), Knob(group="Regularisation", soft=(0, 10))
    ] = 0
    """Epochs without a better accuracy after which the training stops. 0: no early stopping."""
    crop_padding: Annotated[int, Field(ge=0, le=64, title="Random shift"), Knob(group="Augmentation", soft=(0, 8))] = 0
    """The largest shift of each training image in pixels, in both directions; edge pixels are repeated."""
    flip: Annotated[bool, Field(title="Random flip"), Knob(group="Augmentation")] = False
    """Flips half of the training images left to right: useful for objects, harmful for letters."""
    rotation: Annotated[
        float, Field(ge=0, le=180, title="Random rotation"), Knob(group="Augmentation", soft=(0, 45), step=5)
    ] = 0.0
    """The largest rotation of each training image in degrees, in both directions."""
    erasing: Annotated[
        float, Field(ge=0, le=1, title="Random erasing"), Knob(group="Augmentation", soft=(0, 1), step=0.1)
    ] = 0.0
    """The probability with which a rectangle of a training image is erased."""
    initialisation: Annotated[
        Literal["default", "xavier", "kaiming", "normal"], Knob(group="Start", names=INITIALISATION_NAMES)
    ] = "default"
    """The weights before the first step: random numbers with a variance for sigmoid and tanh (Xavier) or ReLU
    (Kaiming), with a standard deviation of 0.01 (normal), or PyTorch's defaults.
    """
    seed: Annotated[int, Field(ge=0, le=2**31 - 1), Knob(group="Start", soft=(0, 99))] = 0
    """The seed of all random numbers: initial weights, order of the images, augmentation, dropout. The same seed gives
    the same curve.
    """
    device: Annotated[str, Knob(group="Speed")] = "auto"
    """The device to train on: auto (a GPU if there is one), cpu, cuda, or one GPU such as cuda:0."""
    precision: Annotated[
        Literal["float32", "bfloat16"],
        Knob(group="Speed", names={"float32": "float32", "bfloat16": "bfloat16 autocast"}),
    ] = "float32"
    """The data type of convolutions and dense layers: float32, or bfloat16, which has about three significant digits
    and is twice as fast where the processor supports it; weights stay float32.
    """
    channels_last: Annotated[bool, Knob(group="Speed")] = True
    """Stores the channels of a pixel next to each other in memory, for the fastest convolutions."""
    cuda_graph: Annotated[bool, Field(title="CUDA graph"), Knob(group="Speed")] = False
    """Launches a whole step on a GPU at once instead of each layer: much faster for small networks. No effect on a
    CPU.
    """
    deterministic: Annotated[bool, Knob(group="Speed")] = False
    """Makes a GPU give the same numbers each time, at lower speed. A CPU always does."""

    def relations(self) -> Iterator[Problem]:
        if not is_dataset_name(self.dataset):
            yield unknown_dataset(self.dataset)
        if self.optimizer == "nesterov" and self.momentum == 0:
            remedies = (set_to("momentum", 0.9), set_to("optimizer", "sgd"))
            sentence = Sentence(
                "`momentum` must be above 0 with `optimizer` nesterov, and it is 0: {remedies}.",
                remedies=alternatives(remedies),
            )
            yield Problem("momentum", sentence, remedies=remedies)
        if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", self.device):
            yield Problem(
                "device",
                Sentence(
                    "`device` must be auto, cpu, cuda or a GPU such as cuda:0, and it is {device!r}: use auto.",
                    device=self.device,
                ),
                remedies=(set_to("device", "auto"),),
            )
