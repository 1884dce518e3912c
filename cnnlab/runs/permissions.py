"""Who may change which run or data set."""

import hmac
from dataclasses import dataclass

from cnnlab.runs.run import NotPossible
from cnnlab.runs.settings import Settings
from cnnlab.words.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who requests a change: a visitor by the `owner` name of their runs, and by the teacher's `token` if they have it.

    Whoever can open the folder of the store without the pages, as the command line does, may change everything in it.
    """

    owner: str = ""
    token: str = ""
    owns_folder: bool = False


FOLDER_OWNER = Requester(owns_folder=True)


def is_teacher(settings: Settings, token: str) -> bool:
    """Whether `token` is the teacher's token; never where the settings have none."""
    return bool(settings.teacher_token) and hmac.compare_digest(settings.teacher_token.encode(), token.encode())


def may_change(run_owner: str, settings: Settings, requester: Requester) -> bool:
    """Whether the requester may pause, stop, resume, rename, annotate or delete a run of that owner."""
    return not settings.teacher_token or run_owner == requester.owner or _may_change_all(settings, requester)


def may_delete_set(set_owner: str, settings: Settings, requester: Requester) -> bool:
    """Whether the requester may delete a data set, which cannot be restored, also where there is no teacher."""
    return (set_owner != "" and set_owner == requester.owner) or _may_change_all(settings, requester)


def check_may_submit(owner: str, requester: Requester) -> None:
    """Raises `NotPossible` if the requester submits a run under another owner's name."""
    if not requester.owns_folder and owner != requester.owner:
        raise NotPossible(Sentence("You can only submit runs under your own name."))


def check_may_change(run_owner: str, settings: Settings, requester: Requester) -> None:
    """Raises `NotPossible` if the requester may not change runs of that owner."""
    if not may_change(run_owner, settings, requester):
        raise NotPossible(Sentence("The run belongs to another user: only its owner and the teacher can change it."))


def check_may_reorder(settings: Settings, requester: Requester) -> None:
    """Raises `NotPossible` if the requester may not put a run at the front of the queue."""
    if settings.teacher_token and not _may_change_all(settings, requester):
        raise NotPossible(Sentence("Only the teacher can move a run to the front of the queue."))


def check_may_delete_set(set_owner: str, settings: Settings, requester: Requester) -> None:
    """Raises `NotPossible` if the requester may not delete a data set of that owner."""
    if not may_delete_set(set_owner, settings, requester):
        raise NotPossible(
            Sentence("The images belong to another user: only their owner and the teacher can delete them.")
        )


def _may_change_all(settings: Settings, requester: Requester) -> bool:
    return requester.owns_folder or is_teacher(settings, requester.token)
