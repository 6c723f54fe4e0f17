"""Amazon EKS and IAM: finds clusters, roles, instance profiles and OpenID Connect providers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.clouds.aws import Aws
from ops.clouds.removal import Item, RemovalStep
from ops.inventory import kinds
from ops.inventory.ec2 import tags_of
from ops.inventory.found import FoundResource
from ops.inventory.ownership import is_cluster_of

_NODE_PROFILE = re.compile(r"eks-.*?(?P<cluster>genai-.+)[-_]\d{10,}")
"""The name that EKS Auto Mode, like Karpenter, gives the profile of its nodes: the cluster's name, then a number."""


def clusters(aws: Aws, stack: str) -> Iterator[FoundResource]:
    """EKS clusters with a name that one of the stack may have."""
    names = [name for name in aws.items("eks", "list_clusters", "clusters[]") if is_cluster_of(str(name), stack)]
    for answer in aws.each(lambda name: aws.call("eks", "describe_cluster", name=name), names):
        cluster = answer["cluster"]
        deleted = aws.wait("eks", "cluster_deleted", name=cluster["name"])
        delete = aws.step("eks", "delete_cluster", name=cluster["name"])
        yield FoundResource(
            kind=kinds.EKS_CLUSTER,
            id=cluster["name"],
            region=aws.region,
            tags=cluster.get("tags", {}),
            created=cluster.get("createdAt"),
            priced=[("EKS cluster", 1)],
            removal=(deleted,)
            if cluster["status"] == "DELETING"
            else (*_made_deletable(aws, cluster), delete, deleted),
        )


def _made_deletable(aws: Aws, cluster: Item) -> Iterator[RemovalStep]:
    """What must come before the deletion of a cluster that EKS would refuse to delete as it is."""
    settled = aws.settle("eks", "cluster_active", name=cluster["name"])
    if cluster["status"] in ("CREATING", "UPDATING"):
        yield settled
    if cluster.get("deletionProtection"):
        yield aws.step("eks", "update_cluster_config", name=cluster["name"], deletionProtection=False)
        yield settled


def clusters_elsewhere(aws: Aws, stack: str) -> Iterator[FoundResource]:
    """The same of every other region that the account has enabled."""
    regions = [region["RegionName"] for region in aws.call("ec2", "describe_regions")["Regions"]]
    elsewhere = [aws.elsewhere(region) for region in regions if region != aws.region]
    for found in aws.each(lambda there: list(clusters(there, stack)), elsewhere):
        yield from found


def roles(aws: Aws) -> Iterator[FoundResource]:
    """Roles with their tags, policies and profiles, which one operation answers for all at once."""
    for role in aws.items("iam", "get_account_authorization_details", "RoleDetailList[]", Filter=["Role"]):
        key = {"RoleName": role["RoleName"]}
        yield FoundResource(
            kind=kinds.IAM_ROLE,
            id=role["RoleName"],
            region="",
            tags=tags_of(role.get("Tags")),
            created=role.get("CreateDate"),
            removal=(
                *(
                    aws.step("iam", "detach_role_policy", **key, PolicyArn=policy["PolicyArn"])
                    for policy in role.get("AttachedManagedPolicies", ())
                ),
                *(
                    aws.step("iam", "delete_role_policy", **key, PolicyName=policy["PolicyName"])
                    for policy in role.get("RolePolicyList", ())
                ),
                aws.step("iam", "delete_role", **key),
            ),
        )


def instance_profiles(aws: Aws) -> Iterator[FoundResource]:
    """Instance profiles. That of Auto Mode's nodes may outlive its cluster (aws/containers-roadmap#2531).

    The list holds no tags; they are asked for where EKS may have made the profile for a cluster of this region: a
    cluster of that name in another region may be somebody's, and is not seen from here.
    """
    profiles = list(aws.items("iam", "list_instance_profiles", "InstanceProfiles[]"))

    def of_nodes_here(profile: Item) -> bool:
        return str(profile["InstanceProfileName"]).startswith(f"eks-{aws.region}-")

    def tags(profile: Item) -> dict[str, str]:
        if not of_nodes_here(profile):
            return {}
        key = {"InstanceProfileName": profile["InstanceProfileName"]}
        return tags_of(list(aws.items("iam", "list_instance_profile_tags", "Tags[]", **key)))

    for profile, its_tags in zip(profiles, aws.each(tags, profiles), strict=True):
        name = profile["InstanceProfileName"]
        held = [role["RoleName"] for role in profile.get("Roles", ())]
        named_after = _NODE_PROFILE.fullmatch(name) if of_nodes_here(profile) else None
        yield FoundResource(
            kind=kinds.INSTANCE_PROFILE,
            id=name,
            region="",
            tags=its_tags,
            created=profile.get("CreateDate"),
            cluster=named_after["cluster"] if named_after else "",
            part_of=(kinds.IAM_ROLE, held[0]) if held else ("", ""),
            removal=(
                *(
                    aws.step("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role)
                    for role in held
                ),
                aws.step("iam", "delete_instance_profile", InstanceProfileName=name),
            ),
        )


def oidc_providers(aws: Aws) -> Iterator[FoundResource]:
    """OpenID Connect providers."""
    listed = aws.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[]")
    arns = [provider["Arn"] for provider in listed]
    answers = aws.each(lambda arn: aws.call("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn), arns)
    for arn, provider in zip(arns, answers, strict=True):
        yield FoundResource(
            kind=kinds.OIDC_PROVIDER,
            id=arn,
            region="",
            tags=tags_of(provider.get("Tags")),
            created=provider.get("CreateDate"),
            removal=(aws.step("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=arn),),
        )
