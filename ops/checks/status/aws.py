"""AWS: the state of each part of an AWS stack, from the cluster to the target groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any

from catalogue.resource_types import TYPES
from ops.checks.check import Check, Outcome, bad, fine
from ops.checks.status.http import answers
from ops.checks.status.schedule import KEEP_UNTIL
from ops.checks.status.status import Found, could_not_check
from ops.clouds.aws import Aws, Call
from ops.inventory.kinds import EKS_CLUSTER
from ops.inventory.ownership import ScannedAccount, share_out
from ops.inventory.scan import AwsStackInventory, run_finders
from ops.model import eks_children
from ops.stack.identity import TAG, StackIdentity

_PODS = "`kubectl -n genai-platform get pods` shows why"


@dataclass(frozen=True, kw_only=True)
class ExpectedPart:
    """A type of resource that every day has, and how AWS is asked about it."""

    type: str
    describe: Callable[[Aws, str], Call]
    state: Callable[[Any], str]
    """In the answer."""
    well: Set[str]
    advice: str = ""
    """What to do when it is not well, where that is more than to look at it."""

    @property
    def kind(self) -> str:
        """As `ops.inventory` calls it."""
        return TYPES[self.type].label


PARTS = (
    ExpectedPart(
        type="aws:ec2/natGateway:NatGateway",
        describe=lambda aws, key: aws.step("ec2", "describe_nat_gateways", NatGatewayIds=[key]),
        state=lambda answer: str(answer["NatGateways"][0]["State"]),
        well={"available"},
    ),
    ExpectedPart(
        type=eks_children.CLUSTER,
        describe=lambda aws, key: aws.step("eks", "describe_cluster", name=key),
        state=lambda answer: str(answer["cluster"]["status"]),
        well={"ACTIVE"},
    ),
    ExpectedPart(
        type="aws:rds/cluster:Cluster",
        describe=lambda aws, key: aws.step("rds", "describe_db_clusters", DBClusterIdentifier=key),
        state=lambda answer: str(answer["DBClusters"][0]["Status"]),
        well={"available", "backing-up"},
    ),
    ExpectedPart(
        type="aws:rds/clusterInstance:ClusterInstance",
        describe=lambda aws, key: aws.step("rds", "describe_db_instances", DBInstanceIdentifier=key),
        state=lambda answer: str(answer["DBInstances"][0]["DBInstanceStatus"]),
        well={"available", "backing-up"},
    ),
    ExpectedPart(
        type="aws:elasticache/replicationGroup:ReplicationGroup",
        describe=lambda aws, key: aws.step("elasticache", "describe_replication_groups", ReplicationGroupId=key),
        state=lambda answer: str(answer["ReplicationGroups"][0]["Status"]),
        well={"available", "snapshotting"},
    ),
    ExpectedPart(
        type="aws:lb/loadBalancer:LoadBalancer",
        describe=lambda aws, key: aws.step("elbv2", "describe_load_balancers", LoadBalancerArns=[key]),
        state=lambda answer: str(answer["LoadBalancers"][0]["State"]["Code"]),
        well={"active"},
    ),
    ExpectedPart(
        type="aws:lb/targetGroup:TargetGroup",
        describe=lambda aws, key: aws.step("elbv2", "describe_target_health", TargetGroupArn=key),
        state=lambda answer: _targets(answer["TargetHealthDescriptions"]),
        well={"healthy"},
        advice=_PODS,
    ),
)


def _targets(descriptions: list[dict[str, Any]]) -> str:
    """`healthy` when every pod is, but for those that are leaving; else how many are what."""
    states = Counter(str(description["TargetHealth"]["State"]) for description in descriptions)
    if states["healthy"] and states.keys() <= {"healthy", "draining"}:
        return "healthy"
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no pod is in it"


def find_parts(aws: Aws, stack: str, expected: Mapping[str, int], outputs: Mapping[str, Any]) -> Found:
    """All parts of the stack. `expected` tells how many of each type there are to be, `outputs` where users go."""
    finders = AwsStackInventory(aws, stack, "").finders()
    resources, failures = run_finders({f"{part.kind}s": finders[f"{part.kind}s"] for part in PARTS})
    unscanned = {failure.what: failure.error for failure in failures}
    identity = StackIdentity(id=str(outputs.get("clusterName", "")).rpartition("-")[2])
    unlisted = {EKS_CLUSTER} if f"{EKS_CLUSTER}s" in unscanned else set[str]()
    shares = share_out(ScannedAccount(found=resources, stack=stack, identity=identity, unscanned=unlisted))
    # What has no id was made before there was one; without outputs nobody knows the stack's own.
    maybe = [found for found in shares.uncertain if not (identity.id and TAG in found.resource.tags)]
    mine = [found.resource for found in (*shares.ours, *maybe)]
    checks: dict[str, Check] = {}
    complete = True
    for part in PARTS:
        existing = [resource for resource in mine if resource.kind == part.kind]
        checks |= {
            f"{part.kind} {_short(resource.id)}": partial(check, aws, part, resource.id) for resource in existing
        }
        if f"{part.kind}s" in unscanned:
            checks[f"{part.kind}s"] = could_not_check(unscanned[f"{part.kind}s"])
        elif len(existing) < expected[part.type]:
            complete = False
            if mine or outputs:
                says = f"{len(existing)} of {expected[part.type]} exist"
                checks[f"{part.kind}s"] = partial(bad, says, f"`pulumi up -s {stack}` makes what is missing")
    cluster = next((resource for resource in mine if resource.kind == EKS_CLUSTER), None)
    # The cluster is as old as the day; another part may be one that an earlier day left.
    created = [resource.created.astimezone(UTC) for resource in ([cluster] if cluster else mine) if resource.created]
    return Found(
        seen=not failures,
        exists=bool(mine),
        complete=complete,
        since=min(created, default=None),
        checks={**checks, **_services(outputs)},
        keep_until=cluster.tags.get(KEEP_UNTIL) if cluster else None,
    )


def check(aws: Aws, part: ExpectedPart, key: str) -> Outcome:
    """How that one is."""
    call = part.describe(aws, key)
    state = part.state(aws.call(call.service, call.operation, **call.parameters))
    return fine(state) if state in part.well else bad(state, part.advice or f"see `{call.command}`")


def _services(outputs: Mapping[str, Any]) -> dict[str, Check]:
    paths = {"LiteLLM": ("litellmUrl", "/health/liveliness"), "Langfuse": ("langfuseUrl", "/api/public/health")}
    return {
        service: partial(answers, f"{outputs[output]}{path}", 200, _PODS)
        for service, (output, path) in paths.items()
        if output in outputs
    }


def _short(key: str) -> str:
    """The name in the ARN of a load balancer or a target group; any other id as it is."""
    return key.split("/")[-2] if key.startswith("arn:") else key
