"""Simulated pulumi-eks: registers the children of the remote component `eks:index:Cluster`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import grpc  # type: ignore[import-untyped]  # publishes no types
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from ops.model.eks_children import CHILDREN, OUTPUTS, Child
from rehearsal.wire import UNKNOWN, has_unknown, plain, struct

AWS_VERSION, KUBERNETES_VERSION = "7.51.1", "4.34.2"

Made = Mapping[str, Mapping[str, Any]]
"""Outputs of the children so far, `id` among them, by suffix."""
Inputs = Callable[[Mapping[str, Any], Made], dict[str, Any]]


def kubeconfig(endpoint: str) -> str:
    """A kubeconfig for the simulated API server. As in a real one the token comes from a command."""
    version = "client.authentication.k8s.io/v1beta1"
    token = {"kind": "ExecCredential", "apiVersion": version, "status": {"token": "rehearsal"}}
    plugin = {"apiVersion": version, "command": "echo", "args": [json.dumps(token)]}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "kubernetes", "cluster": {"server": endpoint}}],
            "users": [{"name": "aws", "user": {"exec": plugin}}],
            "contexts": [{"name": "aws", "context": {"cluster": "kubernetes", "user": "aws"}}],
            "current-context": "aws",
        }
    )


def _role(service: str) -> Inputs:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return lambda args, made: {"assumeRolePolicy": trust, "tags": args.get("tags")}


def _cluster(args: Mapping[str, Any], made: Made) -> dict[str, Any]:
    pools = args["autoMode"]["computeConfig"]["nodePools"]
    return {
        "name": args["name"],
        "version": args["version"],
        "roleArn": made["-eksRole-role"]["arn"],
        "vpcConfig": {
            "subnetIds": args["privateSubnetIds"],
            "endpointPrivateAccess": args["endpointPrivateAccess"],
            "endpointPublicAccess": args["endpointPublicAccess"],
        },
        "accessConfig": {
            "authenticationMode": args["authenticationMode"],
            "bootstrapClusterCreatorAdminPermissions": True,
        },
        "computeConfig": {"enabled": True, "nodePools": pools, "nodeRoleArn": made["-nodeRole-role"]["arn"]},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
        "storageConfig": {"blockStorage": {"enabled": True}},
        "upgradePolicy": args["upgradePolicy"],
        "deletionProtection": args["deletionProtection"],
        "bootstrapSelfManagedAddons": False,
        "tags": args.get("tags"),
    }


INPUTS: Mapping[str, Inputs] = {
    "-eksRole-role": _role("eks.amazonaws.com"),
    "-nodeRole-role": _role("ec2.amazonaws.com"),
    "-eksCluster": _cluster,
    "-eks-k8s": lambda args, made: {"kubeconfig": _kubeconfig(made["-eksCluster"])},
    "-oidcProvider": lambda args, made: {
        "url": _issuer(made["-eksCluster"]),
        "clientIdLists": ["sts.amazonaws.com"],
        "tags": args.get("tags"),
    },
}
"""What each child is made with; the attachments say themselves which policy they attach."""


def _kubeconfig(cluster: Mapping[str, Any]) -> str:
    return UNKNOWN if has_unknown(cluster["endpoint"]) else kubeconfig(cluster["endpoint"])


def _issuer(cluster: Mapping[str, Any]) -> str:
    identities = cluster["identities"]
    return UNKNOWN if has_unknown(identities) else str(identities[0]["oidcs"][0]["issuer"])


def construct(request: Any) -> Any:
    """Register component and children with the engine that asks."""
    with grpc.insecure_channel(request.monitorEndpoint) as channel:
        return _construct(resource_pb2_grpc.ResourceMonitorStub(channel), request)


def _construct(monitor: Any, request: Any) -> Any:
    args = plain(request.inputs)
    component = monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(
            type=request.type,
            name=request.name,
            parent=request.parent,
            dependencies=request.dependencies,
            acceptSecrets=True,
            acceptResources=True,
        )
    )
    urns, made = {"": component.urn}, dict[str, dict[str, Any]]()
    for child in CHILDREN:
        answer = monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=child.type,
                name=request.name + child.suffix,
                parent=urns[child.parent],
                custom=child.custom,
                object=struct(_inputs(child, args, made)),
                dependencies=[urns[suffix] for suffix in child.depends_on],
                version=KUBERNETES_VERSION if ":kubernetes" in child.type else AWS_VERSION if child.custom else "",
                acceptSecrets=True,
                acceptResources=True,
                supportsResultReporting=True,
            )
        )
        urns[child.suffix] = answer.urn
        made[child.suffix] = _Outputs({**plain(answer.object), "id": answer.id or UNKNOWN})
    state = struct(_outputs(made))
    monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=component.urn, outputs=state))
    sources = {
        output: provider_pb2.ConstructResponse.PropertyDependencies(urns=[urns[suffix]])
        for output, suffix in OUTPUTS.items()
    }
    return provider_pb2.ConstructResponse(urn=component.urn, state=state, stateDependencies=sources)


class _Outputs(dict[str, Any]):
    """Outputs of a child; in a preview those that are not known yet."""

    def __missing__(self, key: str) -> str:
        return UNKNOWN


def _inputs(child: Child, args: Mapping[str, Any], made: Made) -> dict[str, Any]:
    if child.policy_arn:
        return {"role": made[child.depends_on[0]]["name"], "policyArn": child.policy_arn}
    return INPUTS[child.suffix](args, made) if child.custom else {}


def _outputs(made: Made) -> dict[str, Any]:
    cluster = made["-eksCluster"]
    config, issuer = cluster["vpcConfig"], _issuer(cluster)
    group = UNKNOWN if has_unknown(config) else config.get("clusterSecurityGroupId", UNKNOWN)
    return {
        "clusterSecurityGroupId": group,
        "kubeconfig": _kubeconfig(cluster),
        "kubeconfigJson": _kubeconfig(cluster),
        "oidcIssuer": issuer.removeprefix("https://"),
        "oidcProviderUrl": issuer,
        "oidcProviderArn": made["-oidcProvider"]["arn"],
        "autoModeNodeRoleName": made["-nodeRole-role"]["name"],
    }
