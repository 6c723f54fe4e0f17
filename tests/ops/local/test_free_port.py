"""Ports that a program is told before it opens them."""

from __future__ import annotations

import socket

import pytest

from ops.local import process

CLIENTS = 32768
"""Where the ports begin that Linux gives to connections; macOS and Windows begin at 49152."""


def test_nobody_is_told_the_same_port_or_one_that_a_connection_may_take_meanwhile() -> None:
    ports = [process.free_port() for _ in range(100)]
    assert len(set(ports)) == 100
    assert max(ports) < CLIENTS


def test_a_port_that_somebody_listens_on_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", process.free_port())) as taken:
        free = process.free_port()
        monkeypatch.setattr(process, "_PORTS", iter([taken.getsockname()[1], free]))
        assert process.free_port() == free
