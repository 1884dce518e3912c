"""Thirty people watch live runs: how many of their ticks are answered, and how late, over real websockets.

    python -m benchmarks.thirty [--sessions 30] [--seconds 30]

Each session opens the Train page with a run that is training, as a browser does, and then asks, as often as the page
has it, for the part of the page that is drawn again, as the browser's timer does. A tick counts as delivered if the
page has answered it before the next one is due. The lag is the time from the tick to the end of the first answer that
was begun after it: an answer to an earlier tick is none.
"""

import argparse
import asyncio
import statistics
import time

from websockets.asyncio.client import connect

from benchmarks.session import OPENING_SECONDS, Session, served
from cnnlab.ui.runs.watching import TICK_SECONDS

NUM_RUNS = 2


async def watch(address: str, run_id: str, ready: asyncio.Barrier, number: int, num_ticks: int) -> list[float]:
    """The lag of each tick of one session."""
    async with connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=OPENING_SECONDS) as socket:
        session = Session(socket, run_id)
        reading = asyncio.create_task(session.read())
        await session.open()
        await ready.wait()
        first = time.perf_counter() + TICK_SECONDS * number / ready.parties  # browsers do not tick in step
        for tick in range(num_ticks):
            due = first + tick * TICK_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await session.tick(due)
        await asyncio.sleep(TICK_SECONDS)
        reading.cancel()
        return session.lags()


async def measure(address: str, run_ids: list[str], sessions: int, seconds: float) -> list[float]:
    ready = asyncio.Barrier(sessions)
    ticks = round(seconds / TICK_SECONDS)
    watchers = (watch(address, run_ids[i % len(run_ids)], ready, i, ticks) for i in range(sessions))
    return [lag for lags in await asyncio.gather(*watchers) for lag in lags]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with served(NUM_RUNS) as app:
        lags = asyncio.run(measure(app.address, app.run_ids, options.sessions, options.seconds))
    delivered = sum(lag < TICK_SECONDS for lag in lags) / len(lags)
    print(f"ticks delivered  {100 * delivered:.1f} %  of {len(lags)}, one each {TICK_SECONDS:g} s  (at least 95 %)")
    print(f"median lag       {statistics.median(lags):.3f} s")
    print(f"95th percentile  {sorted(lags)[round(0.95 * (len(lags) - 1))]:.3f} s  (under {TICK_SECONDS:g} s)")


if __name__ == "__main__":
    main()
