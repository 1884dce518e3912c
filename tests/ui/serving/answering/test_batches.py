"""Images that wait for the same network are answered together, as they would be alone, and slow networks not at all."""

import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from cnnlab.architectures import preset
from cnnlab.building import build
from cnnlab.ui.serving.answering.batches import (
    MAX_WAIT_SECONDS,
    NEW_SECONDS,
    SLOW_SECONDS,
    TRIES,
    Batches,
    Busy,
    TooSlow,
)


class Counted(nn.Module):
    """Counts how many images come together."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, images: Tensor) -> Tensor:
        self.batches.append(len(images))
        return images.flatten(1)


class Gated(Counted):
    """Answers once `gate` is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.begun = threading.Event(), threading.Event()

    def forward(self, images: Tensor) -> Tensor:
        self.begun.set()
        assert self.gate.wait(30)
        return super().forward(images)


@pytest.fixture
def gated() -> Iterator[Gated]:
    network = Gated()
    yield network
    network.gate.set()


def test_together_they_have_the_probabilities_of_a_direct_forward(gated: Gated) -> None:
    network = build(preset("lenet5_tutorial")).eval()
    images = torch.randn(20, 1, 1, 32, 32)
    batches = Batches()
    first = batches.ask(gated, torch.zeros(1, 2))
    assert gated.begun.wait(30)
    waiting = [batches.ask(network, image) for image in images]
    gated.gate.set()
    with torch.no_grad():
        direct = network(images.flatten(0, 1)).softmax(1)
        alone = torch.cat([network(image).softmax(1) for image in images])
    found = torch.stack([answer.result(30) for answer in waiting])
    assert torch.allclose(found, direct, atol=1e-6, rtol=0)
    assert torch.allclose(found, alone, atol=1e-6, rtol=0)
    assert first.result(30).tolist() == [0.5, 0.5]


def test_a_batch_is_bounded_and_the_pen_goes_before_the_epochs(gated: Gated) -> None:
    batches, order = Batches(max_batch=2), []
    later = nn.Flatten()
    begin = batches.ask(gated, torch.zeros(1, 2))
    assert gated.begun.wait(30)
    epochs = batches.ask(later, torch.zeros(1, 2), is_urgent=False)
    pens = [batches.ask(gated, torch.zeros(1, 2)) for _ in range(3)]
    for name, answer in (("epochs", epochs), *(("pen", pen) for pen in pens)):
        answer.add_done_callback(lambda _, name=name: order.append(name))
    gated.gate.set()
    epochs.result(30)
    assert order == ["pen", "pen", "pen", "epochs"]
    assert gated.batches == [1, 2, 1]
    assert begin.done()


def test_a_network_that_was_measured_to_be_slow_is_not_asked() -> None:
    clock = iter(range(100))
    batches = Batches(clock=lambda: float(next(clock)))  # each answer takes a second
    slow = nn.Flatten()
    for _ in range(TRIES):
        batches.ask(slow, torch.zeros(1, 2)).result(30)
    with pytest.raises(TooSlow, match=rf"takes 1\.0 s for one image .* may take {SLOW_SECONDS:g} s .*: use a smaller"):
        batches.ask(slow, torch.zeros(1, 2))
    batches.ask(nn.Flatten(), torch.zeros(1, 2)).result(30)  # others are


def test_a_network_whose_first_answer_took_long_is_asked_again() -> None:
    clock = iter([0.0, 10.0, 10.0, 10.1])
    batches, network = Batches(clock=lambda: next(clock)), nn.Flatten()
    for _ in range(TRIES):
        batches.ask(network, torch.zeros(1, 2)).result(30)
    clock = iter([10.1, 10.2])
    batches.ask(network, torch.zeros(1, 2)).result(30)


def test_what_would_wait_too_long_is_refused(gated: Gated) -> None:
    batches = Batches()
    batches.ask(gated, torch.zeros(1, 2))
    assert gated.begun.wait(30)
    many = int(MAX_WAIT_SECONDS / NEW_SECONDS) + 1
    waiting = [batches.ask(gated, torch.zeros(1, 2)) for _ in range(many)]
    with pytest.raises(Busy, match="in a moment"):
        batches.ask(gated, torch.zeros(1, 2))
    gated.gate.set()
    assert all(answer.result(30).tolist() == [0.5, 0.5] for answer in waiting)
    batches.ask(gated, torch.zeros(1, 2)).result(30)


def test_an_error_of_a_network_is_that_of_those_who_asked_it_alone() -> None:
    batches = Batches()
    wrong = batches.ask(nn.Linear(3, 2).eval(), torch.zeros(1, 5))
    right = batches.ask(nn.Flatten(), torch.zeros(1, 2))
    assert isinstance(wrong.exception(30), RuntimeError)
    assert right.result(30).tolist() == [0.5, 0.5]


def test_a_quick_network_is_asked_by_the_caller_in_its_next_turn() -> None:
    batches, network = Batches(clock=lambda: 0.0), Counted()
    turns: list[Callable[[], object]] = []

    def soon(answer: Callable[[nn.Module], bool], whose: nn.Module) -> None:
        turns.append(lambda: answer(whose))

    for _ in range(TRIES):  # until it has been measured, the thread asks it
        batches.ask(network, torch.zeros(1, 2), soon=soon).result(30)
    assert (turns, network.batches) == ([], [1] * TRIES)
    waiting = [batches.ask(network, torch.zeros(1, 2), soon=soon) for _ in range(3)]
    assert not any(answer.done() for answer in waiting)
    for turn in turns:
        turn()
    assert all(answer.result(0).tolist() == [0.5, 0.5] for answer in waiting)
    assert network.batches[TRIES:] == [3]


def test_nobody_is_forgotten_where_the_thread_comes_first() -> None:
    batches, quick = Batches(clock=lambda: 0.0), Counted()
    for _ in range(TRIES):
        batches.ask(quick, torch.zeros(1, 2)).result(30)
    first = batches.ask(quick, torch.zeros(1, 2), soon=lambda *_: None)  # its turn has not come
    other = batches.ask(nn.Flatten(), torch.zeros(1, 2), soon=lambda *_: None)
    assert [answer.result(30).tolist() for answer in (first, other)] == [[0.5, 0.5]] * 2
