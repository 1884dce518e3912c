"""Thirty phones draw: how long from the pen to the answer, over real HTTP against the served app.

    python -m benchmarks.drawing [--network lenet5_tutorial] [--phones 30] [--rate 10] [--seconds 20]

A run is trained for a moment, and each phone draws a digit. As on the page, a phone has one request under way, and then
sends what the pen has drawn meanwhile. The time is from the moment that the pen has moved, ten times a second, to
the end of the first answer that was asked for since. The phones are a process of their own.
"""

import argparse
import asyncio
import math
import os
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

import numpy as np

from benchmarks.session import served
from cnnlab.architectures import preset
from cnnlab.data import load
from cnnlab.runs import Store, ensure_scheduler
from cnnlab.training import Recipe
from cnnlab.ui.serving.answering.question import DRAWING_TYPE
from cnnlab.ui.serving.answering.route import PATH, PURPOSE, TOKEN_HEADER
from cnnlab.ui.visitors.signing import signed, token_for
from cnnlab.ui.visitors.visitor import COOKIE

SIDE = 112


def drawings() -> list[bytes]:
    """Digits as large as a pad is sent."""
    images = load("mnist5k").test_images[::37, 0].numpy()
    return [np.kron(image, np.ones((4, 4), dtype=np.uint8)).tobytes() for image in images]


class Phone:
    """A browser with one connection, which it opens again where the server has closed it."""

    def __init__(self, address: str, head: bytes) -> None:
        parts = urlsplit(address)
        self._host, self._port, self._head = parts.hostname, parts.port, head
        self._reader: asyncio.StreamReader | None = None

    async def send(self, body: bytes) -> int:
        """The status of the answer."""
        if self._reader is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(self._head + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
        await self._reader.readexactly(int(fields[b"content-length"]))
        return int(head.split()[1])

    async def draw(self, body: bytes, begin: float, options: argparse.Namespace) -> list[float]:
        """The lag of each movement of the pen, infinite where the answer was none."""
        due = [begin + i / options.rate for i in range(round(options.seconds * options.rate))]
        lags: list[float] = []
        while len(lags) < len(due):
            await asyncio.sleep(max(0.0, due[len(lags)] - time.perf_counter()))
            moved = [moment for moment in due[len(lags) :] if moment <= time.perf_counter()]
            status = await self.send(body)
            lags += [time.perf_counter() - moment if status == 200 else float("inf") for moment in moved]
        return lags


async def measure(options: argparse.Namespace) -> None:
    """As `options` say, print what the phones measured."""
    bodies, phones = drawings(), []
    for number in range(options.phones):
        name = f"phone {number}"
        head = (
            f"POST /{PATH}?run={options.run}&width={SIDE}&height={SIDE} HTTP/1.1\r\n"
            f"Host: {urlsplit(options.address).netloc}\r\nContent-Type: {DRAWING_TYPE}\r\n"
            f"Content-Length: {SIDE * SIDE}\r\nCookie: {COOKIE}={signed(name)}\r\n"
            f"{TOKEN_HEADER}: {token_for(PURPOSE, name)}\r\n\r\n"
        )
        phones.append(Phone(options.address, head.encode()))
        await phones[-1].send(bodies[number % len(bodies)])  # each has drawn before
    begin = time.perf_counter() + 1
    step = 1 / options.rate / options.phones  # they do not draw in step
    drawing = (phone.draw(bodies[i % len(bodies)], begin + i * step, options) for i, phone in enumerate(phones))
    lags = sorted(lag for found in await asyncio.gather(*drawing) for lag in found)
    print(f"answered         {100 * sum(map(math.isfinite, lags)) / len(lags):.1f} %  of {len(lags)} movements")
    print(f"median           {1000 * statistics.median(lags):.1f} ms")
    print(f"95th percentile  {1000 * lags[round(0.95 * (len(lags) - 1))]:.1f} ms  (under 50 ms with LeNet)")


def trained(store: Store, name: str) -> str:
    """The id of a run whose network has learnt a little."""
    spec = preset(name).replace(in_channels=1)
    run = store.submit(spec, Recipe(dataset="mnist5k", epochs=1, train_share=0.2), name="", owner="").id
    ensure_scheduler(store.folder)
    while store.run(run).active:
        time.sleep(0.2)
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="lenet5_tutorial")
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument("--rate", type=float, default=10, help="drawings a second of each phone")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--address", help=argparse.SUPPRESS)  # of the app, for the process of the phones
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.address:
        asyncio.run(measure(options))
        return
    with served(0) as app:
        run = trained(app.store, options.network)
        command = [sys.executable, "-m", "benchmarks.drawing", *sys.argv[1:]]
        command += [f"--address={app.address.replace('ws', 'http', 1)}", f"--run={run}"]
        subprocess.run(command, check=True, env={**os.environ, "CNNLAB_HOME": str(app.store.folder)})


if __name__ == "__main__":
    main()
