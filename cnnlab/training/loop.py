"""The training loop: it yields events, and has no print, thread or widget in it."""

import math
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.building import build
from cnnlab.data import adapt, load
from cnnlab.data.augment import augments
from cnnlab.training.answers import AnswerBuffer, Answers, EvaluatedPart
from cnnlab.training.checkpoint import Checkpoint, Position
from cnnlab.training.devices import determinism, working_device
from cnnlab.training.events import EpochEnd, Event, Finished, Started, State, Steps
from cnnlab.training.failure import TrainingFailed, memory_errors_explained, why_blown_up, why_no_memory, why_not_finite
from cnnlab.training.few_images import check_images
from cnnlab.training.free_memory import free_memory
from cnnlab.training.initialise import initialise
from cnnlab.training.memory import batch_that_fits, check_memory, evaluation_batch_size
from cnnlab.training.recipe import Recipe
from cnnlab.training.step.graphed_step import GraphedStep
from cnnlab.training.step.interruption import Interruption, Stopped, all_or_nothing
from cnnlab.training.step.loss import training_loss
from cnnlab.training.step.metric_buffer import MetricBuffer
from cnnlab.training.step.optimizers import load_optimizer_state, make_optimizer, optimizer_state, set_learning_rate
from cnnlab.training.step.random_state import RandomState
from cnnlab.training.step.schedule import learning_rate_at
from cnnlab.training.step.step_timer import StepTimer
from cnnlab.training.step.weight_averaging import AveragedWeights
from cnnlab.words.sentence import Sentence

Events = Generator[Event, None, None]

DRAIN_SECONDS = 0.1
"""How often losses are fetched from the device, and `stop` is called."""

SLOW_STEP_SECONDS = 0.2
"""A step that takes longer can be stopped between its layers."""


def never() -> bool:
    """A `stop` that never ends the training."""
    return False


