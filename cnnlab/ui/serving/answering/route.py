"""`POST answer`: which classes the networks of runs see in an image, with which probabilities, as JSON.

    POST answer?run=ID[,ID...][&epoch=N|all][&prepare=centre|none]    Content-Type: image/png, or another image's
    POST answer?run=...&width=W&height=H                              Content-Type: application/octet-stream

The answer is `{"answers": [{"run", "epoch", "probabilities"} or {"run", "problem"}]}`, and the first one has the image
as its network gets it, `seen`. An error is `{"problem": sentence}`.
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
from cnnlab.ui.serving.answering.asking import Asked, NotAsked, networks_asked
from cnnlab.ui.serving.answering.batches import Busy, TooSlow, served_batches
from cnnlab.ui.serving.answering.question import DRAWING_TYPE, Question, WrongQuestion, check_length, question_in
from cnnlab.ui.visitors.allowance import Allowance
from cnnlab.ui.visitors.signing import is_token_for, token_for
from cnnlab.ui.visitors.visitor import visitor, visitor_of
from cnnlab.words.sentence import Sentence

PATH = "answer"
TOKEN_HEADER = "X-CNNLab-Token"
_PURPOSE = "answers"

NOTHING_DRAWN = Sentence("Draw something: the answer follows the pen.")

_visitors = Allowance(burst=80, seconds=1 / 40)
"""How often one browser may ask."""

_files = threading.Semaphore(2)
"""So many files are read at the same time: each may take hundreds of megabytes meanwhile."""


def access() -> dict[str, str]:
    """How the browser of the page's visitor asks: no other site can read the token, which is of this visitor alone."""
    return {"path": PATH, "header": TOKEN_HEADER, "token": token_for(_PURPOSE, visitor()), "type": DRAWING_TYPE}


async def _answer(request: Request) -> Response:
    try:
        return JSONResponse(await _answers(request))
    except WrongQuestion as problem:
        return _refusal(problem, problem.status)
    except Refused as problem:
        return _refusal(problem, 400)
    except (Busy, StoreUnavailable) as problem:
        return _refusal(problem, 503, wait=1)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it


async def _answers(request: Request) -> dict[str, Any]:
    name = visitor_of(request)
    if not is_token_for(_PURPOSE, name, request.headers.get(TOKEN_HEADER, "")):
        raise WrongQuestion(Sentence("The page is not one of this server, or it is too old: load it again."), 403)
    if _visitors.take(name) > 0:
        raise Busy(Sentence("This browser asks too often: it goes on in a moment."))
    question = question_in(request.query_params, request.headers)
    if question.is_drawing:
        return await _answers_to(request, question)
    if not _files.acquire(blocking=False):
        raise Busy(Sentence("Other files are being read: it goes on in a moment."))
    try:
        return await _answers_to(request, question)
    finally:
        _files.release()


async def _answers_to(request: Request, question: Question) -> dict[str, Any]:
    content = await _body(request, question)
    asked = await run_in_threadpool(networks_asked, question, content)
    if not asked:
        return {"answers": [], "problem": NOTHING_DRAWN}
    # All wait in the queue before the first one is awaited.
    begun = [_begun(part, is_urgent=not question.all_epochs) for part in asked]
    return {"answers": [await _finished(part, result) for part, result in zip(asked, begun, strict=True)]}


def _begun(part: Asked | NotAsked, *, is_urgent: bool) -> Future[Tensor] | Sentence:
    if isinstance(part, NotAsked):
        return part.sentence
    try:
        return served_batches().ask(part.network, part.image, is_urgent=is_urgent)
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


def _refusal(problem: Exception, status: int, *, wait: int = 0) -> Response:
    headers = {"Retry-After": str(wait)} if wait else {}
    return JSONResponse({"problem": str(problem)}, status, headers)


ROUTE = Route(f"/{PATH}", _answer, methods=["POST"])
