"""A browser's end of a session without a browser: it speaks Streamlit's websocket protocol, and costs very little."""

import asyncio
import http.cookiejar
import json
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 120
"""How long a page may take on a machine that is busy."""

ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Shown:
    """An element of the page, the fragment that it is in, and the run of the script that drew it."""

    element: Element
    fragment: str
    run: int

    @property
    def kind(self) -> str:
        return self.element.WhichOneof("type") or ""

    @property
    def content(self) -> Any:
        return getattr(self.element, self.kind)


class Visitor:
    """One tab: what it shows, what can be pressed in it, and which exceptions it has shown."""

    def __init__(self) -> None:
        self.exceptions: list[str] = []
        self._jar = http.cookiejar.CookieJar()
        self._http = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._answers: dict[str, asyncio.Future[Any]] = {}

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    async def open(self, url: str, page: str, query: str) -> None:
        """Open the page at this address in place of what was open, and wait until it is complete."""
        await self.close()
        self._url, self.query = url, query
        self._shown: dict[tuple[int, ...], Shown] = {}
        self._values: dict[str, WidgetState] = {}
        self._run, self._page, self._session = 0, "", ""
        self._is_idle = asyncio.Event()
        self._ticks: dict[str, asyncio.Task[None]] = {}
        # As a browser does: the page, which names the visitor, then what protects uploads.
        await self._get(f"/{page}")
        await self._get("/_stcore/health")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
        self._socket = await connect(
            url.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": cookies},
            max_size=None,
            open_timeout=PATIENCE_SECONDS,
        )
        self._tasks.append(asyncio.create_task(self._read(self._socket)))
        await self._rerun(page_name=page)
        await self.settle()

    async def close(self) -> None:
        """Close the tab."""
        for task in (*self._tasks, *getattr(self, "_ticks", {}).values()):
            task.cancel()
        self._tasks.clear()
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def settle(self) -> None:
        """Wait until the page is complete. Raises `ConnectionError` if the server has gone."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._is_idle.wait()
        if self._tasks and self._tasks[0].done():
            raise ConnectionError("The server has closed the connection.")

    def widgets(self, *kinds: str) -> list[Shown]:
        """The elements of these kinds that are on the page and can be used."""
        found = (shown for shown in self._shown.values() if shown.kind in kinds)
        return [shown for shown in found if not getattr(shown.content, "disabled", False)]

    def find(self, key: str) -> Shown | None:
        """The button, or other widget, of that key, if it can be used."""
        kinds = ("button", "download_button", "file_uploader", "number_input")
        return next((shown for shown in self.widgets(*kinds) if shown.content.id.endswith(f"-{key}")), None)

    @property
    def run_ids(self) -> list[str]:
        """The runs that the address of the page names."""
        return [one for text in parse_qs(self.query).get("run", []) for one in text.split(",")]

    async def press(self, shown: Shown) -> None:
        """Press a button, and wait for what follows."""
        await self._rerun(shown.fragment, WidgetState(id=shown.content.id, trigger_value=True))
        await self.settle()

    async def move(self, shown: Shown, key: str, value: float) -> None:
        """Move one of the sliders that are one element, and wait for what follows."""
        request = {"id": uuid.uuid4().hex, "changes": [[key, value]]}
        event = json.dumps([{"event": "moved", "value": request}])
        await self._rerun(
            shown.fragment,
            WidgetState(id=_make_trigger_id(shown.content.id, "events"), json_trigger_value=event),
        )
        await self.settle()

    async def enter(self, shown: Shown, value: Any) -> None:
        """Give a widget a value, and wait for what follows."""
        state = WidgetState(id=shown.content.id)
        match shown.kind:
            case "number_input" if shown.content.data_type == shown.content.INT:
                state.int_value = value
            case "number_input":
                state.double_value = value
            case "checkbox":
                state.bool_value = value
            case "selectbox":
                state.string_value = value
            case "file_uploader":
                state.file_uploader_state_value.uploaded_file_info.append(value)
        self._values[state.id] = state
        await self._rerun(shown.fragment)
        await self.settle()

    async def upload(self, shown: Shown, name: str, content: bytes) -> None:
        """Hand a file to an uploader."""
        message = BackMsg()
        request = message.file_urls_request
        request.request_id, request.session_id = uuid.uuid4().hex, self._session
        request.file_names.append(name)
        (urls,) = (await self._ask(message, request.request_id)).file_urls
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        token = next((cookie.value or "" for cookie in self._jar if cookie.name == "_streamlit_xsrf"), "")
        await self._get(
            urls.upload_url,
            method="PUT",
            data=head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={edge}", "X-Xsrftoken": token},
        )
        await self.enter(shown, UploadedFileInfo(name=name, size=len(content), file_id=urls.file_id, file_urls=urls))

    async def download(self, shown: Shown) -> bytes:
        """What a download button, or a link to a file, gives."""
        file = shown.content
        if shown.kind == "link_button":
            return await self._get(f"/{file.url}")
        if not file.HasField("deferred_file_id"):
            return await self._get(file.url)
        message = BackMsg()
        request = message.backend_operation_request
        request.request_id, request.session_id = uuid.uuid4().hex, self._session
        request.deferred_file.file_id = file.deferred_file_id
        answer = await self._ask(message, request.request_id)
        return await self._get(answer.deferred_file.url) if answer.deferred_file.url else b""

    async def _ask(self, message: BackMsg, request_id: str) -> Any:
        assert self._socket is not None
        self._answers[request_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await self._answers[request_id]
        del self._answers[request_id]
        return answer

    async def _get(self, path: str, **options: Any) -> bytes:
        request = urllib.request.Request(self._url + path, **options)

        def read() -> bytes:
            with self._http.open(request, timeout=PATIENCE_SECONDS) as answer:
                content: bytes = answer.read()
                return content

        return await asyncio.to_thread(read)

    async def _rerun(self, fragment: str = "", trigger: WidgetState | None = None, *, page_name: str = "") -> None:
        assert self._socket is not None
        self._is_idle.clear()
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self.query, self._page, page_name
        state.fragment_id = fragment
        state.widget_states.widgets.extend([*self._values.values(), *([trigger] if trigger else [])])
        await self._socket.send(message.SerializeToString())

    async def _tick(self, fragment: str, seconds: float) -> None:
        """Draw a part of the page again and again, as it has asked for."""
        while True:
            await asyncio.sleep(seconds)
            assert self._socket is not None
            message = BackMsg()
            state = message.rerun_script
            state.query_string, state.page_script_hash, state.fragment_id = self.query, self._page, fragment
            state.is_auto_rerun = True
            state.widget_states.widgets.extend(self._values.values())
            await self._socket.send(message.SerializeToString())

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                message = ForwardMsg()
                message.ParseFromString(data)  # type: ignore[arg-type]
                self._take(message)
        finally:
            self._is_idle.set()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("The server has closed the connection."))

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._run += 1
                self._is_idle.clear()
                self._session = message.new_session.initialize.session_id or self._session
            case "navigation":
                if message.navigation.page_script_hash != self._page:
                    self._page = message.navigation.page_script_hash
                    self._values.clear()
                    self._end_ticks()
            case "delta":
                self._draw(message)
            case "auto_rerun" if message.auto_rerun.fragment_id not in self._ticks:
                tick = message.auto_rerun
                self._ticks[tick.fragment_id] = asyncio.create_task(self._tick(tick.fragment_id, tick.interval))
            case "stop_auto_rerun":
                self._end_ticks()
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "page_not_found":
                self.exceptions.append("page not found")
            case "file_urls_response":
                self._answer(message.file_urls_response.response_id, message.file_urls_response)
            case "backend_operation_response":
                self._answer(message.backend_operation_response.request_id, message.backend_operation_response)
            case "script_finished":
                self._finish(message.script_finished)

    def _draw(self, message: ForwardMsg) -> None:
        path, delta = tuple(message.metadata.delta_path), message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        self._shown[path] = shown = Shown(delta.new_element, delta.fragment_id, self._run)
        if shown.kind == "exception" and not shown.content.is_warning:
            trace = "\n".join(shown.content.stack_trace)
            self.exceptions.append(f"{shown.content.type}: {shown.content.message}\n{trace}")

    def _finish(self, how: int) -> None:
        new = {shown.fragment for shown in self._shown.values() if shown.run == self._run}
        is_whole = how == ForwardMsg.FINISHED_SUCCESSFULLY
        if how in ENDS:
            self._shown = {
                path: shown
                for path, shown in self._shown.items()
                if shown.run == self._run or not (is_whole or shown.fragment in new)
            }
            self._is_idle.set()

    def _end_ticks(self) -> None:
        for task in self._ticks.values():
            task.cancel()
        self._ticks.clear()

    def _answer(self, request_id: str, answer: Any) -> None:
        waiting = self._answers.get(request_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
