"""What must come before the deletion of a database that RDS would refuse to delete as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from ops.leftovers import stores
from ops.leftovers.aws import Aws, StartCluster
from tests.ops.leftovers.world import World, answering
from tests.ops.preflight.stand_in import aws_answers


def cluster(**more: Any) -> dict[str, Any]:
    return {"DBClusterIdentifier": "c", "Status": "available", **more}


def command(**more: Any) -> str:
    with aws_answers({"DescribeDBClusters": {"DBClusters": [cluster(**more)]}}):
        (thing,) = stores.database_clusters(Aws("us-east-1"))
    return thing.command


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"Status": "stopped"}, "aws rds start-db-cluster --db-cluster-identifier c"),
        ({"Status": "stopping"}, "aws rds start-db-cluster --db-cluster-identifier c"),
        ({"DeletionProtection": True}, "--no-deletion-protection"),
        ({"AwsBackupRecoveryPointArn": "arn:x"}, "--no-delete-automated-backups"),
        ({"ReplicationSourceIdentifier": "arn:y"}, "aws rds promote-read-replica-db-cluster"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_cluster_that_cannot_be_deleted_as_it_is_is_made_so_first(state: dict[str, Any], says: str) -> None:
    assert says not in command()
    assert says in command(**state)
    assert "aws rds delete-db-cluster" in command(**state)


def test_a_stop_is_waited_for_and_then_the_cluster_started_once(world: World) -> None:
    states: Iterator[str] = iter(["stopping", "stopped", "starting", "available"])
    asked: list[str] = []

    def call(_client: Any, operation: str, _parameters: dict[str, Any]) -> Any:
        asked.append(operation)
        return {"DBClusters": [cluster(Status=next(states))]} if operation == "DescribeDBClusters" else {}

    with answering(call), mock.patch("ops.leftovers.aws.time.sleep"):
        StartCluster(world.aws(), "c").run()
    assert asked.count("StartDBCluster") == 1
    assert asked[-1] == "DescribeDBClusters"
