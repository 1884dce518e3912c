"""Every page opens under its name, the default page too."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import pytest
from starlette.requests import Request
from starlette.routing import Match

from cnnlab.ui.serving.default_page import ROUTE


@pytest.mark.parametrize("base", ["http://lab", "http://lab/class/5"])
@pytest.mark.parametrize("query", ["", "preset=resnet18&width=48", "preset=vgg11&x=%2F%2Felsewhere&y=a%20b"])
def test_explore_is_the_root_with_the_same_parameters(base: str, query: str) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/explore",
        "query_string": query.encode(),
        "headers": [(b"host", b"lab")],
    }
    match, _ = ROUTE.matches(scope)
    assert match is Match.FULL
    with ThreadPoolExecutor() as threads:  # this one may have a loop of its own, of a browser
        answer = threads.submit(lambda: asyncio.run(ROUTE.endpoint(Request(scope)))).result()
    assert answer.status_code == 307
    asked = f"{base}/explore?{query}" if query else f"{base}/explore"
    assert urljoin(asked, answer.headers["location"]) == (f"{base}/?{query}" if query else f"{base}/")
