"""The settings of a machine for all runs on it: one file, `settings.toml` in the user's folder."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from cnnlab.spec import Knob, Problem, Refused, Spec
from cnnlab.words.sentence import Sentence

MEGABYTE = 10**6

MIN_TOKEN_LENGTH = 8
"""Signs of the teacher's token: fewer can be guessed."""

SECRETS = ("teacher_token", "database")
"""The settings whose values no sentence repeats."""

_CONCURRENCY = Knob(group="Concurrency")
_PERSON = Knob(group="Limits per person")
_RUN = Knob(group="Limits per run")
_ACCESS = Knob(group="Access and storage")


class Settings(Spec):
    """The settings of one folder. What is not in its file has the default that is stated here.

    >>> Settings(max_epochs=20).max_epochs
    20
    """

    model_config = ConfigDict(use_attribute_docstrings=True)
    noun: ClassVar[str] = "the settings file"

    runs_at_once: Annotated[int, Field(ge=0, le=256, title="Concurrent runs"), _CONCURRENCY] = 0
    """Runs on the CPU at the same time; 0: one per core."""
    runs_per_gpu: Annotated[int, Field(ge=1, le=64, title="Concurrent runs per GPU"), _CONCURRENCY] = 4
    """Runs on one GPU at the same time, as far as the memory forecast allows."""
    heavy_threads: Annotated[int, Field(ge=0, le=256, title="Threads for large steps"), _CONCURRENCY] = 0
    """Threads of a run whose steps are large enough for more than one; 0: half the cores. It does not depend on other
    runs, because another number of threads gives other last digits.
    """
    running_per_owner: Annotated[int, Field(ge=0, le=256, title="Running per person"), _PERSON] = 0
    """Runs of one person at the same time; others stay queued. 0: half of those that a device runs at once, so that
    there is room for others.
    """
    waiting_per_owner: Annotated[int, Field(ge=1, le=10_000, title="Queued per person"), _PERSON] = 40
    """Runs of one person in the queue."""
    stored_megabytes_per_owner: Annotated[int, Field(ge=1, le=10**9, title="Megabytes per person"), _PERSON] = 4000
    """Disk space for the weights, checkpoints and logs of one person's runs; beyond it, no more runs are accepted."""
    max_epochs: Annotated[int, Field(ge=1, le=1000, title="Epochs"), _RUN] = 1000
    """Epochs of one run."""
    max_minutes: Annotated[float, Field(gt=0, le=10**6, title="Minutes"), _RUN] = 240.0
    """Computing time of one run in minutes, after which it is stopped; a resumed or forked run has all of it again."""
    max_params: Annotated[int, Field(ge=1, le=10**11, title="Parameters"), _RUN] = 200_000_000
    """Parameters of a network."""
    checkpoint_megabytes_per_run: Annotated[int, Field(ge=1, le=10**6, title="Megabytes of checkpoints"), _RUN] = 400
    """Disk space for the checkpoints of a run's epochs, from which it can be forked; beyond it, every second one is
    deleted.
    """
    answer_megabytes_per_run: Annotated[int, Field(ge=1, le=10**6, title="Megabytes of answers"), _RUN] = 40
    """Disk space for a run's answers about its test images, epoch by epoch; beyond it, those of every second epoch are
    deleted.
    """
    norm_megabytes_per_run: Annotated[int, Field(ge=1, le=10**6, title="Megabytes of norms"), _RUN] = 20
    """Disk space for the norms of a run's gradients and weights, twice a second; beyond it, every second measurement is
    deleted.
    """
    teacher_token: Annotated[str, Field(title="Teacher's token", repr=False), _ACCESS] = ""
    """Whoever enters it on the Runs page can pause, stop and delete everyone's runs, and reorder the queue. Without a
    token only the command line can: on the pages, everyone changes their own runs.
    """
    database: Annotated[str, Field(repr=False), _ACCESS] = ""
    """Where runs are stored: an SQLAlchemy URL such as postgresql+psycopg://me@host/cnnlab; empty: a file next to this
    one.
    """

    def relations(self) -> Iterator[Problem]:
        length = len(self.teacher_token.strip())
        if self.teacher_token and length < MIN_TOKEN_LENGTH:
            sentence = Sentence(
                "`teacher_token` must have at least {minimum} characters, and it has {length}: use a longer one, such"
                " as three words.",
                minimum=MIN_TOKEN_LENGTH,
                length=length,
            )
            yield Problem("teacher_token", sentence)


def settings_file(folder: Path) -> Path:
    """The settings file of a folder."""
    return folder / "settings.toml"


def read_settings(folder: Path) -> Settings:
    """The settings of a folder; the defaults where there is no file. Raises `Refused` with a sentence per mistake."""
    path = settings_file(folder)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        sentence = Sentence("The settings in {path} cannot be read: {reason}.", path=path, reason=str(error))
        raise Refused([Problem("settings", sentence)]) from error
    settings, problems = Settings.check(values)
    if settings is None:
        raise Refused(
            Problem(p.field, Sentence("In {path}: {sentence}", path=path, sentence=_without_secrets(p, values)))
            for p in problems
        )
    return settings


def _without_secrets(problem: Problem, values: Mapping[str, object]) -> Sentence:
    if problem.field in SECRETS and not isinstance(values.get(problem.field), str):
        return Sentence("`{field}` must be text: write it between quotation marks.", field=problem.field)
    return problem.sentence


def documented(settings: Settings) -> str:
    """A settings file with every setting and its meaning, and a `#` before those with their default."""
    lines, group = [], ""
    for setting in Settings.settings().values():
        if setting.knob.group != group:
            group = setting.knob.group
            lines += ["", f"# {group}", ""]
        value = getattr(settings, setting.name)
        text = json.dumps(value)
        lines += [f"# {setting.help}", f"{'# ' if value == setting.default else ''}{setting.name} = {text}", ""]
    return "\n".join(lines).strip() + "\n"
