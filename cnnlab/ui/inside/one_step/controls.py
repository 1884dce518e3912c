"""Which step: the optimizer, its learning rate, the images of the batch, and how many steps are taken on them."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnlab.optimizer_kinds import OptimizerKind
from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe
from cnnlab.ui.inside.subject import Subject

BATCH_SIZES = (2, 4, 8, 16)
FIRST_BATCH_SIZE = 8
MAX_STEPS = 5
"""Steps on one batch: enough to see what momentum and Adam keep from one to the next."""

RATES = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

_KINDS: dict[str, OptimizerKind] = {kind: kind for kind in ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")}
_OPTIMIZER, _RATE, _SIZE, _NUMBER = (f"inside.step.{name}" for name in ("optimizer", "rate", "size", "number"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """The step with this number on `batch_size` of the training images that a page has, evenly from all of them."""

    recipe: Recipe
    batch_size: int
    number: int

    def index(self, subject: Subject) -> Tensor:
        """The places of the images among those that the page has: a set may be sorted by class."""
        return torch.linspace(0, len(subject.data.train_labels) - 1, self.batch_size).round().long()

    def batch(self, subject: Subject) -> tuple[Tensor, Tensor]:
        """The network's input (N, C, H, W), and the labels (N,)."""
        data, index = subject.data, self.index(subject)
        return data.batch(data.train_images, index), data.train_labels[index]


def pick_step(subject: Subject) -> Wanted:
    """The controls; at first they have the values of the subject's recipe."""
    recipe = subject.recipe
    sizes = [size for size in BATCH_SIZES if size <= len(subject.data.train_labels)] or [len(subject.data.train_labels)]
    with st.container(horizontal=True, gap="small", key="inside.step.controls"):
        kind: str = st.selectbox(
            "Optimizer",
            list(_KINDS),
            index=list(_KINDS).index(recipe.optimizer),
            format_func=OPTIMIZER_NAMES.__getitem__,
            key=_OPTIMIZER,
            width=210,
        )
        rate: float = st.select_slider(
            "Learning rate",
            sorted({*RATES, recipe.learning_rate}),
            value=recipe.learning_rate,
            format_func=lambda value: f"{value:g}",
            key=_RATE,
            width=170,
        )
        size: int = st.segmented_control(
            "Images",
            sizes,
            default=FIRST_BATCH_SIZE if FIRST_BATCH_SIZE in sizes else sizes[-1],
            required=True,
            key=_SIZE,
        )
        number: int = st.segmented_control(
            "Step",
            range(1, MAX_STEPS + 1),
            default=1,
            required=True,
            key=_NUMBER,
            help="Steps on the same images, one after the other: momentum, Adam and RMSprop keep something from each.",
        )
    return Wanted(_recipe(recipe, _KINDS[kind], rate), size, number)


def _recipe(recipe: Recipe, kind: OptimizerKind, rate: float) -> Recipe:
    """The recipe with this optimizer, in float32; SGD without momentum has none to take over."""
    momentum = recipe.momentum or Recipe().momentum
    return recipe.replace(optimizer=kind, learning_rate=rate, momentum=momentum)
