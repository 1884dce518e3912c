"""The visitor of a page: a name for their browser, by which a class shares the machine fairly; their theme."""

import re
import secrets
from collections.abc import Iterable

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnnlab.figures.palette import Theme
from cnnlab.ui.visitors.allowance import Allowance
from cnnlab.ui.visitors.signing import name_in, secret_name, signed

COOKIE = "cnnlab_visitor"
ONE_YEAR = 365 * 24 * 60 * 60

NAMES_AT_ONCE, SECONDS_PER_NAME = 60, 60
"""How many browsers of one address get a name at once, and how soon another one does: a class fits in, a script not."""

_THIS_MACHINE = ("127.0.0.1", "::1")
"""Where Streamlit has no address."""

_FORMER_NAME = re.compile(r"[\w-]{16}", re.ASCII)
_former_names: set[str] = set()
_names = Allowance(burst=NAMES_AT_ONCE, seconds=SECONDS_PER_NAME)


def theme() -> Theme:
    """The visitor's theme; light until the browser has reported it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def visitor() -> str:
    """The name that the browser keeps in a signed cookie; browsers without one share that of their address."""
    return _known_name(st.context.cookies.get(COOKIE, "")) or secret_name(address())


def visitor_of(connection: HTTPConnection) -> str:
    """The same name for a request that no page makes."""
    host = connection.client.host if connection.client else ""
    return _known_name(connection.cookies.get(COOKIE, "")) or secret_name("" if host in _THIS_MACHINE else host)


def address() -> str:
    """The network address that the page is shown at; "" for this machine itself."""
    return st.context.ip_address or ""


def accept_former_names(owners: Iterable[str]) -> None:
    """Recognise these visitors, who were named before names were signed, by the bare name in their cookie."""
    _former_names.update(owner for owner in owners if _FORMER_NAME.fullmatch(owner))


class NameVisitors:
    """ASGI middleware that sets a cookie with a signed name in each browser that opens a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        cookie = connection.cookies.get(COOKIE, "")

        async def send_with_name(message: Message) -> None:
            if message["type"] == "http.response.start" and name_in(cookie) is None:
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    name = _known_name(cookie) or _new_name(connection.client.host if connection.client else "")
                    if name is not None:
                        value = f"{COOKIE}={signed(name)}; Path=/; Max-Age={ONE_YEAR}; HttpOnly; SameSite=Lax"
                        headers.append("set-cookie", value)
            await send(message)

        await self._app(scope, receive, send_with_name)


def _known_name(cookie: str) -> str | None:
    return name_in(cookie) or (cookie if cookie in _former_names else None)


def _new_name(host: str) -> str | None:
    """A name for a browser at that address, unless too many have been given there."""
    return secrets.token_urlsafe(12) if _names.take(host) == 0 else None
