"""The files that browsers get: compressed once, kept by the browser as long as they hold, and never mixed up."""

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from cnnlab.ui.paths import ROOT, STATIC
from cnnlab.ui.serving.static_files import CachedFiles, CompressFiles
from tests.ui.asgi import answer

SCRIPT = "const answer = 42;\n" * 1000


def stand_in(_: Request) -> PlainTextResponse:
    return PlainTextResponse("a page", media_type="text/html")


ZIPPED = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def served(tmp_path: Path) -> Starlette:
    (tmp_path / "long.js").write_text(SCRIPT)
    (tmp_path / "long.0123abcd.js").write_text(SCRIPT)
    (tmp_path / "picture.png").write_bytes(b"pixels")
    routes = [Route("/static/{name:path}", stand_in), Mount("/files", CachedFiles(directory=tmp_path))]
    # Streamlit has the second one, which would compress what is compressed already.
    return Starlette(routes=routes, middleware=[Middleware(CompressFiles), Middleware(GZipMiddleware)])


def test_scripts_are_compressed_and_the_same_for_all(served: Starlette) -> None:
    for _ in range(2):
        status, headers, body = answer(served, "/files/long.js", ZIPPED)
        assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
        assert int(headers["content-length"]) == len(body) < len(SCRIPT) / 10
        assert gzip.decompress(body).decode() == SCRIPT
    assert answer(served, "/files/long.js", {**ZIPPED, "If-None-Match": headers["etag"]})[0] == 304


def test_who_reads_no_gzip_or_asks_for_a_part_gets_the_file_itself(served: Starlette) -> None:
    answer(served, "/files/long.js", ZIPPED)
    for asked, status, text in (({}, 200, SCRIPT), ({**ZIPPED, "Range": "bytes=0-4"}, 206, "const")):
        found, headers, body = answer(served, "/files/long.js", asked)
        assert (found, body.decode()) == (status, text)
        assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("path", "status"), [("/static/js/missing.js", 200), ("/files/missing.js", 404), ("/files/picture.png", 200)]
)
def test_pages_pictures_and_missing_files_pass_unchanged(served: Starlette, path: str, status: int) -> None:
    found, headers, _ = answer(served, path, ZIPPED)
    assert found == status
    assert "content-encoding" not in headers


def test_only_names_with_a_hash_are_kept_for_good(served: Starlette) -> None:
    held = {
        name: answer(served, f"/files/{name}", ZIPPED)[1]["cache-control"] for name in ("long.js", "long.0123abcd.js")
    }
    assert held == {"long.js": "public, max-age=86400", "long.0123abcd.js": "public, immutable, max-age=31536000"}


def test_the_fonts_are_there_under_the_hashes_of_their_content() -> None:
    faces = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]["fontFaces"]
    for face in faces:
        file = STATIC / face["url"].removeprefix("/files/")
        named = re.search(r"\.([0-9a-f]{8})\.woff2$", file.name)
        assert named is not None
        assert hashlib.sha256(file.read_bytes()).hexdigest().startswith(named[1])
