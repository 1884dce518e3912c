"""The address at which others reach a page."""

import ipaddress
import socket

import pytest

from cnnlab.ui.sharing import reachable
from cnnlab.ui.sharing.reachable import for_others, is_local, machine_address


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "lab.localhost", "127.0.0.1", "127.3.2.1", "[::1]", "0.0.0.0"]
)
def test_these_addresses_lead_every_machine_to_itself(host: str) -> None:
    assert is_local(f"http://{host}:8501/train?run=h7k2m9")


@pytest.mark.parametrize("host", ["192.168.1.7", "10.0.0.2", "lab.school.example", "localhost.example", "[fe80::1]"])
def test_an_address_that_others_reach_stays(host: str) -> None:
    address = f"http://{host}:8501/compare?net=resnet18:width=48,depths=2&net=vgg16#part"
    assert not is_local(address)
    assert for_others(address) == address


def test_this_machine_is_named_by_its_address_in_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable, "machine_address", lambda: "192.168.1.7")
    for given, expected in (
        ("http://localhost:8501/", "http://192.168.1.7:8501/"),
        ("http://127.0.0.1/train?preset=vgg16&epochs=5", "http://192.168.1.7/train?preset=vgg16&epochs=5"),
        ("http://[::1]:8501/compare?net=vgg16:width=48", "http://192.168.1.7:8501/compare?net=vgg16:width=48"),
    ):
        assert for_others(given) == expected


@pytest.mark.parametrize("found", [None, "127.0.0.1"])
def test_a_machine_without_a_network_has_no_address_for_others(
    monkeypatch: pytest.MonkeyPatch, found: str | None
) -> None:
    monkeypatch.setattr(reachable, "machine_address", lambda: found)
    assert for_others("http://localhost:8501/") is None


def test_the_address_of_this_machine_is_one() -> None:
    found = machine_address()
    assert found is None or ipaddress.ip_address(found).version == 4


def test_without_a_way_there_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", fail)
    assert machine_address() is None
