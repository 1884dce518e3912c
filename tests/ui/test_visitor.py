"""The name of a browser: given once, with a page, and not again."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cnnlab.ui.visitor import COOKIE, NameVisitors


def headers_of_answer(*, cookie: str = "", content_type: str = "text/html; charset=utf-8") -> list[tuple[bytes, bytes]]:
    """What the middleware makes of a bare answer of that type."""
    sent: list[dict[str, Any]] = []

    async def page(_scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type.encode())]}
        )

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"cookie", cookie.encode())] if cookie else []}
    # Another test's browser may have a loop in this thread.
    with ThreadPoolExecutor() as threads:
        threads.submit(lambda: asyncio.run(NameVisitors(page)(scope, receive, send))).result()
    return [(name, value) for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_new_browser_is_given_a_name_with_its_page() -> None:
    ((_, first),) = headers_of_answer()
    ((_, second),) = headers_of_answer()
    assert re.match(rf"{COOKIE}=[\w-]{{16}}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax$", first.decode())
    assert first != second


@pytest.mark.parametrize("asked", [{"cookie": f"a=b; {COOKIE}=0123456789abcdef"}, {"content_type": "text/css"}])
def test_a_known_browser_or_another_file_is_given_none(asked: dict[str, str]) -> None:
    assert headers_of_answer(**asked) == []
