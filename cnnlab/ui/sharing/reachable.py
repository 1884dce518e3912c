"""At which address do others reach a page that is open here?"""

import ipaddress
import socket
from urllib.parse import urlsplit

_ELSEWHERE = ("192.0.2.1", 9)
"""An address that is no machine's: the system is only asked which way it would take, and nothing is sent."""


def is_local(address: str) -> bool:
    """Whether an address leads every machine to itself.

    >>> [is_local(f"http://{host}:8501/train") for host in ("localhost", "127.0.0.1", "[::1]", "192.168.1.7")]
    [True, True, True, False]
    """
    host = urlsplit(address).hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return number.is_loopback or number.is_unspecified


def is_address(text: str) -> bool:
    """Whether it is an address of a page; a browser sends nothing else.

    >>> is_address("http://192.168.1.7:8501/train"), is_address("http://[::1"), is_address("http://lab:port/")
    (True, False, False)
    """
    try:
        parts = urlsplit(str(text))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def machine_address() -> str | None:
    """The address of this machine in its network, or None where it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(_ELSEWHERE)
        except OSError:
            return None
        return str(way.getsockname()[0])


def for_others(address: str) -> str | None:
    """The address at which others reach the page, or None where this machine is in no network."""
    if not is_local(address):
        return address
    machine = machine_address()
    if machine is None or is_local(f"//{machine}"):
        return None
    parts = urlsplit(address)
    return parts._replace(netloc=machine if parts.port is None else f"{machine}:{parts.port}").geturl()
