"""A request to an ASGI application, without a server."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import ASGIApp


def start_of_answer(
    app: ASGIApp, path: str = "/", *, headers: Sequence[tuple[bytes, bytes]] = (), host: str = "10.0.0.1"
) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The status and the headers of the answer, also where the application fails after it has given one."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": list(headers),
        "client": (host, 1234),
    }

    async def call() -> None:
        await app(scope, receive, send)

    # Another test's browser may have a loop in this thread.
    with ThreadPoolExecutor() as threads:
        call_error = threads.submit(lambda: asyncio.run(call())).exception()
    assert call_error is None or sent
    return sent[0]["status"], sent[0]["headers"]
