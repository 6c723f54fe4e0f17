"""Whatever fails, the next command gets past it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.plan import eks_children, engine_graph, timeline
from rehearsal.aws.package import TYPES
from rehearsal.engine import Engine, Result, interrupt, kill
from rehearsal.kubernetes.kinds import KINDS
from rehearsal.operations import Operation
from rehearsal.simulation import Simulation
from tests.program import WITH_DOMAIN, recorded
from tests.rehearsal.days import engine, nothing_is_left, succeed

pytestmark = pytest.mark.engine


def _in_order_of_creation() -> list[str]:
    """Every type that a provider serves, those before that others wait for."""
    resources = engine_graph.engine_resources(recorded("day with a domain").resources)
    steps = timeline.up(engine_graph.edges(resources), {one.urn: 1 for one in resources}).steps
    found = sorted((one for one in resources if one.type in {**TYPES, **KINDS}), key=lambda one: steps[one.urn].start)
    return list(dict.fromkeys(one.type for one in found))


EVERY = _in_order_of_creation()
SOME = [
    "aws:ec2/natGateway:NatGateway",
    eks_children.CLUSTER,
    "aws:rds/clusterInstance:ClusterInstance",
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:core/v1:Namespace",
]
"""What takes longest and fails most on real days; every type in turn with GENAI_REHEARSE_ALL (make rehearse-all)."""
CHOSEN = EVERY if os.environ.get("GENAI_REHEARSE_ALL") else [one for one in EVERY if one in SOME]


def _one_failure_each(simulation: Simulation, command: str, day: Engine) -> None:
    """Run the command again and again, each time with another type failing once, as long as it has to do with it."""
    reached = 0
    for token in CHOSEN if command == "up" else reversed(CHOSEN):
        if any(one["type"] == token for one in day.resources()) == (command == "up"):
            continue  # an earlier run, which went on beside its failure, has made it, or removed it, already
        reached += 1
        simulation.operations.failing = {token: 1}
        result: Result = getattr(day, command)()
        assert simulation.operations.failing[token] == 0, f"{command} never came to {token}:\n{result.output}"
        assert not result.succeeded
        kind = "create" if command == "up" else "delete"
        assert f"{kind} {token}" in result.output, f"the error does not name {token}:\n{result.output}"
    assert reached > len(CHOSEN) / 3
    simulation.operations.failing = {}


def test_one_failure_of_each_type_in_turn_never_stops_the_day_for_good(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder, **WITH_DOMAIN)
    _one_failure_each(simulation, "up", day)
    succeed(day.up())
    _one_failure_each(simulation, "destroy", day)
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


@pytest.mark.parametrize("after", [5, 60, 110])
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


@pytest.mark.parametrize("after", [5, 60])
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
    simulation: Simulation, folder: Path
) -> None:
    day = engine(simulation, folder)
    simulation.operations.slow["aws:ec2/vpc:Vpc"] = 4
    simulation.operations.watch = lambda one: None
    _stop(simulation, day, "up", 12, kill)
    while not any(one.type == "aws:ec2/vpc:Vpc" for one in simulation.operations.done):
        pass
    assert "locked" in day.up().output
    succeed(day.run("cancel", "--yes"))
    assert day.state()["pending_operations"]
    succeed(day.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates"))
    succeed(day.destroy())
    assert day.resources() == []
    [orphan] = simulation.leftovers().pop("VPC")
    simulation.account.call("ec2", "delete_vpc", VpcId=orphan)  # what a sweep does
    simulation.operations.slow.clear()
    succeed(day.up())
    succeed(day.destroy())


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
