"""What it costs a run that somebody watches it: images a second with a session on its page, over without.

    python -m benchmarks.watching [--rounds 12] [--seconds 2.5]

One run goes on in the queue's worker, and one session has its page open over a real websocket. In turns it ticks, as a
browser that shows the page does, and does not. Prints the medians of the images per second, and the median over the
rounds of the ratios, which is the figure that counts. Beside it stands the same for the images per second that the
worker has spent on a processor: where others want the same cores, it says more, because what they take is left out.
"""

import argparse
import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import connect

from benchmarks.session import OPENING_SECONDS, Served, Session, served
from cnnlab.runs.store.files import run_lock
from cnnlab.ui.runs.watching import TICK_SECONDS


@dataclass(frozen=True)
class Speed:
    """Images a second: as a clock on the wall has it, and of a processor's time."""

    on_the_wall: float
    of_processor: float


class Worked:
    """How far the run has come at the moment that it says so, which it does every tenth of a second."""

    def __init__(self, app: Served) -> None:
        (run_id,) = app.run_ids
        before = app.store.run(run_id).step
        while (step := app.store.run(run_id).step) == before:
            time.sleep(0.002)
        self.images = step * app.store.run(run_id).recipe.batch_size
        self.clock = time.perf_counter()
        worker = run_lock(app.store.folder, run_id).read_text()
        # After the name in brackets; the third field of the line is the state.
        times = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[11:13]
        self.processor = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def since(self, before: "Worked") -> Speed:
        images = self.images - before.images
        return Speed(images / (self.clock - before.clock), images / (self.processor - before.processor))


async def speed(app: Served, session: Session | None, seconds: float) -> Speed:
    """How fast the run is for so many seconds, with a `session` that watches, or with none."""
    before = Worked(app)
    while (left := before.clock + seconds - time.perf_counter()) > 0:
        if session is not None:
            await session.tick(time.perf_counter())
        await asyncio.sleep(min(TICK_SECONDS, left))
    return Worked(app).since(before)


async def measure(app: Served, rounds: int, seconds: float) -> tuple[list[Speed], list[Speed]]:
    """The speeds with and without a watcher, in turns; each round begins with the other one."""
    watched, alone = [], []
    address = app.address
    async with connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=OPENING_SECONDS) as socket:
        session = Session(socket, app.run_ids[0])
        reading = asyncio.create_task(session.read())
        await session.open()
        for round_ in range(rounds):
            for is_watched in (True, False) if round_ % 2 else (False, True):
                taken = await speed(app, session if is_watched else None, seconds)
                (watched if is_watched else alone).append(taken)
        reading.cancel()
    assert all(lag < OPENING_SECONDS for lag in session.lags()[:-1]), "the page has not answered"
    return watched, alone


def report(title: str, watched: list[float], alone: list[float]) -> None:
    ratios = [first / second for first, second in zip(watched, alone, strict=True)]
    print(f"{title}: watched {statistics.median(watched):.0f}, alone {statistics.median(alone):.0f}")
    print(f"  ratio {statistics.median(ratios):.3f} (from {min(ratios):.2f} to {max(ratios):.2f}; at least 0.98)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2.5)
    options = parser.parse_args()
    with served(1) as app:
        watched, alone = asyncio.run(measure(app, options.rounds, options.seconds))
    report("images/s", [one.on_the_wall for one in watched], [one.on_the_wall for one in alone])
    report("images/s of a processor", [one.of_processor for one in watched], [one.of_processor for one in alone])


if __name__ == "__main__":
    main()
