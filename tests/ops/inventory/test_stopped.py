"""What must come before the deletion of a database that RDS would refuse to delete as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from ops.clouds.aurora import MakeDeletable
from ops.clouds.aws import Aws
from ops.clouds.removal import PermanentError
from ops.inventory import stores
from tests.ops.inventory.world import World, answering, error
from tests.ops.preflight.stand_in import aws_answers


def cluster(**more: Any) -> dict[str, Any]:
    return {"DBClusterIdentifier": "c", "Status": "available", **more}


def command(**more: Any) -> str:
    with aws_answers({"DescribeDBClusters": {"DBClusters": [cluster(**more)]}}):
        (resource,) = stores.database_clusters(Aws("us-east-1"))
    return resource.command


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"Status": "stopped"}, "aws rds start-db-cluster --db-cluster-identifier c"),
        ({"Status": "stopping"}, "aws rds start-db-cluster --db-cluster-identifier c"),
        ({"DeletionProtection": True}, "--no-deletion-protection"),
        ({"AwsBackupRecoveryPointArn": "arn:x"}, "--no-delete-automated-backups"),
        ({"ReplicationSourceIdentifier": "arn:y"}, "aws rds promote-read-replica-db-cluster"),
        ({"GlobalClusterIdentifier": "g", "DBClusterArn": "arn:c"}, "aws rds remove-from-global-cluster"),
        *[
            ({"Status": status}, "aws rds wait db-cluster-available")
            for status in ("creating", "modifying", "backing-up", "upgrading", "starting", "renaming")
        ],
        ({"Status": "inaccessible-encryption-credentials-recoverable", "KmsKeyId": "k"}, "aws kms enable-key"),
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

    with answering(call), mock.patch("ops.clouds.aurora.time.sleep"):
        MakeDeletable(world.aws(), cluster(Status="stopping")).run()
    assert asked.count("StartDBCluster") == 1
    assert asked[-1] == "DescribeDBClusters"


@pytest.mark.parametrize("status", ["inaccessible-encryption-credentials", "failed", "deleting"])
@pytest.mark.usefixtures("world")
def test_a_status_that_never_ends_is_not_waited_for(status: str) -> None:
    assert "wait db-cluster-available" not in command(Status=status)


def test_a_replica_is_promoted_once_before_its_instances_go(world: World) -> None:
    now = cluster(ReplicationSourceIdentifier="arn:y", DeletionProtection=True)
    asked: list[str] = []
    instance = {"DBInstanceIdentifier": "i", "DBClusterIdentifier": "c", "DBInstanceClass": "x"}

    def call(_client: Any, operation: str, _parameters: dict[str, Any]) -> Any:
        asked.append(operation)
        if operation == "ModifyDBCluster":
            now["DeletionProtection"] = False
        if operation == "PromoteReadReplicaDBCluster":
            del now["ReplicationSourceIdentifier"]
        if operation == "DescribeDBInstances":
            return {
                "DBInstances": [{**instance, "DBInstanceStatus": "available"}]
                if "DeleteDBInstance" not in asked
                else []
            }
        return {"DBClusters": [dict(now)]}

    with answering(call), mock.patch("ops.clouds.aurora.time.sleep"), mock.patch("botocore.waiter.time.sleep"):
        (resource,) = stores.database_instances(world.aws())
        for step in resource.removal:
            step.run()
    done = [call for call in asked if not call.startswith("Describe")]
    assert done == ["ModifyDBCluster", "PromoteReadReplicaDBCluster", "DeleteDBInstance"]


def test_a_cluster_without_its_key_is_left_with_the_command_that_gives_it_back(world: World) -> None:
    found = cluster(Status="inaccessible-encryption-credentials-recoverable", KmsKeyId="key-1")

    def call(_client: Any, operation: str, _parameters: dict[str, Any]) -> Any:
        if operation == "DescribeDBClusters":
            return {"DBClusters": [found]}
        raise error("KMSKeyNotAccessibleFault", operation)

    with answering(call), pytest.raises(PermanentError, match="aws kms enable-key --key-id key-1"):
        MakeDeletable(world.aws(), found).run()
