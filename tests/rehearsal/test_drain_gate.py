"""The drain gate on the real engine: what the cluster holds at destroy, and what happens when it does not let go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rehearsal.engine import RehearsalEngine
from rehearsal.run import LOST_CLUSTER
from rehearsal.simulation import Simulation
from tests.rehearsal.engines import engine, nothing_is_left, succeed

pytestmark = pytest.mark.engine


@contextmanager
def _impatient(day: RehearsalEngine) -> Iterator[None]:
    """Eleven minutes are too long for a test: the gate of this copy gives up after some seconds."""
    gate = day.project / "components/kubernetes/drain_gate.py"
    text = gate.read_text()
    assert "time_limit = 11 * 60.0" in text
    gate.write_text(text.replace("time_limit = 11 * 60.0", "time_limit = 3.0"))
    yield
    gate.write_text(text)


def test_destroy_waits_for_slow_volumes(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    simulation.operations.slow["volume"] = 20
    begin = time.monotonic()
    output = succeed(day.destroy()).output
    assert time.monotonic() - begin > 20
    assert "waiting for PersistentVolume" in output
    nothing_is_left(simulation, day)


def test_volumes_that_never_go_keep_the_cluster_and_are_named(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    simulation.operations.slow["volume"] = 10**9
    with _impatient(day):
        result = day.destroy()
    assert not result.succeeded
    assert "PersistentVolume pvc-" in result.output
    [cluster] = simulation.clusters.by_name.values()
    for path in cluster.due:
        cluster.due[path] = 0
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def test_without_the_cluster_destroy_fails_and_the_documented_recovery_shows_what_aws_kept(
    simulation: Simulation, folder: Path
) -> None:
    day = engine(simulation, folder)
    succeed(day.up())
    simulation.lose_clusters()
    refused = day.destroy()
    assert not refused.succeeded
    assert "configured Kubernetes cluster is unreachable" in refused.output
    simulation.kubernetes.delete_unreachable = True
    stuck = day.destroy("--refresh", environment=LOST_CLUSTER)
    kept = simulation.leftovers()
    assert len(kept["volume"]) == 1
    [group] = kept["security group"]
    assert group.startswith("eks-cluster-sg-genai-dev-")
    assert not stuck.succeeded, "the VPC cannot go while EKS's group is in it"
    call = simulation.account.call
    for found in call("ec2", "describe_security_groups")["SecurityGroups"]:
        if found["GroupName"] == group:
            call("ec2", "delete_security_group", GroupId=found["GroupId"])
    succeed(day.destroy())
    assert simulation.leftovers() == {"volume": kept["volume"]}
