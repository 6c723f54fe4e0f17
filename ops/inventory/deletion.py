"""Deletes resources of AWS and Azure in an order that both accept."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ops.clouds.removal import PermanentError, RemovalStep
from ops.inventory import kinds
from ops.inventory.found import Leftover
from ops.inventory.holders import commands
from ops.inventory.scan import Inventory, Scan

STAGES: Sequence[Sequence[str]] = (
    # They are reached through a workspace, which goes with its resource group.
    (kinds.UNITY_CATALOG, kinds.DATABRICKS_PRINCIPAL),
    (kinds.EXTERNAL_LOCATION,),
    (kinds.STORAGE_CREDENTIAL, kinds.SERVICE_CREDENTIAL),
    # A living cluster would make new nodes, volumes and load balancers.
    (kinds.EKS_CLUSTER, kinds.RESOURCE_GROUP),
    (
        kinds.AGENTCORE_GATEWAY,
        kinds.AURORA_INSTANCE,
        kinds.EC2_INSTANCE,
        kinds.ELASTICACHE_REPLICATION_GROUP,
        kinds.LOAD_BALANCER,
        kinds.NAT_GATEWAY,
        kinds.VPC_ENDPOINT,
    ),
    (
        kinds.AGENTCORE_PROVIDER,
        kinds.AURORA_CLUSTER,
        kinds.DNS_RECORD,
        kinds.EBS_VOLUME,
        kinds.ELASTIC_IP,
        kinds.CERTIFICATE,
        kinds.LAUNCH_TEMPLATE,
        kinds.TARGET_GROUP,
    ),
    (
        kinds.AURORA_BACKUP,
        kinds.AURORA_SNAPSHOT,
        kinds.EBS_SNAPSHOT,
        kinds.ELASTICACHE_SNAPSHOT,
        kinds.ELASTICACHE_PARAMETER_GROUP,
        kinds.ELASTICACHE_SUBNET_GROUP,
        kinds.RDS_PARAMETER_GROUP,
        kinds.RDS_SUBNET_GROUP,
        kinds.NETWORK_INTERFACE,
    ),
    (kinds.INTERNET_GATEWAY, kinds.ROUTE_TABLE, kinds.SECURITY_GROUP),
    (kinds.SUBNET,),
    (kinds.VPC,),
    (kinds.OIDC_PROVIDER, kinds.INSTANCE_PROFILE),
    # Last, because something above may still write to them, read from them or act as them.
    (
        kinds.IAM_ROLE,
        kinds.S3_BUCKET,
        kinds.LOG_GROUP,
        kinds.SECRET,
        kinds.SECRET_IN_RECOVERY,
        kinds.KMS_KEY,
        kinds.ENTRA_APPLICATION,
        kinds.ROLE_ASSIGNMENT,
    ),
    (kinds.DELETED_API_MANAGEMENT, kinds.DELETED_APPLICATION, kinds.DELETED_VAULT),
)
"""Kinds of resources: whatever stands in a stage is gone before the next begins."""

ATTEMPTS, PAUSE = 10, 15.0
"""How often a step is tried, and the seconds between: what held a resource may be gone minutes after its deletion."""

_STAGE = {kind: number for number, stage in enumerate(STAGES) for kind in stage}


def in_order(leftovers: Sequence[Leftover]) -> list[Leftover]:
    """As they are removed; what is removed at the same time, by kind and id."""
    return sorted(leftovers, key=lambda left: (_STAGE[left.resource.kind], left.resource.kind, left.resource.id))


def delete(
    leftovers: Sequence[Leftover], say: Callable[[str], None], pause: Callable[[], None] = lambda: time.sleep(PAUSE)
) -> None:
    """Remove them, stage after stage, all of a stage at once.

    A stage that fails does not keep the next from being tried: what nothing holds at least stops costing.
    """

    def remove(leftover: Leftover) -> None:
        name = f"{leftover.resource.kind} {leftover.resource.id}"
        try:
            for step in leftover.resource.removal:
                _insist(step, pause)
        except Exception as error:  # noqa: BLE001  the others are to be removed whatever happens to this one
            holders = " or ".join(f"`{command}`" for command in commands(leftover.resource))
            say(f"not removed: {name}: {error}" + (f". What holds it, {holders} may tell." if holders else ""))
        else:
            say(f"removed: {name}")

    for _, stage in itertools.groupby(in_order(leftovers), key=lambda left: _STAGE[left.resource.kind]):
        with ThreadPoolExecutor(max_workers=20) as pool:
            list(pool.map(remove, stage))


def clear_away(
    inventory: Inventory,
    scan: Scan,
    agreed: Callable[[Sequence[Leftover]], bool],
    say: Callable[[str], None],
    pause: Callable[[], None] = lambda: time.sleep(PAUSE),
) -> Scan:
    """Remove what the scan found, once `agreed`, and scan again; what only then comes to light is asked about anew.

    The answer is the last scan: a removal worked when its resource is not there any more.
    """
    tried: set[tuple[str, str]] = set()
    while True:
        todo = [left for left in in_order(scan.leftovers) if (left.resource.kind, left.resource.id) not in tried]
        if not todo or not agreed(todo):
            return scan
        tried |= {(left.resource.kind, left.resource.id) for left in todo}
        delete(todo, say, pause)
        scan = inventory.scan()


def _insist(step: RemovalStep, pause: Callable[[], None]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return step.run()
        except PermanentError:
            raise
        except Exception:  # what holds a resource has as many error codes as there are services
            if attempt == ATTEMPTS:
                raise
        pause()
    return None
