from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine import EngineError, find_cli
from rehearsal.simulation import Simulation, running


@pytest.fixture
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """An empty account; a test marked `engine` needs the Pulumi CLI to run a real engine in it."""
    if request.node.get_closest_marker("engine"):
        try:
            find_cli()
        except EngineError as error:
            if os.environ.get("GENAI_REQUIRE_ALL"):
                pytest.fail(str(error))
            pytest.skip(str(error))
    with running(hosted_zones=["example.com"]) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where engines work."""
    return tmp_path
