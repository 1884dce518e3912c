"""Errors that are shown to users, as sentences that can be stored and translated."""

from cnnlab.words.sentence import Sentence


class SentenceError(ValueError):
    """An error whose `sentence` tells the user what is wrong and what to do about it.

    >>> SentenceError(Sentence("Epoch {epoch} has no checkpoint.", epoch=3)).sentence.values
    {'epoch': 3}
    """

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence
