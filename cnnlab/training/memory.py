"""How much memory a training will need, before it starts, and how large a batch may be."""

from bisect import bisect_right
from dataclasses import astuple, dataclass

from cnnlab.analysis import analyse
from cnnlab.analysis.memory import TrainingMemory, evaluation_memory, training_memory
from cnnlab.architectures import NetworkSpec
from cnnlab.data.adapted import adapted_bytes
from cnnlab.data.catalogue import card
from cnnlab.training.failure import TrainingFailed, why_too_large
from cnnlab.training.process_bytes import PROCESS_BYTES
from cnnlab.training.recipe import Recipe

MAX_TEST_BATCH = 500
"""Images per batch of an evaluation, at most."""

LEAST_TEST_BYTES = 64 * 2**20
"""What a batch of an evaluation may take where a step takes less."""

SCATTERED_SHARE = 0.4
"""What allocators hold beside what a step needs, between its maps of many sizes, as a share of it."""

LABEL_BYTES = 8
"""Of an image's label."""


@dataclass(frozen=True, slots=True)
class RunMemory:
    """Bytes that a run needs at the most, its process not counted.

    `step` is a training step, with all weights; `scattered` is what the allocator holds beside it; `evaluation` are the
    maps of a batch of an evaluation, whose sizes are others, so that it hardly finds room in what a step has left;
    `data` are the images.
    """

    step: int
    scattered: int
    evaluation: int
    data: int

    @property
    def total(self) -> int:
        """The most at one time."""
        return sum(astuple(self))


def needed_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes that a training step of this recipe needs; the data set and the process itself are not counted."""
    return _step(spec, recipe).total


def run_memory(spec: NetworkSpec, recipe: Recipe) -> RunMemory:
    """What a run of this recipe needs. Raises `Refused` if nothing is known of the data set."""
    step = _step(spec, recipe)
    # A recorded step has memory of its own, beside that of the steps before it.
    times = 2 if recipe.cuda_graph and recipe.device != "cpu" else 1
    return RunMemory(
        step=step.total + (times - 1) * _of_batch(step),
        # On a GPU the optimizer updates all weights together, with intermediate results as large as they are.
        scattered=round(SCATTERED_SHARE * times * _of_batch(step)) + (step.gradients if recipe.device != "cpu" else 0),
        evaluation=evaluation_batch_size(spec, recipe) * _one_evaluated(spec, recipe),
        data=_data_bytes(spec, recipe),
    )


def evaluation_batch_size(spec: NetworkSpec, recipe: Recipe) -> int:
    """Images per batch of an evaluation: as many as take half of the memory of a step, or a little where it takes
    less."""
    most = max(LEAST_TEST_BYTES, _of_batch(_step(spec, recipe)) // 2)
    return max(1, min(MAX_TEST_BATCH, most // _one_evaluated(spec, recipe)))


def process_memory(spec: NetworkSpec, recipe: Recipe, kind: str) -> int:
    """Bytes of a device's memory that a run and its process need, on a device of that kind."""
    return PROCESS_BYTES[kind] + run_memory(spec, recipe).total


def batch_that_fits(spec: NetworkSpec, recipe: Recipe, free_bytes: int, kind: str = "cpu") -> int:
    """The largest batch with which a run of this recipe fits into `free_bytes` of a device of that kind; 0 if none
    does."""

    def total(batch_size: int) -> int:
        return process_memory(spec, recipe.replace(batch_size=batch_size), kind)

    limits = Recipe.settings()["batch_size"]
    assert limits.minimum is not None
    assert limits.maximum is not None
    batches = range(int(limits.minimum), int(limits.maximum) + 1)
    num_fit = bisect_right(batches, free_bytes, key=total)
    return batches[num_fit - 1] if num_fit else 0


def check_memory(spec: NetworkSpec, recipe: Recipe, free_bytes: int) -> None:
    """Raises `TrainingFailed`, with the largest batch that should fit, if a run does not fit into `free_bytes`."""
    needed = process_memory(spec, recipe, "cpu")
    if needed > free_bytes:
        fits = batch_that_fits(spec, recipe, free_bytes)
        raise TrainingFailed(why_too_large(recipe, spec.image_size, needed, free_bytes, fits))


def _step(spec: NetworkSpec, recipe: Recipe) -> TrainingMemory:
    return training_memory(
        analyse(spec),
        batch_size=recipe.batch_size,
        optimizer=recipe.optimizer,
        number_type=recipe.precision,
        averages_weights=recipe.ema_decay > 0,
    )


def _of_batch(step: TrainingMemory) -> int:
    return step.activations + step.images + step.backward


def _one_evaluated(spec: NetworkSpec, recipe: Recipe) -> int:
    return evaluation_memory(analyse(spec), batch_size=1, number_type=recipe.precision)


def _data_bytes(spec: NetworkSpec, recipe: Recipe) -> int:
    """The set, its copies in splits, of which one is made from the other, and the images as the network takes them."""
    images = card(recipe.dataset)
    whole = images.num_images * (images.in_channels * images.side**2 + LABEL_BYTES)
    copies = 2 if recipe.test_share or recipe.validation_share else int(recipe.train_share < 1)
    return (1 + copies) * whole + adapted_bytes(images, spec)
