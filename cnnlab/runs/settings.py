"""What the owner of a machine decides for all runs on it: one file, `settings.toml` in the user's folder."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from cnnlab.spec import Knob, Problem, Refused, Spec

MEGABYTE = 10**6

_AT_ONCE = Knob(group="How many runs at once")
_EACH = Knob(group="What each person may have")
_RUN = Knob(group="What each run may take")
_WHO = Knob(group="Who may do what, and where it is kept")


class Settings(Spec):
    """The settings of one folder. A value that is not in its file is the default here, and nowhere else.

    >>> Settings(max_epochs=20).max_epochs
    20
    """

    noun: ClassVar[str] = "the settings file"

    runs_at_once: Annotated[
        int,
        Field(ge=0, le=256, title="Runs at once", description="Runs on the CPU at one time; 0: one for each core."),
        _AT_ONCE,
    ] = 0
    runs_per_gpu: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            title="Runs per GPU",
            description="Runs on one GPU at one time, as far as its memory is forecast to suffice.",
        ),
        _AT_ONCE,
    ] = 4
    heavy_threads: Annotated[
        int,
        Field(
            ge=0,
            le=256,
            title="Threads of heavy steps",
            description="Threads for a run whose steps are worth more than one; 0: half the cores. It does not follow"
            " from what else is running, because another number of threads gives other last digits.",
        ),
        _AT_ONCE,
    ] = 0
    running_per_owner: Annotated[
        int,
        Field(ge=1, le=256, title="Running per person", description="Runs of one person at one time; the rest wait."),
        _EACH,
    ] = 4
    waiting_per_owner: Annotated[
        int,
        Field(ge=1, le=10_000, title="Waiting per person", description="Runs of one person that may wait."),
        _EACH,
    ] = 40
    stored_megabytes_per_owner: Annotated[
        int,
        Field(
            ge=1,
            le=10**9,
            title="Megabytes per person",
            description="What the weights, checkpoints and logs of one person's runs may take before no more run is"
            " taken.",
        ),
        _EACH,
    ] = 4000
    max_epochs: Annotated[
        int,
        Field(ge=1, le=1000, title="Epochs", description="Epochs of one run."),
        _RUN,
    ] = 1000
    max_minutes: Annotated[
        float,
        Field(gt=0, le=10**6, title="Minutes", description="Minutes that one run may compute; then it is stopped."),
        _RUN,
    ] = 240.0
    max_params: Annotated[
        int,
        Field(ge=1, le=10**11, title="Parameters", description="Parameters of a network that is trained."),
        _RUN,
    ] = 200_000_000
    checkpoint_megabytes_per_run: Annotated[
        int,
        Field(
            ge=1,
            le=10**6,
            title="Megabytes of checkpoints",
            description="What the checkpoints of a run's epochs may take, from which it can be forked; beyond it every"
            " second one goes.",
        ),
        _RUN,
    ] = 400
    teacher_token: Annotated[
        str,
        Field(
            title="Teacher's token",
            description="Whoever knows it may pause, stop and delete the runs of all, and let one go first. Without a"
            " token everybody may.",
        ),
        _WHO,
    ] = ""
    database: Annotated[
        str,
        Field(
            title="Database",
            description="Where runs are written down: an SQLAlchemy URL such as postgresql+psycopg://me@host/cnnlab;"
            " empty: a file beside this one.",
        ),
        _WHO,
    ] = ""


def settings_file(folder: Path) -> Path:
    """Where the settings of a folder are."""
    return folder / "settings.toml"


def read_settings(folder: Path) -> Settings:
    """The settings of a folder, all usual where there is no file. Raises `Refused` with a sentence for each mistake."""
    path = settings_file(folder)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused([Problem("settings", f"The settings in {path} cannot be read: {error}.")]) from error
    settings, problems = Settings.check(values)
    if settings is None:
        raise Refused(Problem(p.field, f"In {path}: {p.sentence}") for p in problems)
    return settings


def documented(settings: Settings) -> str:
    """A settings file with every setting, what it means, and a `#` before those that are as usual."""
    lines, group = [], ""
    for setting in Settings.settings().values():
        if setting.knob.group != group:
            group = setting.knob.group
            lines += ["", f"# {group}", ""]
        value = getattr(settings, setting.name)
        text = json.dumps(value)
        lines += [f"# {setting.help}", f"{'# ' if value == setting.default else ''}{setting.name} = {text}", ""]
    return "\n".join(lines).strip() + "\n"
