"""A connection of a page that has ended, as when a phone loses its network, is no error of the server."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class EndQuietly:
    """ASGI middleware: what Streamlit raises because a websocket has been closed already stays out of the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        has_ended = False

        async def receive_and_see() -> Message:
            nonlocal has_ended
            message = await receive()
            has_ended = has_ended or message["type"] == "websocket.disconnect"
            return message

        async def send_and_see(message: Message) -> None:
            nonlocal has_ended
            has_ended = has_ended or message["type"] == "websocket.close"
            try:
                await send(message)
            except OSError:
                has_ended = True
                raise

        try:
            await self._app(scope, receive_and_see, send_and_see)
        # Starlette's for what is read from, or written to, a websocket that is closed, and Streamlit's, which takes the
        # former for a message that is text.
        except (RuntimeError, TypeError):
            if not has_ended:
                raise
