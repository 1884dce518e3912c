"""A request to an ASGI application, without a server."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import ASGIApp


def start_of_answer(
    app: ASGIApp, path: str = "/", *, headers: Sequence[tuple[bytes, bytes]] = (), host: str = "10.0.0.1"
) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The status and the headers of the answer, also where the application fails after it has given one."""
    start = _messages(app, path, headers, host)[0]
    return start["status"], start["headers"]


def answer(app: ASGIApp, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the body of the answer."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    start, *parts = _messages(app, path, raw, "10.0.0.1")
    named = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], named, b"".join(part.get("body", b"") for part in parts)


def post(
    app: ASGIApp, path: str, *, query: str, headers: Mapping[str, str], body: Sequence[bytes], host: str = "10.0.0.1"
) -> tuple[int, dict[str, str], bytes]:
    """The same for a `POST` whose body comes in these parts."""
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    parts = [{"type": "http.request", "body": part, "more_body": i < len(body) - 1} for i, part in enumerate(body)]
    start, *answers = _messages(app, path, raw, host, method="POST", query=query, parts=parts)
    named = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], named, b"".join(part.get("body", b"") for part in answers)


def _messages(
    app: ASGIApp,
    path: str,
    headers: Sequence[tuple[bytes, bytes]],
    host: str,
    *,
    method: str = "GET",
    query: str = "",
    parts: Sequence[dict[str, Any]] = ({"type": "http.request"},),
) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    to_come = list(parts)

    async def receive() -> dict[str, Any]:
        if not to_come:
            await asyncio.Event().wait()  # the client waits
        return to_come.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": list(headers),
        "client": (host, 1234),
    }

    async def call() -> None:
        await app(scope, receive, send)

    # Another test's browser may have a loop in this thread.
    with ThreadPoolExecutor() as threads:
        call_error = threads.submit(lambda: asyncio.run(call())).exception()
    assert call_error is None or sent
    return sent
