"""Engines for tests, and what a test asks of the world afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.engine import Engine, Result
from rehearsal.simulation import Simulation

ADDRESS = {"genaiplatform:allowedCidrs": ["203.0.113.10/32"]}


def config(**settings: Any) -> dict[str, Any]:
    return {**ADDRESS, **{f"genaiplatform:{key}": value for key, value in settings.items()}}


def engine(simulation: Simulation, folder: Path, stack: str = "dev", **settings: Any) -> Engine:
    return Engine(folder, stack, config(**settings), simulation.environment)


def succeed(result: Result) -> Result:
    assert result.succeeded, result.output
    return result


def nothing_is_left(simulation: Simulation, *engines: Engine) -> None:
    """Proved from the world and the states, never from an exit code."""
    assert simulation.leftovers() == {}
    for one in engines:
        assert one.resources() == []
        assert not one.state().get("pending_operations")


def touched(simulation: Simulation, since: int) -> set[tuple[str, str]]:
    """Operation and name of each resource that a provider changed since so many operations."""
    return {(one.kind, one.name) for one in simulation.operations.done[since:]}
