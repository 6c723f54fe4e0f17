"""pytest fixture: tests connect to this machine alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """In every test of a folder whose conftest.py imports it."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        local = self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost")
        assert local, f"{address} is not this machine"
        real(self, address)

    with mock.patch.object(socket.socket, "connect", connect):
        yield
