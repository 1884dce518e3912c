"""`python -m cnnlab.runs --home FOLDER`: the scheduler of one folder, until there is nothing to do for a while."""

import argparse
import signal
import sys
from pathlib import Path

from cnnlab.home import default_folder
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.scheduling.scheduler import serve

IDLE_SECONDS = 600


def main() -> int:
    """0 if there is or was a scheduler, 2 if the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m cnnlab.runs", description="Carry out the queued runs of a folder.")
    parser.add_argument("--home", type=Path, default=default_folder(), help="the folder with the runs")
    parser.add_argument(
        "--idle-seconds", type=float, default=IDLE_SECONDS, help="leave after so long without a run (%(default)s)"
    )
    arguments = parser.parse_args()
    # It may be ended at any moment: there is nothing to put in order, and the workers go on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        if not serve(arguments.home, arguments.idle_seconds):
            sys.stderr.write(f"Another scheduler carries out the runs in {arguments.home}.\n")
    except StoreUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
