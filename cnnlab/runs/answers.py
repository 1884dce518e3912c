"""The answers of a run to the images that it is evaluated on, beside their labels."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.home import default_folder
from cnnlab.runs.run import NotPossible, Run
from cnnlab.runs.trained import images_of
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

    from cnnlab.training.answers import EvaluatedPart


def answers(
    run: Run, epoch: int | None = None, *, part: "EvaluatedPart" = "test", folder: Path | None = None
) -> "pd.DataFrame":
    """What the run answered at the end of an epoch, or of the last one: a row for each image, in their order.

    Columns: `label` and `answer`, both class numbers, and `confidence`, the probability of the answer in steps of
    1/255. `folder` is that of the store, by default the user's. Raises `NotPossible` where the answers of that epoch
    are not kept or the part has no images, and `Refused` where the data set is missing.

    >>> import time
    >>> from cnnlab.architectures import preset
    >>> from cnnlab.runs import open_store, submit
    >>> from cnnlab.training import Recipe
    >>> run, store = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2)), open_store()
    >>> while store.run(run.id).active:
    ...     time.sleep(0.1)
    >>> table = answers(run, epoch=2)
    >>> bool((table.label == table.answer).mean() == store.run(run.id).test_accuracy)
    True
    >>> answers(run, epoch=3)
    Traceback (most recent call last):
    ...
    cnnlab.runs.run.NotPossible: The answers of epoch 3 are not kept: choose one of 1, 2.
    >>> store.close()
    """
    import pandas as pd

    from cnnlab.runs.store.answers_file import answered_epochs, read_answers
    from cnnlab.runs.store.files import answers_file
    from cnnlab.training.answers import LEVELS

    path = answers_file(folder or default_folder(), run.id)
    kept = answered_epochs(path)
    if not kept:
        template = (
            "The run {name!r} has no answers: it has not finished an epoch, or was trained by a version that kept none."
            " Train it again."
        )
        raise NotPossible(Sentence(template, name=run.name))
    wanted = kept[-1] if epoch is None else epoch
    found = read_answers(path, wanted)
    if not found:
        template = "The answers of epoch {epoch} are not kept: choose one of {kept}."
        raise NotPossible(Sentence(template, epoch=wanted, kept=", ".join(map(str, kept))))
    if part not in found:
        template = "The run has no {part} images: choose one of {kept}."
        raise NotPossible(Sentence(template, part=part, kept=", ".join(found)))
    data = images_of(run)
    labels = (data.test_labels if part == "test" else data.validation_labels).numpy()
    if len(labels) != len(found[part].classes):
        template = "The run was evaluated on {count} images and the data set has {now}: it was changed since."
        raise NotPossible(Sentence(template, count=len(found[part].classes), now=len(labels)))
    return pd.DataFrame(
        {"label": labels, "answer": found[part].classes.astype(int), "confidence": found[part].confidences / LEVELS}
    )