def batch_sizes(num_images: int, batch_size: int) -> list[int]:
    """The sizes of an epoch's batches: none has a single image, which batch normalisation could not normalise.

    >>> batch_sizes(10, 4), batch_sizes(9, 4)
    ([4, 4, 2], [4, 5])
    """
    sizes = [batch_size] * (num_images // batch_size)
    rest = num_images % batch_size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


class Training:
    """One training of the network that `spec` describes. `events` runs it; between events `network` may be read.

    `tested_network` is what is tested and saved: the network itself, or a copy with averaged weights. `stop` is called
    every tenth of a second; the training ends when it returns True. Raises `Refused` if the network cannot be built or
    does not fit the data, or the device or the data are missing; `TrainingFailed` if there is too little memory.
    """

    def __init__(self, spec: NetworkSpec, recipe: Recipe, stop: Callable[[], bool] = never) -> None:
        self.recipe = recipe
        self._spec = spec
        self.device, self._device_note = working_device(recipe.device)
        self._free_memory = free_memory(self.device)
        if self.device.type == "cpu" and self._free_memory is not None:
            # A GPU raises an error itself; without one, the system would kill the process.
            check_memory(spec, recipe, self._free_memory)
        self._random_state = RandomState(recipe.seed, self.device)
        self._position = Position(optimizer_name=recipe.optimizer)
        self._order = torch.Generator().manual_seed(recipe.seed)
        self._epoch_order = self._order.get_state()  # the generator's state before it shuffled the current epoch
        is_graphed = recipe.cuda_graph and self.device.type == "cuda"
        with memory_errors_explained(self._why_no_memory):
            layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
            data = adapt(load(recipe.dataset), spec, recipe)
            self.data = replace(data, memory_format=layout).to(self.device)
            with self._random_state:
                self.network = build(spec)
                initialise(self.network, recipe.initialisation)
            self.network.to(self.device, memory_format=layout)  # type: ignore[call-overload]
            self.optimizer = make_optimizer(recipe, self.network, capturable=is_graphed)
            self._averaged = AveragedWeights(self.network, recipe.ema_decay) if recipe.ema_decay else None
        self.tested_network = self._averaged.network if self._averaged else self.network

        self._num_train = len(self.data.train_labels)
        check_images(spec, self._num_train)
        self._batch_sizes = batch_sizes(self._num_train, recipe.batch_size)
        self._test_batch = evaluation_batch_size(spec, recipe)
        self.total_steps = recipe.epochs * len(self._batch_sizes)
        self._augmentation = recipe if augments(recipe) else None
        self._num_classes = spec.num_classes
        self._auxiliary_weight = family_of(spec).auxiliary_weight
        self._graphed = GraphedStep(self._update_weights, recipe.batch_size, self.device) if is_graphed else None
        self._metrics, self._timer = MetricBuffer(self.device), StepTimer(self.network, self.device)
        self._interruption = Interruption(self.network, self._check_stop)
        self._stop, self._checked_at = stop, -math.inf

        self.answers: dict[EvaluatedPart, Answers] = {}
        """What the network answered at the end of the last epoch; a part without images has none."""
        self._num_reported = 0  # steps that were yielded in a Steps event
        self._reports_all, self._has_started = False, False
        self._window_start = 0.0

    def events(self) -> Events:
        """Train, once. Raises `TrainingFailed` if the training cannot continue.

        Between events, torch's random state is the caller's.
        """
        assert not self._has_started, "a training runs once"
        self._has_started = True
        inside = self._all_events()
        try:
            while True:
                with (
                    self._random_state,
                    determinism(self.device, deterministic=self.recipe.deterministic),
                    memory_errors_explained(self._why_no_memory),
                ):
                    event = next(inside, None)
                if event is None:
                    return
                yield event
        finally:
            inside.close()

    @property
    def step(self) -> int:
        """The number of steps so far."""
        return self._position.step

    @property
    def num_epochs(self) -> int:
        """The number of finished epochs, with those of the training that it was resumed or forked from."""
        return self._position.epochs

    @property
    def seconds(self) -> float:
        """The time of training and of tests so far, with that of the training that it was resumed or forked from."""
        return self._position.seconds

    @property
    def is_all_reported(self) -> bool:
        """Whether every step so far was yielded in an event; only then is there a `checkpoint`."""
        return self._num_reported == self.step

    def report_all(self) -> None:
        """Have the next event wait for all steps that are still on the device."""
        self._reports_all = True

    def checkpoint(self) -> Checkpoint:
        """What it takes to resume from here, between events; its tensors share memory with the training's."""
        assert self.is_all_reported
        return Checkpoint(
            network=self.network.state_dict(),
            averaged=self._averaged.network.state_dict() if self._averaged else {},
            optimizer=optimizer_state(self.optimizer),
            random_states=dict(zip(self._random_state.names, self._random_state.states(), strict=True)),
            order=self._epoch_order,
            position=replace(self._position, updates=self._averaged.num_updates if self._averaged else 0),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Resume from `checkpoint`, before any event.

        On a CPU and with the same recipe, the next steps are exactly those that would have followed. State that
        another recipe does not need is ignored, and state that it adds is initialised. Raises `DamagedCheckpoint` if
        the checkpoint is of another network.
        """
        assert not self._has_started
        position = checkpoint.position
        checkpoint.load_into(self.network)
        if self._averaged and checkpoint.averaged:
            checkpoint.load_into(self._averaged.network, averaged=True)
            self._averaged.num_updates = position.updates
        elif self._averaged:
            checkpoint.load_into(self._averaged.network)
        if position.optimizer_name == self.recipe.optimizer:
            load_optimizer_state(self.optimizer, checkpoint.optimizer)
        self._random_state.set_states([checkpoint.random_states.get(name) for name in self._random_state.names])
        self._order.set_state(checkpoint.order)
        self._epoch_order = checkpoint.order
        self._position = replace(position, optimizer_name=self.recipe.optimizer)
        self._num_reported = position.step

    def probe(self, learning_rate: float) -> float:
        """Take one step with this learning rate, and wait for its loss: for the learning rate range test."""
        size = self._batch_sizes[self.step % len(self._batch_sizes)]
        with self._random_state, memory_errors_explained(self._why_no_memory):
            index = torch.randint(self._num_train, (size,), generator=self._order).to(self.device)
            set_learning_rate(self.optimizer, learning_rate)
            self.network.train()
            loss, _ = self._update_weights(index)
            self._position.step += 1
            return loss.item()

    def _all_events(self) -> Events:
        yield Started(
            device=str(self.device),
            num_params=sum(p.numel() for p in self.network.parameters()),
            steps_per_epoch=len(self._batch_sizes),
            total_steps=self.total_steps,
            num_train=self._num_train,
            num_validation=len(self.data.validation_labels),
            num_test=len(self.data.test_labels),
            notes=(*self.data.notes, *filter(None, [self._device_note])),
        )
        state: State = "done"
        try:
            while self._position.epochs < self.recipe.epochs and not self._is_out_of_patience():
                yield from self._train_epoch()
                yield self._end_epoch()
        except Stopped:
            state = "stopped"
            yield from self._drain(wait=True)
        end = self._position
        yield Finished(
            state=state,
            # Without a best epoch, the last one is that of the training that this one was forked from.
            test_accuracy=end.last.test_accuracy if end.last and end.best else None,
            best_test_accuracy=end.best.test_accuracy if end.best else None,
            best_epoch=end.best.epoch if end.best else None,
            examples_per_second=end.examples / end.training_seconds if end.examples else 0.0,
            device=str(self.device),
            seconds=end.seconds,
            notes=self._notes(),
        )

    def _train_epoch(self) -> Events:
        self.network.train()
        order = torch.randperm(self._num_train, generator=self._order).to(self.device)
        if self._graphed:
            self._interruption.disarm()  # a captured step cannot be interrupted between layers
        else:
            self._interruption.arm()
        self._window_start = perf_counter()
        num_done = self.step - self._position.epochs * len(self._batch_sizes)
        for index in torch.split(order, self._batch_sizes)[num_done:]:
            began = perf_counter()
            self._check_stop()
            with all_or_nothing(self.network, self._random_state) if self._interruption.is_armed else nullcontext():
                self._take_step(index)
            now = perf_counter()
            if self._interruption.is_armed and now - began < SLOW_STEP_SECONDS:
                self._interruption.disarm()
            # The first step is reported at once, so that the user sees that the training has started.
            if self._num_reported == 0 or self._metrics.is_full or now - self._window_start >= DRAIN_SECONDS:
                yield from self._drain(wait=self._reports_all)
        yield from self._drain(wait=True)

    def _take_step(self, index: Tensor) -> None:
        """Train on the images at `index`; this does not wait for the device."""
        set_learning_rate(self.optimizer, learning_rate_at(self.recipe, self.step + 1, self.total_steps))
        if not self._graphed:
            self._timer.begin()
        loss, accuracy = (self._graphed or self._update_weights)(index)
        self._timer.end(self.step + 1)
        if self._averaged:
            self._averaged.update()
        self._metrics.add(loss, accuracy)
        self._position.step += 1

    def _update_weights(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Update the weights from the images at `index`; the loss and the accuracy before the update.

        With auxiliary heads, the loss is that of the main head, which is comparable to the test loss.
        """
        images = self.data.batch(self.data.train_images, index, self._augmentation)
        labels = self.data.train_labels.index_select(0, index)
        self._timer.mark()
        with self._autocast():
            total, loss, logits = training_loss(
                self.network(images),
                labels,
                label_smoothing=self.recipe.label_smoothing,
                auxiliary_weight=self._auxiliary_weight,
            )
        self._timer.mark()
        self.optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        self._timer.mark()
        if self.recipe.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        return loss.detach(), (logits.detach().argmax(1) == labels).float().mean()

    def _autocast(self) -> AbstractContextManager[object]:
        if self.recipe.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def _drain(self, *, wait: bool) -> Events:
        """Yield the steps since the last time, up to the first loss that is not finite."""
        values = self._metrics.drain(wait=wait)
        self._reports_all &= not wait
        if not values:
            return
        now = perf_counter()
        seconds, self._window_start = now - self._window_start, now
        self._position.training_seconds += seconds
        finite = next((i for i, (loss, _) in enumerate(values) if not math.isfinite(loss)), len(values))
        if finite:
            first, self._num_reported = self._num_reported + 1, self._num_reported + finite
            sizes = [self._batch_sizes[step % len(self._batch_sizes)] for step in range(first - 1, self._num_reported)]
            losses, accuracies = zip(*values[:finite], strict=True)
            self._position.epoch_loss += sum(loss * size for loss, size in zip(losses, sizes, strict=True))
            self._position.epoch_accuracy += sum(share * size for share, size in zip(accuracies, sizes, strict=True))
            self._position.examples += sum(sizes)
            self._position.losses.add(first, losses)
            measured = self._timer.take()
            yield Steps(
                first_step=first,
                losses=losses,
                accuracies=accuracies,
                learning_rate=learning_rate_at(self.recipe, self._num_reported, self.total_steps),
                examples_per_second=sum(sizes) / seconds,
                seconds=self._position.seconds,
                metrics=measured.metrics,
                norms=measured.norms,
            )
            self._window_start = perf_counter()  # the time of the consumer does not count
        if finite < len(values):
            raise TrainingFailed(why_not_finite(self.recipe, "training", self._num_reported + 1, values[finite][0]))

    def _end_epoch(self) -> EpochEnd:
        began = perf_counter()
        validation: tuple[float | None, float | None] = (None, None)
        if len(self.data.validation_labels):
            validation = self._evaluate("validation")
        test_loss, test_accuracy = self._evaluate("test")
        self._position.test_seconds += perf_counter() - began
        for which, loss in (("validation", validation[0]), ("test", test_loss)):
            if loss is not None and not math.isfinite(loss):
                raise TrainingFailed(why_not_finite(self.recipe, which, self.step, loss))
        end = EpochEnd(
            epoch=self._position.epochs + 1,
            step=self.step,
            train_loss=self._position.epoch_loss / self._num_train,
            train_accuracy=self._position.epoch_accuracy / self._num_train,
            validation_loss=validation[0],
            validation_accuracy=validation[1],
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            seconds=self._position.seconds,
            is_best=False,
        )
        end = replace(end, is_best=self._position.best is None or end.score > self._position.best.score)
        self._position.last, self._position.best = end, end if end.is_best else self._position.best
        self._position.epoch_loss, self._position.epoch_accuracy = 0.0, 0.0
        self._epoch_order = self._order.get_state()
        return end

    def _evaluate(self, part: EvaluatedPart) -> tuple[float, float]:
        """Mean loss and accuracy over images that are not trained on; also renews their `answers`."""
        data, buffer = self.data, AnswerBuffer()
        images = data.test_images if part == "test" else data.validation_images
        labels = data.test_labels if part == "test" else data.validation_labels
        self.tested_network.eval()
        self._interruption.arm()
        loss, num_correct = torch.zeros(2, device=self.device).unbind()
        with torch.inference_mode():
            for index in torch.split(torch.arange(len(labels), device=self.device), self._test_batch):
                self._check_stop()
                with self._autocast():
                    logits = self.tested_network(data.batch(images, index))
                    targets = labels.index_select(0, index)
                    loss += F.cross_entropy(logits, targets, reduction="sum")
                num_correct += (buffer.add(logits) == targets).sum()
            self.answers[part] = buffer.answers(self._num_classes)
        return loss.item() / len(labels), num_correct.item() / len(labels)

    def _is_out_of_patience(self) -> bool:
        return (
            self._position.best is not None
            and 0 < self.recipe.patience <= self._position.epochs - self._position.best.epoch
        )

    def _notes(self) -> tuple[Sentence, ...]:
        """Where the training deviated from its recipe, or from what was hoped of it."""
        notes = [self._graphed.reason] if self._graphed and self._graphed.reason else []
        if self._position.best and self._is_out_of_patience():
            epoch = self._position.best.epoch
            notes.append(Sentence("Stopped early: no epoch after epoch {epoch} had a better accuracy.", epoch=epoch))
        last = self._position.last
        blown_up = last and why_blown_up(self.recipe, self._num_classes, self._position.losses, last.train_loss)
        if blown_up:
            notes.append(blown_up)
        return tuple(notes)

    def _check_stop(self) -> None:
        now = perf_counter()
        if now - self._checked_at >= DRAIN_SECONDS:
            self._checked_at = now
            if self._stop():
                raise Stopped

    def _why_no_memory(self) -> Sentence:
        fits = None if self._free_memory is None else batch_that_fits(self._spec, self.recipe, self._free_memory)
        return why_no_memory(self.recipe, self._spec.image_size, self.step + 1, fits)
