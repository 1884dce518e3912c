"""Who may change which run or data set."""

import hmac
from dataclasses import dataclass, field

from cnnlab.runs.run import NotPossible
from cnnlab.runs.settings import Settings
from cnnlab.words.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who requests a change: a visitor by the `owner` name of their runs, and by the teacher's `token` if they have it.

    Whoever can open the folder of the store without the pages, as the command line does, may change everything in it.
    """

    owner: str = ""
    token: str = field(default="", repr=False)
    owns_folder: bool = False


FOLDER_OWNER = Requester(owns_folder=True)


def is_teacher(settings: Settings, token: str) -> bool:
    """Whether `token` is the teacher's token; never where the settings have none."""
    return bool(settings.teacher_token) and hmac.compare_digest(settings.teacher_token.encode(), token.encode())


def may_change(owner: str, settings: Settings, requester: Requester) -> bool:
    """Whether the requester may change a run, or delete a data set, of that owner."""
    return (owner != "" and owner == requester.owner) or may_change_all(settings, requester)


def may_change_all(settings: Settings, requester: Requester) -> bool:
    """Whether the requester may change everyone's runs, and reorder the queue."""
    return requester.owns_folder or is_teacher(settings, requester.token)


def check_may_submit(owner: str, requester: Requester) -> None:
    """Raises `NotPossible` if the requester submits a run under another owner's name."""
    if not requester.owns_folder and (owner != requester.owner or not owner):
        raise NotPossible(Sentence("You can only submit runs under your own name."))


def check_may_change(run_owner: str, settings: Settings, requester: Requester) -> None:
    """Raises `NotPossible` if the requester may not pause, stop, resume, rename, annotate or delete their runs."""
    if not may_change(run_owner, settings, requester):
        raise NotPossible(Sentence("The run belongs to another user: only its owner and the teacher can change it."))


def check_may_reorder(settings: Settings, requester: Requester) -> None:
    """Raises `NotPossible` if the requester may not put a run at the front of the queue."""
    if not may_change_all(settings, requester):
        raise NotPossible(Sentence("Only the teacher can move a run to the front of the queue."))


def check_may_delete_set(set_owner: str, settings: Settings, requester: Requester) -> None:
    """Raises `NotPossible` if the requester may not delete a data set of that owner."""
    if not may_change(set_owner, settings, requester):
        raise NotPossible(
            Sentence("The images belong to another user: only their owner and the teacher can delete them.")
        )
