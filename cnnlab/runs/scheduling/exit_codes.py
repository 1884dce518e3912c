"""The exit codes by which the scheduler knows how a worker ended."""

NO_STORE = 3
"""The worker could no longer write into the store."""

FORK_SERVER_LOST = 255
"""What multiprocessing reports for a worker whose fork server was killed; the worker may still be running."""
