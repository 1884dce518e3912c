"""`POST answer`: which classes the networks of runs see in an image, with which probabilities, as JSON.

    POST answer?run=ID[,ID...][&epoch=N|all][&prepare=centre|none]    Content-Type: image/png, or another image's
    POST answer?run=...&width=W&height=H                              Content-Type: application/octet-stream

With `epoch=all` each run answers after several of its epochs. The answer is `{"answers": [...]}`, each of them with
`run`, and `epoch` and `probabilities` or a `problem`; the first one has the image as its network gets it, `seen`. An
error is `{"problem": ...}`.
"""

import asyncio
import threading
from base64 import b64encode
from concurrent.futures import Future
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from torch import Tensor

from cnnlab.runs import StoreUnavailable
from cnnlab.spec import Refused
from cnnlab.ui.serving.answering.asking import Asked, NotAsked, is_quick, networks_asked
from cnnlab.ui.serving.answering.batches import Busy, TooSlow, served_batches
from cnnlab.ui.serving.answering.question import (
    DRAWING_TYPE,
    MAX_DRAWING,
    Question,
    WrongQuestion,
    check_length,
    question_in,
)
from cnnlab.ui.visitors.allowance import Allowance
from cnnlab.ui.visitors.signing import is_token_for, token_for
from cnnlab.ui.visitors.visitor import visitor, visitor_of
from cnnlab.words.sentence import Sentence

PATH = "answer"
TOKEN_HEADER = "X-CNNLab-Token"
PURPOSE = "answers"
"""What the token in the header is for."""

NOTHING_DRAWN = Sentence("Draw something: the answer follows the pen.")

_visitors = Allowance(burst=80, seconds=1 / 40)
"""How often one browser may ask."""

_files = threading.Semaphore(2)
"""So many files are read at the same time: each may take hundreds of megabytes meanwhile."""


def access() -> dict[str, str]:
    """How the browser of the page's visitor asks: no other site can read the token, which is of this visitor alone."""
    return {"path": PATH, "header": TOKEN_HEADER, "token": token_for(PURPOSE, visitor()), "type": DRAWING_TYPE}


async def _answer(request: Request) -> Response:
    try:
        question = _question(request)
    except (WrongQuestion, Busy) as problem:
        await _leave(request)
        return _refusal(problem)
    is_file = not question.is_drawing
    if is_file and not _files.acquire(blocking=False):
        return _refusal(Busy(Sentence("Other files are being read: it goes on in a moment.")))
    try:
        return JSONResponse(await _answers_to(request, question))
    except (WrongQuestion, Refused, Busy, StoreUnavailable) as problem:
        return _refusal(problem)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    finally:
        if is_file:
            _files.release()


def _question(request: Request) -> Question:
    """What the visitor asks. Raises `WrongQuestion` if no page of theirs asks, and `Busy` if it asks too often."""
    name = visitor_of(request)
    if not is_token_for(PURPOSE, name, request.headers.get(TOKEN_HEADER, "")):
        raise WrongQuestion(Sentence("The page is not one of this server, or it is too old: load it again."), 403)
    if _visitors.take(name) > 0:
        raise Busy(Sentence("This browser asks too often: it goes on in a moment."))
    return question_in(request.query_params, request.headers)


async def _leave(request: Request) -> None:
    """Read what may be a drawing: a browser whose connection is closed while it sends does not read the answer."""
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > MAX_DRAWING:
            return


async def _answers_to(request: Request, question: Question) -> dict[str, Any]:
    content = await _body(request, question)
    if is_quick(question):  # a change of the thread would take longer
        asked = networks_asked(question, content, again=False)
    else:
        asked = await run_in_threadpool(networks_asked, question, content, again=True)
    if not asked:
        return {"answers": [], "problem": NOTHING_DRAWN}
    # All wait in the queue before the first one is awaited.
    begun = [_begun(part, is_urgent=question.which != "all") for part in asked]
    return {"answers": [await _finished(part, result) for part, result in zip(asked, begun, strict=True)]}


def _begun(part: Asked | NotAsked, *, is_urgent: bool) -> Future[Tensor] | Sentence:
    if isinstance(part, NotAsked):
        return part.sentence
    try:
        soon = asyncio.get_running_loop().call_soon
        return served_batches().ask(part.network, part.image, is_urgent=is_urgent, soon=soon)
    except TooSlow as problem:
        return problem.sentence


async def _finished(part: Asked | NotAsked, result: Future[Tensor] | Sentence) -> dict[str, Any]:
    if isinstance(part, NotAsked) or isinstance(result, Sentence):
        return {"run": part.run_id, "problem": result}
    probabilities = (await asyncio.wrap_future(result))[: part.num_classes]
    answer = {"run": part.run_id, "epoch": part.epoch, "probabilities": _rounded(probabilities)}
    return answer if part.seen is None else {**answer, "seen": _plain(part.seen)}


async def _body(request: Request, question: Question) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal():
        check_length(question, int(length[:12]), is_whole=False)
    content = bytearray()
    async for part in request.stream():
        content += part
        check_length(question, len(content), is_whole=False)
    check_length(question, len(content), is_whole=True)
    return bytes(content)


def _rounded(probabilities: Tensor) -> list[float]:
    return [round(value, 6) for value in probabilities.tolist()]


def _plain(image: Tensor) -> dict[str, Any]:
    """An image, uint8 (C, H, W), as JSON has it: its bytes, row by row, those of a pixel together."""
    channels, side, _ = image.shape
    pixels = image.permute(1, 2, 0).contiguous().numpy().tobytes()
    return {"side": side, "channels": channels, "pixels": b64encode(pixels).decode("ascii")}


def _refusal(problem: ValueError) -> Response:
    if isinstance(problem, Busy | StoreUnavailable):
        return JSONResponse({"problem": str(problem)}, 503, {"Retry-After": "1"})
    return JSONResponse({"problem": str(problem)}, problem.status if isinstance(problem, WrongQuestion) else 400)


ROUTE = Route(f"/{PATH}", _answer, methods=["POST"])
