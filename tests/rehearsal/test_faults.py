"""Whatever fails, the next command gets past it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.plan import engine_graph
from rehearsal import generated
from rehearsal.aws.package import TYPES
from rehearsal.engine import Engine, interrupt, kill
from rehearsal.kubernetes.kinds import KINDS
from rehearsal.operations import Operation
from rehearsal.simulation import Simulation
from tests.program import WITH_DOMAIN, recorded
from tests.rehearsal.days import ALL, engine, get_past_a_failure, nothing_is_left, succeed, to_fail

pytestmark = pytest.mark.engine


SERVED = {**TYPES, **KINDS, **generated.TYPES}
CASES = to_fail(engine_graph.engine_resources(recorded("day with a domain").resources), SERVED)


@pytest.mark.parametrize(("token", "name"), CASES, ids="::".join)
def test_a_failure_is_named_and_the_next_command_gets_past_it(
    simulation: Simulation, folder: Path, token: str, name: str
) -> None:
    get_past_a_failure(simulation, engine(simulation, folder, **WITH_DOMAIN), token, name)


def test_up_completes_a_day_whose_destroy_failed(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    simulation.operations.failing = {"aws:rds/cluster:Cluster": 1}
    assert not day.destroy().succeeded
    succeed(day.up())
    succeed(day.destroy())
    nothing_is_left(simulation, day)


@pytest.mark.parametrize("after", [5, 60, 110] if ALL else [60])
@pytest.mark.parametrize("command", ["up", "destroy"])
def test_an_interrupted_command_can_be_run_again(
    simulation: Simulation, folder: Path, command: str, after: int
) -> None:
    day = engine(simulation, folder)
    if command == "destroy":
        succeed(day.up())
    _stop(simulation, day, command, after, interrupt)
    assert not day.state().get("pending_operations")
    succeed(day.up())
    succeed(day.destroy())
    nothing_is_left(simulation, day)


@pytest.mark.parametrize("after", [5, 60] if ALL else [60])
def test_a_destroy_that_was_killed_completes_after_cancel_and_refresh(
    simulation: Simulation, folder: Path, after: int
) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    _stop(simulation, day, "destroy", after, kill)
    assert "locked" in day.destroy().output
    succeed(day.run("cancel", "--yes"))
    succeed(day.destroy("--refresh"))
    nothing_is_left(simulation, day)


def test_an_up_that_was_killed_leaves_a_lock_and_orphans_that_the_state_does_not_know(
    simulation: Simulation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = engine(simulation, folder)
    process: list[subprocess.Popen[str]] = []
    made = threading.Event()
    typical = simulation.operations.typical

    def kill_while_the_vpc_is_made(kind: str, token: str) -> float:
        if token == "aws:ec2/vpc:Vpc":
            kill(process[0])
        return typical(kind, token)

    simulation.operations.watch = lambda one: made.set() if one.type == "aws:ec2/vpc:Vpc" else None
    with monkeypatch.context() as patched:
        patched.setattr(simulation.operations, "typical", kill_while_the_vpc_is_made)
        day.up(started=process.append)
    assert made.wait(30), "AWS goes on with a creation whose asker is gone"
    assert "locked" in day.up().output
    succeed(day.run("cancel", "--yes"))
    assert day.state()["pending_operations"]
    succeed(day.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates"))
    succeed(day.destroy())
    assert day.resources() == []
    [orphan] = simulation.leftovers().pop("VPC")
    simulation.account.call("ec2", "delete_vpc", VpcId=orphan)  # what a sweep does
    succeed(day.up())
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def _stop(
    simulation: Simulation, day: Engine, command: str, after: int, how: Callable[[subprocess.Popen[str]], None]
) -> None:
    """Run the command and stop it once so many operations of a provider are done."""
    process: list[subprocess.Popen[str]] = []
    first = len(simulation.operations.done)

    def watch(_: Operation) -> None:
        if len(simulation.operations.done) - first == after:
            how(process[0])

    simulation.operations.watch = watch
    getattr(day, command)(started=process.append)
    simulation.operations.watch = lambda one: None
