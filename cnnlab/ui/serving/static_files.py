"""Files that browsers get as they are: compressed once for all visitors, and kept by browsers as long as they hold."""

import gzip
import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ONE_DAY, ONE_YEAR = 24 * 60 * 60, 365 * 24 * 60 * 60

_HAS_HASH = re.compile(r"\.[0-9a-f]{8}\.\w+$")
_COMPRESSIBLE = re.compile(r"/(?:static|files|plotly)/[\w./-]+\.(?:js|css|svg)$", re.ASCII)
_TYPES = ("text/javascript", "application/javascript", "text/css", "image/svg+xml")


class CachedFiles(StaticFiles):
    """The files of a folder. A file whose name has a hash of its content never changes, another one may in a day."""

    def file_response(self, full_path: str | Path, *args: object, **options: object) -> Response:  # type: ignore[override]
        response = super().file_response(full_path, *args, **options)  # type: ignore[arg-type]
        is_hashed = _HAS_HASH.search(str(full_path)) is not None
        response.headers["Cache-Control"] = (
            f"public, immutable, max-age={ONE_YEAR}" if is_hashed else f"public, max-age={ONE_DAY}"
        )
        return response


class CompressFiles:
    """ASGI middleware that compresses each script, style sheet and drawing of the server once, and keeps it.

    Streamlit sends its files as they are, because it would compress them for each visitor anew. They do not change
    while the server runs, and they are few: what is kept is some megabytes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_asked_for(scope):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self._kept and not await self._keep(scope, receive):
            await self._app(scope, receive, send)
            return
        headers, body = self._kept[path]
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    async def _keep(self, scope: Scope, receive: Receive) -> bool:
        """Whether the file is there and is of a kind that is compressed; then it is kept."""
        start: Message = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        # Or Streamlit would compress what it does not serve itself.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, collect)
        headers = MutableHeaders(raw=list(start["headers"]))
        # A page stands in for each file that Streamlit does not have.
        if start["status"] != 200 or not headers.get("content-type", "").startswith(_TYPES):
            return False
        body = await run_in_threadpool(gzip.compress, b"".join(parts))
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        if "accept-encoding" not in headers.get("vary", "").lower():
            headers.add_vary_header("Accept-Encoding")
        if "etag" in headers:
            headers["ETag"] = f"W/{headers['etag']}"
        self._kept[scope["path"]] = (headers.raw, body)
        return True


def _is_asked_for(scope: Scope) -> bool:
    """Whether the whole of a file is asked for, compressed."""
    if scope["type"] != "http" or scope["method"] != "GET" or not _COMPRESSIBLE.search(scope["path"]):
        return False
    headers = Headers(scope=scope)
    return "gzip" in headers.get("accept-encoding", "") and not {"range", "if-none-match"} & set(headers)
