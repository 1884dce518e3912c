"""The news of runs in words: their new results, and how they ended."""

from cnnlab.runs.run_cache import Snapshot
from cnnlab.ui.runs.status import accuracy_text, titled
from cnnlab.words.sentence import Sentence, joined

MOST_RESULTS = 10
"""Results of one run that are told: of many epochs, not each one."""


def news_of(snapshot: Snapshot) -> Sentence:
    """The latest news of a run; empty before its first result."""
    run = snapshot.run
    if run.active:
        interval = -(-run.recipe.epochs // MOST_RESULTS)
        told = [end for end in snapshot.curve.epoch_ends if end.epoch % interval == 0]
        if not told:
            return Sentence("")
        return Sentence(
            "{name}: epoch {epoch} of {epochs}, {accuracy} right.",
            name=run.name,
            epoch=told[-1].epoch,
            epochs=run.recipe.epochs,
            accuracy=accuracy_text(told[-1].test_accuracy),
        )
    tested = run.test_accuracy is not None
    ended = Sentence(
        "{name}: {state}, {accuracy} right." if tested else "{name}: {state}.",
        name=run.name,
        state=run.state,
        accuracy=accuracy_text(run.test_accuracy),
    )
    return joined([ended, Sentence.verbatim(titled(run, run.sentence))]) if run.sentence else ended
