"""`python -m cnnlab.runs.isolated`: one computation; it is read as a line of JSON, and its results are written.

It ends when its standard input is closed, so that it never outlives the process that started it.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from cnnlab.runs.isolated.tasks import TASKS
from cnnlab.spec import Refused
from cnnlab.training.failure import memory_errors_explained
from cnnlab.training.free_memory import free_main_memory
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence, joined

USABLE_SHARE = 0.9
"""The share of the free memory that a computation may take."""


def main() -> int:
    """0 after all results, or after a sentence that says why there are no more."""
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # the pages come first
    _limit_memory()
    try:
        with memory_errors_explained(_why_no_memory):
            for result in TASKS[request["task"]](request["arguments"]):
                _write({"result": result})
        _write({"end": True})
    except Refused as refused:
        _write({"problem": joined([Sentence("{it}", it=problem.sentence) for problem in refused.problems]).stored()})
    except SentenceError as error:
        _write({"problem": error.sentence.stored()})
    return 0


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_with_the_other() -> None:
    sys.stdin.read()
    os._exit(1)


def _limit_memory() -> None:
    """Where the system can: an allocation beyond what is free is refused, and this process is the first to be ended."""
    free, status = free_main_memory(), Path("/proc/self/status")
    if free is None or not status.is_file():
        return
    import resource

    Path("/proc/self/oom_score_adj").write_text("1000")
    used = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmData:"))
    most = 1024 * used + round(USABLE_SHARE * free)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _why_no_memory() -> Sentence:
    return Sentence("The memory that is free does not suffice: use a smaller batch, smaller images or fewer channels.")


if __name__ == "__main__":
    sys.exit(main())
