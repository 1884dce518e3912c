"""`python -m cnnlab.runs --home FOLDER`: the scheduler of one folder, until it has been idle for a while."""

import argparse
import os
import signal
import sys
from pathlib import Path

from cnnlab.home import default_folder
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.scheduling.scheduler import serve


def main() -> int:
    """0 if this or another scheduler served the folder, 2 if the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m cnnlab.runs", description="Train the queued runs of a folder.")
    parser.add_argument("--home", type=Path, default=default_folder(), help="the folder with the runs")
    idle_help = "exit after this time without a run (%(default)s)"
    parser.add_argument("--idle-seconds", type=float, default=600, help=idle_help)
    parser.add_argument(
        "--reload",
        action="store_true",
        help="restart when the code of CNN Lab has changed and no run is queued or running. When you work on the code,"
        " start the scheduler yourself with this flag before the app, which uses the scheduler that it finds; without"
        " it, runs are trained with the code as it was when the scheduler started",
    )
    arguments = parser.parse_args()
    # It may be interrupted at any moment: there is nothing to clean up, and the workers continue.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.umask(0o077)  # of the workers as well: runs are not for other accounts of the machine
    try:
        outcome = serve(arguments.home, arguments.idle_seconds, watch_source=arguments.reload)
    except StoreUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if outcome == "other scheduler":
        sys.stderr.write(f"Another scheduler is running for {arguments.home}.\n")
    if outcome == "source changed":
        os.execv(sys.executable, [sys.executable, "-m", "cnnlab.runs", *sys.argv[1:]])
    return 0


if __name__ == "__main__":
    sys.exit(main())
