"""The name of a browser: given once, with a page, signed, and found beside any other cookie."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import Response

from cnnlab.home import default_folder
from cnnlab.ui.visitors import visitor as module
from cnnlab.ui.visitors.allowance import Allowance
from cnnlab.ui.visitors.signing import KEY_BYTES, _signer, key_file, name_in, signed
from cnnlab.ui.visitors.visitor import COOKIE, NAMES_AT_ONCE, NameVisitors, accept_former_names, visitor
from tests.ui.asgi import start_of_answer

NAME = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_names", Allowance(burst=NAMES_AT_ONCE, seconds=60, clock=lambda: 0.0))
    monkeypatch.setattr(module, "_former_names", set())


def given(*, cookie: str = "", content_type: str = "text/html; charset=utf-8", host: str = "10.0.0.1") -> str | None:
    """The cookie that the middleware sets with a bare answer of that type."""
    page = Response(media_type=content_type)
    sent = [(b"cookie", cookie.encode("latin-1"))] if cookie else []
    _, headers = start_of_answer(NameVisitors(page), headers=sent, host=host)
    cookies = [value.decode() for name, value in headers if name == b"set-cookie"]
    assert len(cookies) <= 1
    return cookies[0] if cookies else None


def show_page(monkeypatch: pytest.MonkeyPatch, cookie: str | None, address: str | None = None) -> str:
    """Who a page is shown to that came with this cookie."""
    cookies = {} if cookie is None else {COOKIE: cookie}
    monkeypatch.setattr(module.st, "context", SimpleNamespace(cookies=cookies, ip_address=address))
    return visitor()


def test_a_new_browser_is_given_a_signed_name_with_its_page() -> None:
    first, second = given(), given()
    assert first is not None
    found = re.fullmatch(rf"{COOKIE}=([\w-]{{16}})(\.[\w-]+); Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax", first)
    assert found is not None
    assert name_in(found[1] + found[2]) == found[1]
    assert first != second


OTHERS = [
    "a=b",
    'consent={"a":1}',
    "foo@bar=2",
    "a@b=1",
    "a=x y",
    "a[b]=1",
    "path=/x",
    "expires=never",
    "=; ;;",
    'a="',
    "Max-Age",
    "ä=ö",
]


@pytest.mark.parametrize("other", OTHERS)
def test_a_known_browser_is_known_beside_any_other_cookie(other: str) -> None:
    assert given(cookie=f"{other}; {COOKIE}={signed(NAME)}") is None
    assert given(cookie=f"{COOKIE}={signed(NAME)}; {other}") is None
    assert given(cookie=other) is not None


def test_a_file_that_is_no_page_comes_without_a_name() -> None:
    assert given(content_type="text/css") is None


FORGED = ["", NAME, f"{NAME}.", f"{NAME}.AAAA", f"x{signed(NAME)}", f"{signed(NAME)}x", "ä.ö", "." * 5000]


@pytest.mark.parametrize("forged", FORGED)
def test_a_name_that_this_server_has_not_signed_is_nobody_s(forged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(cookie=f"{COOKIE}={forged}") is not None
    shown_to = show_page(monkeypatch, forged, "10.0.0.7")
    assert shown_to == show_page(monkeypatch, None, "10.0.0.7")
    assert shown_to not in forged or not forged
    assert show_page(monkeypatch, signed(NAME), "10.0.0.7") == NAME


def test_browsers_without_a_cookie_share_the_name_of_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = (show_page(monkeypatch, None, address) for address in ("10.0.0.1", "10.0.0.2"))
    assert here != there
    assert "10.0.0" not in here + there, "it cannot be worked out from the address"
    assert show_page(monkeypatch, None, None) not in (here, there)


def test_an_address_gets_as_many_names_as_a_class_needs_and_no_more() -> None:
    assert all(given() is not None for _ in range(NAMES_AT_ONCE))
    assert given() is None
    assert given(cookie=f"{COOKIE}={signed(NAME)}") is None
    assert given(host="10.0.0.2") is not None


def test_who_had_runs_before_names_were_signed_keeps_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    accept_former_names([NAME, "library", "ann"])
    assert given(cookie=f"{COOKIE}={NAME}") == (
        f"{COOKIE}={signed(NAME)}; Path=/; Max-Age={module.ONE_YEAR}; HttpOnly; SameSite=Lax"
    )
    assert show_page(monkeypatch, NAME) == NAME
    for other in ("library", "ann", "abcdef0123456789"):
        assert show_page(monkeypatch, other) == show_page(monkeypatch, None)


@pytest.fixture
def home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "home"))
    _signer.cache_clear()
    yield
    _signer.cache_clear()


@pytest.mark.usefixtures("home")
def test_the_key_is_kept_for_the_owner_of_the_folder_alone() -> None:
    before = signed(NAME)
    path = key_file(default_folder())
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    _signer.cache_clear()
    assert name_in(before) == NAME
    path.write_bytes(b"")  # damaged: an empty key would be known to everybody
    _signer.cache_clear()
    assert name_in(before) is None
    assert len(path.read_bytes()) == KEY_BYTES


@pytest.mark.usefixtures("home")
def test_where_no_key_can_be_kept_names_hold_as_long_as_the_server() -> None:
    default_folder().write_text("a file, not a folder")
    text = signed(NAME)
    assert name_in(text) == NAME
    _signer.cache_clear()
    assert name_in(text) is None


def test_an_allowance_grows_back_and_forgets_who_does_not_matter() -> None:
    now = [0.0]
    allowance = Allowance(burst=2, seconds=10, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(3)] == [0, 0, 10]
    now[0] = 9.0
    assert allowance.take("a") == 1
    now[0] = 10.0
    assert [allowance.take("a") for _ in range(2)] == [0, 10]
    for i in range(30_000):
        allowance.take(f"{i}")
    assert len(allowance._full_at) <= 10_000
