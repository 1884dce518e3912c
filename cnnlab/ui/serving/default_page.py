"""The default page under its own name: Streamlit opens it only at the root of the address."""

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from cnnlab.ui.paths import EXPLORE


async def _open(request: Request) -> RedirectResponse:
    """To the root that the server has in the browser, with the same parameters."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"./{query}")


ROUTE = Route(f"/{EXPLORE.stem}", _open)
