"""The visitor of a page: a random name for their browser, by which a class shares the machine fairly; their theme."""

import re
import secrets
from http.cookies import SimpleCookie

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnnlab.figures.palette import Theme

COOKIE = "cnnlab_visitor"
ONE_YEAR = 365 * 24 * 60 * 60

_NAME = re.compile(r"[\w-]{16}", re.ASCII)


def theme() -> Theme:
    """The visitor's theme; light until the browser has reported it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def visitor() -> str:
    """A random name that the browser keeps in a cookie; without cookies, it is new in each session."""
    known = st.context.cookies.get(COOKIE, "")
    if _NAME.fullmatch(known):
        return known
    return str(st.session_state.setdefault("visitor", _new_name()))


class NameVisitors:
    """ASGI middleware that sets a cookie with a random name in each browser that opens a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or COOKIE in SimpleCookie(Headers(scope=scope).get("cookie", "")):
            await self._app(scope, receive, send)
            return

        async def send_with_name(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    name = f"{COOKIE}={_new_name()}; Path=/; Max-Age={ONE_YEAR}; HttpOnly; SameSite=Lax"
                    headers.append("set-cookie", name)
            await send(message)

        await self._app(scope, receive, send_with_name)


def _new_name() -> str:
    return secrets.token_urlsafe(12)
