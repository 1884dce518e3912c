"""What every answer of the server tells the browser: no other site frames a page, or learns its address."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

HIDDEN = "/_stcore/metrics"
"""Streamlit's metrics of the process, which are not public."""


class SecureAnswers:
    """ASGI middleware that adds `HEADERS` to every answer, and has none for `HIDDEN`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        is_hidden = scope["type"] == "http" and scope["path"].rstrip("/").endswith(HIDDEN)
        await (PlainTextResponse("Not Found", 404) if is_hidden else self._app)(scope, receive, send_with_headers)


async def failed(_request: Request, _error: Exception) -> Response:
    """The answer to a request at which the server failed: Starlette gives it outside of all middleware."""
    return PlainTextResponse("Internal Server Error", 500, HEADERS)
