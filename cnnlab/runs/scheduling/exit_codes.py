"""The exit codes by which the scheduler knows how a worker ended."""

NO_STORE = 3
"""The exit status of a worker that could not write into the store any more."""

FORK_SERVER_LOST = 255
"""The exit status that a worker seems to have when the fork server was killed; it may be alive."""
