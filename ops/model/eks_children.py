"""pulumi-eks: the resources that `eks:index:Cluster` creates with our arguments.

Under Pulumi's mocks the component is a single resource; in the engine its children have a place in the order of
things, with the cluster itself four levels below the component. Read from pulumi-eks
nodejs/eks/cluster/cluster.ts (createCore, createCluster) and nodejs/eks/servicerole.ts at commit 7bf0c1b (4.3.0 and
nine commits), for Auto Mode with `create_instance_role=False`, CoreDNS disabled, `create_oidc_provider=True`,
authentication mode API, no access entries and no security groups of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

COMPONENT = "eks:index:Cluster"
CLUSTER = "aws:eks/cluster:Cluster"


@dataclass(frozen=True, kw_only=True)
class Child:
    """One child. Its name is the component's name and `suffix`; `parent` and `depends_on` are suffixes too.

    An empty `parent` means the component itself.
    """

    suffix: str
    type: str
    custom: bool = True
    parent: str = ""
    depends_on: tuple[str, ...] = ()
    policy_arn: str = ""
    """Of an attachment: the policy."""


def _service_role(suffix: str, *policies: str) -> list[Child]:
    """A `ServiceRole`: a component with a role and the attachment of each AWS-managed policy."""
    role = f"{suffix}-role"
    arns = [f"arn:aws:iam::aws:policy/{policy}" for policy in policies]
    attachments = {f"{suffix}-{hashlib.sha1(arn.encode()).hexdigest()[:8]}": arn for arn in arns}  # noqa: S324  a name
    attachment_type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    return [
        Child(suffix=suffix, type="eks:index:ServiceRole", custom=False),
        Child(suffix=role, type="aws:iam/role:Role", parent=suffix),
        *(
            Child(suffix=name, type=attachment_type, parent=suffix, depends_on=(role,), policy_arn=arn)
            for name, arn in attachments.items()
        ),
    ]


_ROLES = [
    *_service_role(
        "-eksRole",
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    ),
    *_service_role("-nodeRole", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"),
]

CHILDREN: tuple[Child, ...] = (
    *_ROLES,
    Child(suffix="-eksCluster", type=CLUSTER, depends_on=tuple(child.suffix for child in _ROLES if child.custom)),
    Child(suffix="-eks-k8s", type="pulumi:providers:kubernetes", depends_on=("-eksCluster",)),
    Child(
        suffix="-oidcProvider",
        type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        depends_on=("-eksCluster",),
    ),
)
"""In the order of registration: whatever a child depends on comes before it."""

OUTPUTS: Mapping[str, str] = {
    "clusterSecurityGroupId": "-eksCluster",
    "kubeconfig": "-eksCluster",
    "kubeconfigJson": "-eksCluster",
    "nodeSecurityGroupId": "-eksCluster",
    "oidcIssuer": "-eksCluster",
    "oidcProviderArn": "-oidcProvider",
    "oidcProviderUrl": "-eksCluster",
    "autoModeNodeRoleName": "-nodeRole-role",
}
"""The child that each output of the component comes from.

Whoever uses one depends on the component as well (pulumi.runtime.rpc.transfer_properties adds it), and so on all its
children: the engine expands a component depended on (pkg/resource/graph/dependency_graph.go, DependenciesOf).
"""
