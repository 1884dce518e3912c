"""The learning rate range test holds nobody else up."""

from collections.abc import Iterator

import pytest

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from cnnlab.training.named_recipes import RECIPES
from cnnlab.ui.train import range_test
from cnnlab.ui.train.range_test import in_time, too_much

CPU = Recipe(device="cpu", batch_size=2)


@pytest.mark.parametrize(
    ("spec", "recipe", "words"),
    [
        (preset("resnet34"), CPU.replace(batch_size=4), "multiply-accumulates, and this test may take 20"),
        (preset("vgg16"), CPU.replace(batch_size=4), "of memory, and this test may use 2"),
        (preset("resnet18"), CPU.replace(batch_size=8), "set `batch_size` to 3, or use smaller images or fewer chan"),
        (preset("vgg16"), CPU.replace(batch_size=2), "use smaller images or fewer channels"),
    ],
)
def test_a_step_that_takes_long_is_refused_with_the_largest_batch_that_is_not(
    spec: NetworkSpec, recipe: Recipe, words: str
) -> None:
    problem = too_much(spec, recipe)
    assert problem is not None
    assert words in problem.sentence
    for remedy in problem.remedies:
        fitting, larger = (recipe.replace(batch_size=int(str(remedy.value)) + by) for by in (0, 1))
        assert too_much(spec, fitting) is None
        assert too_much(spec, larger) is not None


def test_what_a_class_trains_is_not_refused() -> None:
    assert too_much(preset("lenet5_tutorial"), CPU.replace(batch_size=512)) is None
    assert too_much(preset("resnet20_cifar"), CPU.replace(batch_size=128)) is None
    assert too_much(preset("lenet5_tutorial"), next(iter(RECIPES.values())).recipe.replace(device="cpu")) is None


def test_a_test_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, closed = [0.0], []
    monkeypatch.setattr(range_test.time, "monotonic", lambda: now[0])

    def points() -> Iterator[int]:
        try:
            for point in range(100):
                now[0] += 1
                yield point
        finally:
            closed.append(True)

    with pytest.raises(Refused, match="stopped after 10 seconds, so that others need not wait: use smaller images"):
        list(in_time(points(), 32, 10))  # type: ignore[arg-type]
    assert closed == [True]
    now[0] = 0.0
    assert len(list(in_time(points(), 32, 100))) == 100  # type: ignore[arg-type]
