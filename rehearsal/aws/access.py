"""Simulated IAM and EKS: rows of the table of AWS types."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.table import AwsType, State, call, finder
from rehearsal.package import RefusedError

CLUSTER = "aws:eks/cluster:Cluster"


def interfaces_of(cluster: str) -> str:
    """How EKS describes the interfaces of its control plane."""
    return f"Amazon EKS {cluster}"


def _role_settings(account: Account, id_: str, inputs: State) -> None:
    document = inputs["assumeRolePolicy"]
    account.call("iam", "update_assume_role_policy", RoleName=id_, PolicyDocument=document)


def _open_cluster(account: Account, id_: str, inputs: State) -> None:
    """EKS makes a security group of its own and puts interfaces into the subnets."""
    subnet_ids = inputs["vpcConfig"]["subnetIds"]
    subnet = account.call("ec2", "describe_subnets", SubnetIds=subnet_ids[:1])["Subnets"][0]
    group_id = account.call(
        "ec2",
        "create_security_group",
        GroupName=f"eks-cluster-sg-{id_}",
        Description="EKS created security group applied to ENI that is attached to EKS Control Plane",
        VpcId=subnet["VpcId"],
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "aws:eks:cluster-name", "Value": id_}]}],
    )["GroupId"]
    account.hold(interfaces_of(id_), subnet_ids, [group_id])


def cluster_group(account: Account, cluster: str) -> str:
    """Id of the security group that EKS made; empty when it is gone."""
    filters = [{"Name": "group-name", "Values": [f"eks-cluster-sg-{cluster}"]}]
    groups = account.call("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"]
    return str(groups[0]["GroupId"]) if groups else ""


def close_cluster(account: Account, id_: str, state: State) -> None:
    """EKS removes its group too, unless nodes still carry it: then it stays for ever (aws/aws-k8s-tester#541)."""
    account.release(interfaces_of(id_))
    group_id = cluster_group(account, id_)
    if group_id and not account.interfaces("group-id", group_id):
        account.call("ec2", "delete_security_group", GroupId=group_id)


def _cluster_outputs(account: Account, id_: str, inputs: State, found: Any) -> dict[str, Any]:
    issuer = hashlib.sha256(id_.encode()).hexdigest()[:32].upper()
    return {
        # moto gives every cluster the same one
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{account.region}.amazonaws.com/id/{issuer}"}]}],
        "vpcConfig": {**inputs["vpcConfig"], "clusterSecurityGroupId": cluster_group(account, id_)},
        "certificateAuthority": {"data": "cmVoZWFyc2Fs"},
        "status": "ACTIVE",
        "arn": found["arn"],
    }


_CLUSTER_NAMES = {"vpcConfig": "resourcesVpcConfig"}
_CLUSTER_CHANGES = (
    ("computeConfig", "kubernetesNetworkConfig", "storageConfig"),
    ("upgradePolicy",),
    ("vpcConfig",),
    ("deletionProtection",),
)
"""EKS takes one kind of change at a time, and Auto Mode's three together (EKS API reference, UpdateClusterConfig)."""


def _change_cluster(account: Account, id_: str, inputs: State) -> None:
    for keys in _CLUSTER_CHANGES:
        if changed := {key: inputs[key] for key in keys if key in inputs}:
            account.change("eks", "update_cluster_config", changed, _CLUSTER_NAMES, name=id_)
    old, new = account.call("eks", "describe_cluster", name=id_)["cluster"]["version"], inputs["version"]
    if int(new.partition(".")[2]) - int(old.partition(".")[2]) not in (0, 1):
        raise RefusedError(
            f"InvalidParameterException: Unsupported Kubernetes minor version update from {old} to {new}"
        )
    account.moto("eks").clusters[id_].version = new  # moto has no update_cluster_version


def _change_clients(account: Account, id_: str, inputs: State) -> None:
    """Instead of operations that moto lacks: add_client_id_to_open_id_connect_provider and its counterpart."""
    account.moto("iam").open_id_providers[id_].client_id_list = list(inputs["clientIdLists"])


TYPES: Mapping[str, AwsType] = {
    "aws:iam/role:Role": AwsType(
        service="iam",
        create="create_role",
        id="Role.RoleName",
        names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        name="name",
        longest=64,
        delete=call("iam", "delete_role", RoleName="id"),
        find=finder("iam", "get_role", "Role", RoleName="id"),
        outputs=lambda account, id_, inputs, found: {"arn": found["Arn"]},
        settings=_role_settings,
        updates=frozenset({"assumeRolePolicy"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": AwsType(
        service="iam",
        create="put_role_policy",
        id=lambda answer, inputs: f"{inputs['role']}:{inputs['name']}",
        names={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        name="name",
        longest=128,
        tags="",
        delete=call("iam", "delete_role_policy", RoleName="role", PolicyName="name"),
        find=finder("iam", "get_role_policy", "", RoleName="role", PolicyName="name"),
        update="put_role_policy",
        updates=frozenset({"policy"}),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": AwsType(
        service="iam",
        create="attach_role_policy",
        id=lambda answer, inputs: f"{inputs['role']}/{inputs['policyArn']}",
        names={"role": "RoleName"},
        tags="",
        delete=call("iam", "detach_role_policy", RoleName="role", PolicyArn="policyArn"),
        find=finder(
            "iam", "list_attached_role_policies", "AttachedPolicies", {"PolicyArn": "policyArn"}, RoleName="role"
        ),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": AwsType(
        service="iam",
        create="create_open_id_connect_provider",
        id="OpenIDConnectProviderArn",
        names={"clientIdLists": "ClientIDList"},
        delete=call("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn="id"),
        find=finder("iam", "get_open_id_connect_provider", "", OpenIDConnectProviderArn="id"),
        outputs=lambda account, id_, inputs, found: {"arn": id_},
        update=_change_clients,
        updates=frozenset({"clientIdLists"}),
    ),
    CLUSTER: AwsType(
        service="eks",
        create="create_cluster",
        id="cluster.name",
        names=_CLUSTER_NAMES,
        name="name",
        longest=100,
        tags="map",
        delete=call("eks", "delete_cluster", name="id"),
        find=finder("eks", "describe_cluster", "cluster", name="id"),
        after_create=_open_cluster,
        after_delete=close_cluster,
        outputs=_cluster_outputs,
        update=_change_cluster,
        updates=frozenset({"version", "computeConfig", "upgradePolicy", "deletionProtection", "vpcConfig"}),
        reads=dict.fromkeys(("computeConfig", "upgradePolicy", "deletionProtection"), ""),  # moto keeps none of them
    ),
}
