"""Whatever is simulated here reaches nothing beyond this machine; the engine has no way out (`RehearsalEngine`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine import RehearsalError, find_cli
from rehearsal.simulation import Simulation, running
from tests.loopback import loopback_only as loopback_only
from tests.required import missing


@pytest.fixture
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """An empty account; a test marked `engine` needs the Pulumi CLI to run a real engine in it."""
    if request.node.get_closest_marker("engine"):
        try:
            find_cli()
        except RehearsalError as error:
            missing(str(error))
    with running(hosted_zones=["example.com"]) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where engines work."""
    return tmp_path
