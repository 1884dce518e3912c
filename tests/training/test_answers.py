"""What a training keeps of its evaluations: the class and the confidence of each image."""

import numpy as np
import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.training import EpochEnd, Recipe, Training
from cnnlab.training.answers import LEVELS, AnswerBuffer, class_type

TINY = preset("lenet5_tutorial").replace(
    channels=(4,), kernel_sizes=(3,), num_pools=1, dense_widths=(), image_size=8, dropout=0.0
)


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_they_are_those_of_the_network_that_is_tested(ema_decay: float) -> None:
    recipe = Recipe(dataset="digits", batch_size=256, epochs=2, validation_share=0.2, ema_decay=ema_decay)
    training = Training(TINY, recipe)
    for event in training.events():
        if not isinstance(event, EpochEnd):
            continue
        data = training.data
        for part, images, labels, accuracy in (
            ("validation", data.validation_images, data.validation_labels, event.validation_accuracy),
            ("test", data.test_images, data.test_labels, event.test_accuracy),
        ):
            answers = training.answers[part]
            with torch.inference_mode():
                logits = training.tested_network(data.batch(images, torch.arange(len(labels))))
            assert np.array_equal(answers.classes, logits.argmax(1).numpy())
            expected = logits.softmax(1).amax(1).numpy()
            assert np.abs(answers.confidences / LEVELS - expected).max() <= 0.5 / LEVELS + 1e-6
            assert (answers.classes == labels.numpy()).mean() == pytest.approx(accuracy)
            assert answers.classes.dtype == answers.confidences.dtype == np.uint8


def test_without_validation_images_there_are_none_of_them() -> None:
    training = Training(TINY, Recipe(dataset="digits", batch_size=256, epochs=1))
    assert not training.answers
    assert list(training.events())
    assert set(training.answers) == {"test"}


@pytest.mark.parametrize("num_classes", [2, 256, 257, 1000])
def test_every_class_fits(num_classes: int) -> None:
    buffer = AnswerBuffer()
    buffer.add(torch.eye(num_classes) * 1000)
    answers = buffer.answers(num_classes)
    assert np.array_equal(answers.classes, np.arange(num_classes))
    assert (answers.confidences == LEVELS).all()
    assert answers.classes.dtype == class_type(num_classes)
    assert answers.classes.itemsize == (1 if num_classes <= 256 else 2)
