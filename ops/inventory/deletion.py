"""Removes leftovers in an order that clouds accept."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ops.clouds.removal import PermanentError, RemovalStep
from ops.inventory.found import Leftover
from ops.inventory.scan import Cloud, Scan

STAGES: Sequence[Sequence[str]] = (
    # A living cluster would make new nodes, volumes and load balancers.
    ("EKS cluster", "resource group"),
    (
        "Aurora instance",
        "EC2 instance",
        "ElastiCache replication group",
        "load balancer",
        "NAT gateway",
        "VPC endpoint",
    ),
    ("Aurora cluster", "DNS record", "EBS volume", "Elastic IP", "certificate", "launch template", "target group"),
    (
        "Aurora automated backup",
        "Aurora snapshot",
        "EBS snapshot",
        "ElastiCache snapshot",
        "ElastiCache parameter group",
        "ElastiCache subnet group",
        "RDS parameter group",
        "RDS subnet group",
        "network interface",
    ),
    ("internet gateway", "route table", "security group"),
    ("subnet",),
    ("VPC",),
    ("OIDC provider", "instance profile"),
    # Last, because something above may still write to them, read from them or act as them.
    (
        "IAM role",
        "S3 bucket",
        "log group",
        "secret",
        "secret in recovery",
        "KMS key",
        "Entra application",
    ),
    ("deleted API Management service", "deleted Entra application", "deleted key vault"),
)
"""Kinds of things: whatever stands in a stage is gone before the next begins."""

ATTEMPTS, PAUSE = 10, 15.0
"""How often a step is tried, and the seconds between: what held a thing may be gone minutes after its deletion."""

_STAGE = {kind: number for number, kinds in enumerate(STAGES) for kind in kinds}


def in_order(leftovers: Sequence[Leftover]) -> list[Leftover]:
    """As they are removed; what is removed at the same time, by kind and id."""
    return sorted(leftovers, key=lambda one: (_STAGE[one.thing.kind], one.thing.kind, one.thing.id))


def delete(
    leftovers: Sequence[Leftover], say: Callable[[str], None], pause: Callable[[], None] = lambda: time.sleep(PAUSE)
) -> None:
    """Remove them, stage after stage, all of a stage at once.

    A stage that fails does not keep the next from being tried: what nothing holds at least stops costing.
    """

    def remove(leftover: Leftover) -> None:
        name = f"{leftover.thing.kind} {leftover.thing.id}"
        try:
            for step in leftover.thing.removal:
                _insist(step, pause)
        except Exception as error:  # noqa: BLE001  the others are to be removed whatever happens to this one
            say(f"not removed: {name}: {error}")
        else:
            say(f"removed: {name}")

    for _, stage in itertools.groupby(in_order(leftovers), key=lambda one: _STAGE[one.thing.kind]):
        with ThreadPoolExecutor(max_workers=20) as pool:
            list(pool.map(remove, stage))


def clear_away(
    cloud: Cloud,
    scan: Scan,
    agreed: Callable[[Sequence[Leftover]], bool],
    say: Callable[[str], None],
    pause: Callable[[], None] = lambda: time.sleep(PAUSE),
) -> Scan:
    """Remove what the scan found, once `agreed`, and look again; what only then comes to light is asked about anew.

    The answer is the last look: a removal worked when its thing is not there any more.
    """
    tried: set[tuple[str, str]] = set()
    while True:
        todo = [one for one in in_order(scan.leftovers) if (one.thing.kind, one.thing.id) not in tried]
        if not todo or not agreed(todo):
            return scan
        tried |= {(one.thing.kind, one.thing.id) for one in todo}
        delete(todo, say, pause)
        scan = cloud.look()


def _insist(step: RemovalStep, pause: Callable[[], None]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return step.run()
        except PermanentError:
            raise
        except Exception:  # what holds a thing has as many error codes as there are services
            if attempt == ATTEMPTS:
                raise
        pause()
    return None
