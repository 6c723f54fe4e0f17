"""Aurora clusters that RDS refuses to delete as they are: starts, promotes and unprotects them first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ops.clouds.aws import Aws, removing
from ops.clouds.removal import Item, PermanentError

_ATTEMPTS, _PAUSE = 120, 15.0
"""How often a cluster is described, and the seconds between. That half an hour is enough for a start or an upgrade is
an estimate: AWS publishes no figure. botocore's waiter for an available cluster waits as long."""
_NO_KEY = "inaccessible-encryption-credentials-recoverable"
_HOPELESS = frozenset(
    {"deleting", "failed", "inaccessible-encryption-credentials", "incompatible-network", "incompatible-restore"}
)
"""Statuses that never become `available`; RDS deletes clusters in them, or says why not."""


@dataclass(frozen=True)
class MakeDeletable:
    """Waits until the cluster rests, starts it, and ends protection, replication and membership, for RDS deletes none.

    It comes before the instances go: the last one of a replica stays as long as that is one.
    """

    aws: Aws
    cluster: Item
    """As RDS described it."""

    @property
    def needed(self) -> bool:
        """Whether anything is to be done."""
        return self.command != ""

    @property
    def command(self) -> str:
        """As the AWS CLI spells it; empty when the cluster can be deleted as it is."""
        status = self.cluster["Status"]
        if status in _HOPELESS:
            return ""
        key = {"DBClusterIdentifier": self.cluster["DBClusterIdentifier"]}
        rests = self.aws.wait("rds", "db_cluster_available", **key).command
        starts = status in ("stopped", "stopping", _NO_KEY)
        commands = [
            *(
                [self.aws.step("kms", "enable_key", KeyId=self.cluster["KmsKeyId"]).command]
                if status == _NO_KEY
                else ()
            ),
            *([self.aws.step("rds", "start_db_cluster", **key).command] if starts else ()),
            *([rests] if status != "available" else ()),
        ]
        for operation, parameters in _hindrances(self.cluster):
            commands += [self.aws.step("rds", operation, **parameters).command, rests]
        return " && ".join(commands)

    def run(self) -> None:
        """Do what is still needed; PermanentError after half an hour, and when the cluster cannot reach its key."""
        with removing():
            for _ in range(_ATTEMPTS):
                (found,) = self.aws.call("rds", "describe_db_clusters", DBClusterIdentifier=self._name)["DBClusters"]
                if found["Status"] in _HOPELESS:
                    return
                if found["Status"] == _NO_KEY:
                    self._start_without_key()
                elif found["Status"] == "stopped":
                    self._ask("start_db_cluster", {"DBClusterIdentifier": self._name})
                elif found["Status"] == "available":
                    hindrance = next(_hindrances(found), None)
                    if not hindrance:
                        return
                    self._ask(*hindrance)
                time.sleep(_PAUSE)
        raise PermanentError(f"Aurora cluster {self._name} cannot be deleted yet: run {self.command}, then this again")

    @property
    def _name(self) -> str:
        return str(self.cluster["DBClusterIdentifier"])

    def _start_without_key(self) -> None:
        try:
            self.aws.call("rds", "start_db_cluster", DBClusterIdentifier=self._name)
        except ClientError as error:
            # Whoever disabled the key may have had a reason: it is theirs to enable.
            raise PermanentError(
                f"Aurora cluster {self._name} cannot reach its KMS key, and is not deleted without: run "
                f"{self.command}, then this again. RDS said: {error}"
            ) from error

    def _ask(self, operation: str, parameters: Mapping[str, Any]) -> None:
        try:
            self.aws.call("rds", operation, **parameters)
        except ClientError as error:
            # Another of its instances has just asked for the same.
            if error.response["Error"]["Code"] != "InvalidDBClusterStateFault":
                raise


def _hindrances(cluster: Item) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The calls that end what keeps a running cluster from being deleted."""
    key = {"DBClusterIdentifier": cluster["DBClusterIdentifier"]}
    if cluster.get("DeletionProtection"):
        yield "modify_db_cluster", {**key, "DeletionProtection": False}
    if cluster.get("ReplicationSourceIdentifier"):
        yield "promote_read_replica_db_cluster", key
    if group := cluster.get("GlobalClusterIdentifier"):
        yield (
            "remove_from_global_cluster",
            {"GlobalClusterIdentifier": group, "DbClusterIdentifier": cluster["DBClusterArn"]},
        )
