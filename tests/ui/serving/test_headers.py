"""What every answer of the server says to the browser, the failed ones included."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cnnlab.ui.serving.headers import HEADERS, SecureAnswers, failed
from tests.ui.asgi import start_of_answer


def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


def fail(_: Request) -> PlainTextResponse:
    raise RuntimeError("a secret")


APP = Starlette(
    routes=[Route("/", page), Route("/fails", fail), Route("/_stcore/metrics", page)],
    middleware=[Middleware(SecureAnswers)],
    exception_handlers={Exception: failed},
)


@pytest.mark.parametrize(("path", "expected"), [("/", 200), ("/missing", 404), ("/fails", 500)])
def test_every_answer_forbids_other_sites_to_frame_it(path: str, expected: int) -> None:
    status, headers = start_of_answer(APP, path)
    assert status == expected
    assert set(headers) >= {(name.lower().encode(), value.encode()) for name, value in HEADERS.items()}


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/lab/_stcore/metrics"])
def test_nobody_reads_what_streamlit_measures(path: str) -> None:
    assert start_of_answer(APP, path)[0] == 404
