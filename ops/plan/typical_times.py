"""How long the cloud typically takes to create and delete each kind of thing, with the source of each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ops.plan.engine_graph import Edges
from ops.recorder import Resource


@dataclass(frozen=True, kw_only=True)
class Typical:
    """Seconds to create and to delete, and where they come from."""

    create: float
    delete: float
    source: str


_LOGS = "public Terraform and Pulumi logs on GitHub, read 2026-11-25"
_ESTIMATE = "estimate of 2026-11-25, no published figure found"

TYPES: Mapping[str, Typical] = {
    "aws:acm/certificate:Certificate": Typical(create=6, delete=1, source=_LOGS),
    "aws:acm/certificateValidation:CertificateValidation": Typical(
        create=30, delete=0, source=f"{_LOGS}: 2 s and 1:01; there is nothing to delete"
    ),
    "aws:ec2/natGateway:NatGateway": Typical(
        create=106, delete=60, source=f"{_LOGS}: create 1:25 to 2:05, delete 0:42, 0:50, 1:01, 1:01, 1:34"
    ),
    "aws:ec2/securityGroup:SecurityGroup": Typical(create=3, delete=1, source=_LOGS),
    "aws:ec2/vpc:Vpc": Typical(create=12, delete=1, source=f"{_LOGS}: 0:11, 0:15 and 0:20 with DNS host names on"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Typical(create=6, delete=6, source=f"{_LOGS}: 6 s in seven of nine"),
    "aws:eks/cluster:Cluster": Typical(
        create=617,
        delete=204,
        source=f"{_LOGS}: medians of ten creations from 8:23 to 11:23 and nine deletions from 1:09 to 8:42",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Typical(
        create=483,
        delete=300,
        source=f"{_LOGS}: create 5:58, 6:59, 9:07, 9:15; delete above 3:20 (turbot/steampipe-plugin-aws#2224), "
        "taken as 5:00",
    ),
    "aws:lb/loadBalancer:LoadBalancer": Typical(
        create=150, delete=60, source=f"{_LOGS}: median of eleven creations from 2:19 to 3:12; delete 0:15 to 2:33"
    ),
    "aws:rds/cluster:Cluster": Typical(
        create=43, delete=63, source="tungbq/aws-lab-with-terraform#100 and one more public log, read 2026-11-23"
    ),
    "aws:rds/clusterInstance:ClusterInstance": Typical(
        create=381,
        delete=648,
        source="create 6:21 in one public log, delete 9:49 and 11:47 in others "
        "(tungbq/aws-lab-with-terraform#100), read 2026-11-23",
    ),
    "aws:route53/record:Record": Typical(create=32, delete=32, source=f"{_LOGS}: the provider waits for INSYNC"),
    "azure-native:apimanagement:ApiManagementService": Typical(
        create=480,
        delete=300,
        source="creation of v2 tiers: README and issue claims from 4 to 45 min, most 5 to 10, read 2026-11-23; "
        f"deletion: {_ESTIMATE}",
    ),
    "azure-native:applicationinsights:Component": Typical(
        create=31,
        delete=5,
        source=f"azd and Terraform logs on GitHub, 1 to 31 s; deletion: {_ESTIMATE}",
    ),
    "azure-native:keyvault:Vault": Typical(
        create=89, delete=20, source=f"azd and Terraform logs on GitHub, 0:19 to 2:42; deletion: {_ESTIMATE}"
    ),
    "azure-native:operationalinsights:Workspace": Typical(
        create=26, delete=5, source=f"azd and Terraform logs on GitHub, 0:15 to 0:47; deletion: {_ESTIMATE}"
    ),
    "kubernetes:apps/v1:StatefulSet": Typical(create=45, delete=30, source=f"{_ESTIMATE}: image, volume, first probe"),
    "kubernetes:batch/v1:Job": Typical(create=30, delete=30, source=f"{_ESTIMATE}: image, one short script"),
    "kubernetes:core/v1:Namespace": Typical(create=1, delete=20, source=_ESTIMATE),
    "kubernetes:helm.sh/v3:Release": Typical(
        create=180, delete=45, source=f"{_ESTIMATE}: images and first migrations 2 to 4 min, uninstall 0:30 to 1:00"
    ),
    "pulumi-python:dynamic/genai:DrainGate": Typical(
        create=0, delete=120, source=f"{_ESTIMATE}: volumes and nodes follow their pods"
    ),
}
"""By type token; what is not here takes the time of its package."""

PACKAGES: Mapping[str, Typical] = {
    "aws": Typical(create=2, delete=1, source=f"{_LOGS}: resources that are one call to an API"),
    "azure-native": Typical(create=5, delete=5, source=f"one call to Azure's API; {_ESTIMATE}"),
    "azuread": Typical(create=12, delete=5, source=f"two public logs, 12 and 13 s; deletion: {_ESTIMATE}"),
    "kubernetes": Typical(create=1, delete=1, source="one call to the Kubernetes API; " + _ESTIMATE),
    "pulumi-python": Typical(create=2, delete=1, source="one call over HTTP; " + _ESTIMATE),
}

NOTHING = Typical(create=0, delete=0, source="components, providers and generated values live in the state alone")

NODE_START = Typical(
    create=90, delete=0, source=f"{_ESTIMATE}: Auto Mode starts a node for the first pods in 60 to 90 s"
)
"""Added once on every way to a pod: to each pod that no other pod comes before."""

_PODS = frozenset(
    {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet", "kubernetes:batch/v1:Job"}
    | {"kubernetes:core/v1:Pod", "kubernetes:helm.sh/v3:Release"}
)


def typical(resource: Resource) -> Typical:
    """The figures for one resource."""
    if not resource.custom or resource.type.startswith("pulumi:"):
        return NOTHING
    return TYPES.get(resource.type) or PACKAGES.get(resource.type.partition(":")[0], NOTHING)


def first_pods(resources: Sequence[Resource], edges: Edges) -> frozenset[str]:
    """Those with pods that wait for no others with pods: the node starts for them."""
    with_pods = {resource.urn for resource in resources if resource.type in _PODS}
    behind_pods: set[str] = set()
    for urn, waits_for in edges.items():
        if any(other in with_pods or other in behind_pods for other in waits_for):
            behind_pods.add(urn)
    return frozenset(with_pods - behind_pods)


def create_seconds(resources: Sequence[Resource], edges: Edges) -> dict[str, float]:
    """Typical seconds of each creation by URN, the start of the first node included where it is waited for."""
    first = first_pods(resources, edges)
    return {
        resource.urn: typical(resource).create + (NODE_START.create if resource.urn in first else 0)
        for resource in resources
    }


def delete_seconds(resources: Sequence[Resource]) -> dict[str, float]:
    """Typical seconds of each deletion by URN; what goes with another resource, or stays, is not deleted itself."""
    return {
        resource.urn: 0 if resource.deleted_with or resource.retain_on_delete else typical(resource).delete
        for resource in resources
    }
