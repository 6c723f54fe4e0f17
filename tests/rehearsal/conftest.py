from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine import RehearsalError, find_cli
from rehearsal.simulation import Simulation, running


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is simulated here reaches nothing beyond this machine; the engine has no way out (`Engine`)."""
    connect = socket.socket.connect

    def to_loopback(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost"), address
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", to_loopback)


@pytest.fixture
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """An empty account; a test marked `engine` needs the Pulumi CLI to run a real engine in it."""
    if request.node.get_closest_marker("engine"):
        try:
            find_cli()
        except RehearsalError as error:
            if os.environ.get("GENAI_REQUIRE_ALL"):
                pytest.fail(str(error))
            pytest.skip(str(error))
    with running(hosted_zones=["example.com"]) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where engines work."""
    return tmp_path
