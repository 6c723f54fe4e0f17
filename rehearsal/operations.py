"""Every create, update and delete of every provider: it takes its time, can be made to fail, and is recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from catalogue.resource_types import times
from rehearsal.package import RefusedError

T = TypeVar("T")

_WAITING = "waiting for {kind}: unexpected state 'failed'"
FAILURES: Mapping[str, str] = {
    "aws:ec2/eip:Eip": "AddressLimitExceeded: The maximum number of addresses has been reached.",
    "aws:ec2/natGateway:NatGateway": _WAITING,
    "aws:ec2/vpc:Vpc": "VpcLimitExceeded: The maximum number of VPCs has been reached.",
    "aws:eks/cluster:Cluster": _WAITING,
    "aws:rds/cluster:Cluster": "InsufficientStorageClusterCapacity: There is not enough capacity for the DB cluster.",
    "aws:rds/clusterInstance:ClusterInstance": "InsufficientDBInstanceCapacity: there is no db.serverless in the zone.",
    "aws:elasticache/replicationGroup:ReplicationGroup": "InsufficientCacheClusterCapacity: there is no such node.",
    "kubernetes:helm.sh/v3:Release": "context deadline exceeded",
    "kubernetes:apps/v1:StatefulSet": "timed out waiting for the StatefulSet: 0 out of 1 replicas succeeded",
    "kubernetes:batch/v1:Job": "Job has failed: BackoffLimitExceeded",
}
"""What the provider typically says when a type fails; any other is throttled."""
_THROTTLED = "ThrottlingException: Rate exceeded"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One create, update or delete, in seconds of `time.monotonic`."""

    kind: str
    type: str
    name: str
    begin: float
    end: float
    error: str = ""


@dataclass(kw_only=True)
class Operations:
    """`scale` is how long a typical second lasts; 0 plays everything at once."""

    scale: float = 0
    failing: dict[str, int] = field(default_factory=dict)
    """By type, or by type and name joined by "::": how many creates, updates or deletes fail from now on."""
    slow: dict[str, float] = field(default_factory=dict)
    """By type: seconds added to each operation."""
    done: list[Operation] = field(default_factory=list)
    watch: Callable[[Operation], None] = lambda operation: None
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held while the simulated cloud changes, never while time passes."""

    def typical(self, kind: str, type_token: str) -> float:
        """Typical seconds of an operation."""
        if kind == "update":
            return 0
        return times(type_token).create if kind == "create" else times(type_token).delete

    def run(self, kind: str, type_token: str, name: str, work: Callable[[], T], more: float = 0) -> T:
        """Let the typical time pass and `more` seconds, then do the work alone."""
        begin, error = time.monotonic(), ""
        try:
            self._fail(kind, type_token, name)
            time.sleep(more + self.typical(kind, type_token) * self.scale + self.slow.get(type_token, 0))
            with self.lock:
                return work()
        except Exception as raised:
            error = str(raised) or type(raised).__name__
            raise
        finally:
            operation = Operation(kind=kind, type=type_token, name=name, begin=begin, end=time.monotonic(), error=error)
            self.done.append(operation)
            self.watch(operation)

    def _fail(self, kind: str, type_token: str, name: str) -> None:
        with self.lock:
            for key in (type_token, f"{type_token}::{name}"):
                with suppress(KeyError):
                    if self.failing[key] > 0:
                        self.failing[key] -= 1
                        raise RefusedError(
                            f"{kind} {type_token}: {FAILURES.get(type_token, _THROTTLED).format(kind=kind)}"
                        )
