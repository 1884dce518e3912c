"""What is raised on a websocket that has ended stays out of the log; any other error does not."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from cnnlab.ui.serving.ended_connections import EndQuietly


def connect(app: Any, *messages: str) -> None:
    """A websocket on which the browser sends these messages."""
    left = iter(messages)

    async def receive() -> dict[str, Any]:
        return {"type": next(left)}

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            raise OSError("The connection is lost.")

    with ThreadPoolExecutor() as threads:  # this thread may have a loop of its own, of a browser
        threads.submit(lambda: asyncio.run(EndQuietly(app)({"type": "websocket"}, receive, send))).result()


async def write_after_reading(_: Scope, receive: Receive, __: Send) -> None:
    await receive()
    raise RuntimeError("WebSocket is not connected.")


async def write_after_closing(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "websocket.close"})
    raise RuntimeError('Cannot call "send" once a close message has been sent.')


async def read_after_writing_in_vain(scope: Scope, receive: Receive, send: Send) -> None:
    websocket = WebSocket(scope, receive, send)
    await websocket.accept()
    with pytest.raises(WebSocketDisconnect):
        await websocket.send_bytes(b"")
    try:
        await websocket.receive_bytes()
    except RuntimeError as problem:
        raise TypeError("WebSocket text frames are not supported.") from problem


def test_a_websocket_that_has_ended_raises_nothing() -> None:
    connect(write_after_reading, "websocket.disconnect")
    connect(write_after_closing)
    connect(read_after_writing_in_vain, "websocket.connect")


def test_an_error_of_an_open_one_is_raised() -> None:
    with pytest.raises(RuntimeError, match="not connected"):
        connect(write_after_reading, "websocket.receive")
