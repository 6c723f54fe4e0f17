"""After any failure, the next command goes on to the end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.clouds.aws import Aws
from ops.inventory.deletion import clear_away
from ops.inventory.scan import AwsStackInventory
from ops.model import engine_graph
from ops.stack.identity import identity_of
from ops.stack.state import read
from rehearsal import generated
from rehearsal.aws.package import TYPES
from rehearsal.engine import RehearsalEngine, interrupt, kill
from rehearsal.kubernetes import litellm
from rehearsal.kubernetes.kinds import KINDS
from rehearsal.simulation import Simulation
from tests.program import WITH_DOMAIN, recorded
from tests.rehearsal.engines import (
    ALL,
    after_operations,
    engine,
    fail_everything_once,
    get_past_a_failure,
    kill_during,
    nothing_is_left,
    succeed,
    to_fail,
)

pytestmark = pytest.mark.engine


SERVED = {**TYPES, **KINDS, **generated.TYPES}
RESOURCES = engine_graph.engine_resources(recorded("day with a domain").resources)
CASES = to_fail(RESOURCES, SERVED)


@pytest.mark.parametrize(("token", "name"), CASES)
def test_a_failure_is_named_and_the_next_command_gets_past_it(
    simulation: Simulation, folder: Path, token: str, name: str
) -> None:
    get_past_a_failure(simulation, engine(simulation, folder, **WITH_DOMAIN), token, name)


def test_a_day_comes_and_goes_although_everything_fails_once(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder, **WITH_DOMAIN)
    every = {(resource.type, resource.name) for resource in RESOURCES if resource.type in SERVED}
    assert fail_everything_once(simulation, "create", day.up) == every
    assert fail_everything_once(simulation, "delete", day.destroy) == every
    nothing_is_left(simulation, day)


def test_a_virtual_key_that_litellm_refuses_is_named_and_the_next_up_completes(
    simulation: Simulation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its deletion is LiteLLM's own end; the drain gate's failures are in test_drain_gate.py."""
    day = engine(simulation, folder)
    with monkeypatch.context() as refusing:
        refusing.setattr(litellm, "answer", lambda *_: (400, {"error": {"message": "max_budget is too small"}}))
        refused = day.up()
    assert not refused.succeeded
    assert "max_budget is too small" in refused.diagnostics
    assert "VirtualKey" in refused.diagnostics
    succeed(day.up())
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def test_up_completes_a_day_whose_destroy_failed(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    simulation.operations.failing = {"aws:rds/cluster:Cluster": 1}
    assert not day.destroy().succeeded
    succeed(day.up())
    succeed(day.destroy())
    nothing_is_left(simulation, day)


AFTER = [5, 60, 100] if ALL else [60]
"""Operations after which a command is stopped, of the 107 of `up` and of `destroy`."""


@pytest.mark.parametrize("after", AFTER)
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


@pytest.mark.parametrize("after", AFTER)
def test_a_destroy_that_was_killed_completes_after_cancel_and_refresh(
    simulation: Simulation, folder: Path, after: int
) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    _stop(simulation, day, "destroy", after, kill)
    day.mend_state()
    assert "locked" in day.destroy().output
    succeed(day.run("cancel", "--yes"))
    succeed(day.destroy("--refresh"))
    nothing_is_left(simulation, day)


ORPHANS = {
    "aws:eks/cluster:Cluster": "EKS cluster",
    "kubernetes:helm.sh/v3:Release": "",  # its namespace takes it along
    **({"aws:ec2/vpc:Vpc": "VPC", "aws:rds/cluster:Cluster": "Aurora cluster"} if ALL else {}),
}
"""What an `up` was making when it was killed, and what is left of it."""


@pytest.mark.parametrize(("token", "orphan"), ORPHANS.items())
def test_after_an_up_that_was_killed_the_documented_recovery_and_the_sweep_leave_nothing(
    simulation: Simulation, folder: Path, monkeypatch: pytest.MonkeyPatch, token: str, orphan: str
) -> None:
    day = engine(simulation, folder)
    kill_during(simulation, day, token)
    day.mend_state()
    assert "locked" in day.up().output
    succeed(day.run("cancel", "--yes"))
    assert day.state()["pending_operations"]
    succeed(day.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates"))
    day.destroy()
    assert bool(orphan) == bool(simulation.leftovers())
    assert not orphan or simulation.leftovers()[orphan]
    for name, value in simulation.environment.items():
        monkeypatch.setenv(name, value)
    state = folder / "state.json"
    succeed(day.run("stack", "export", "--show-secrets", "--file", str(state)))
    identity = identity_of(read(json.loads(state.read_text())["deployment"]), owner="")
    cloud = AwsStackInventory(Aws(simulation.account.region), day.stack, "", identity)
    clear_away(cloud, cloud.scan(), lambda _: True, lambda _: None, pause=lambda: None)
    for resources in simulation.account.elasticache.resources.values():
        resources.clear()  # the sweep looks in moto, which has no groups of ElastiCache
    succeed(day.destroy("--refresh"))
    nothing_is_left(simulation, day)
    succeed(day.up())
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def _stop(
    simulation: Simulation, day: RehearsalEngine, command: str, after: int, how: Callable[[subprocess.Popen[str]], None]
) -> None:
    """Run the command and stop it once so many operations of a provider are done."""
    process: list[subprocess.Popen[str]] = []
    with after_operations(simulation, after, lambda: how(process[0])):
        getattr(day, command)(started=process.append)
