"""Who may do what with a run."""

import hmac

from cnnlab.runs.run import NotPossible, Run
from cnnlab.runs.settings import Settings


def is_teacher(settings: Settings, token: str) -> bool:
    """Whether that is the teacher's token; where there is none, nobody is the teacher."""
    return bool(settings.teacher_token) and hmac.compare_digest(settings.teacher_token.encode(), token.encode())


def may_change(run: Run, settings: Settings, *, owner: str, token: str = "") -> bool:
    """Whether the owner of other runs may pause, stop, resume, name or delete this one."""
    return not settings.teacher_token or run.owner == owner or is_teacher(settings, token)


def may_delete_set(set_owner: str, settings: Settings, *, owner: str, token: str = "") -> bool:
    """Whether the owner of other things may delete somebody's images, which cannot be brought back."""
    return (set_owner != "" and set_owner == owner) or is_teacher(settings, token)


def check_may_change(run: Run, settings: Settings, *, owner: str, token: str = "") -> None:
    """Raises `NotPossible` if they may not."""
    if not may_change(run, settings, owner=owner, token=token):
        raise NotPossible("The run is somebody else's: only they and the teacher may change it.")
