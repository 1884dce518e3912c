"""The results of a computation in a process of its own, as they come."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from typing import IO, Any

from cnnlab.runs.launch import source_environment
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence

POLL_SECONDS = 0.2
"""How often there is at least None, so that whoever waits can stop."""

MAX_SECONDS = 180
"""A computation that is not done by then is ended."""

ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Waiting threads leave the cores to the pages."""


class ComputationFailed(SentenceError):
    """The computation ended early; the sentence says why and what to do about it."""


def results_of(
    task: str, arguments: dict[str, Any], *, max_seconds: float = MAX_SECONDS
) -> Generator[dict[str, Any] | None, None, None]:
    """What the task yields, and None where nothing came for a while. Its process ends when this is closed.

    Raises `ComputationFailed`.
    """
    process = _start()
    assert process.stdin is not None
    assert process.stdout is not None
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    deadline = time.monotonic() + max_seconds
    try:
        _send(process.stdin, {"task": task, "arguments": arguments})
        while True:
            if time.monotonic() > deadline:
                raise ComputationFailed(
                    Sentence(
                        "It was stopped because it took longer than {seconds:g} seconds: use a smaller batch, smaller"
                        " images or fewer channels.",
                        seconds=max_seconds,
                    )
                )
            try:
                line = lines.get(timeout=POLL_SECONDS)
            except queue.Empty:
                yield None
                continue
            message: dict[str, Any] = json.loads(line) if line else {"problem": _why_ended(process.wait()).stored()}
            if "problem" in message:
                raise ComputationFailed(Sentence.from_stored(message["problem"]))
            if "end" in message:
                return
            yield message["result"]
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        reader.join()  # the process has ended, and with it what it writes
        process.stdout.close()


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cnnlab.runs.isolated"]
    environment = {**os.environ, **ENVIRONMENT, **source_environment()}
    try:
        # Its errors go to the log of the server. Without a buffer, nothing is left to write when the pipe is closed.
        return subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
        )
    except OSError as error:
        sentence = Sentence("Its process could not start ({reason}): close other programs.", reason=error.strerror)
        raise ComputationFailed(sentence) from error


def _send(stdin: IO[bytes], request: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # where it has ended, its exit code says why
        stdin.write(json.dumps(request).encode() + b"\n")


def _read(stdout: IO[bytes], lines: "queue.SimpleQueue[bytes]") -> None:
    """Puts each line into the queue, and nothing but an empty one at the end."""
    partial = b""
    while chunk := os.read(stdout.fileno(), 2**16):
        *whole, partial = (partial + chunk).split(b"\n")
        for line in whole:
            lines.put(line)
    lines.put(b"")


def _why_ended(exit_code: int) -> Sentence:
    if exit_code < 0:
        return Sentence(
            "Its process was ended by signal {signal}, probably because memory ran out: use a smaller batch, smaller"
            " images or fewer channels.",
            signal=-exit_code,
        )
    return Sentence("An unexpected error ended its process: see the log of the server for details.")
