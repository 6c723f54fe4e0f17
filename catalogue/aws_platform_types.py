"""AWS EKS, IAM, Aurora, ElastiCache and S3: one row for each type of resource.

`actions` are the calls that the Terraform provider under pulumi-aws makes to create, tag, read, change and delete the
type (hashicorp/terraform-provider-aws, internal/service), and the roles it hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.resource_type import LINKED_ROLE, LOGS, Items, NameLimit, ResourceType, Times, iam_actions, one


def _rds(*names: str) -> tuple[str, ...]:
    return iam_actions("rds", *names, "AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")


def _cache(*names: str) -> tuple[str, ...]:
    return iam_actions("elasticache", *names, "AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")


def _cache_nodes(inputs: Mapping[str, Any]) -> Items:
    yield f"{str(inputs['engine']).capitalize()} {inputs['nodeType']}", inputs["numCacheClusters"]


def _provisioned_instance(inputs: Mapping[str, Any]) -> Items:
    """A serverless instance is paid by the capacity that its cluster sets (`ops.model.cost`)."""
    if inputs["instanceClass"] != "db.serverless":
        yield f"Aurora {inputs['instanceClass']}", 1


TYPES: Mapping[str, ResourceType] = {
    "aws:eks/cluster:Cluster": ResourceType(
        label="EKS cluster",
        items=one("EKS cluster"),
        times=Times(
            create=617,
            delete=204,
            source=f"{LOGS}: medians of ten creations from 8:23 to 11:23 and nine deletions from 1:09 to 8:42",
        ),
        actions=(
            *iam_actions(
                "eks",
                "CreateCluster",
                "DeleteCluster",
                "DescribeCluster",
                "DescribeUpdate",
                "TagResource",
                "UntagResource",
                "UpdateClusterConfig",
                "UpdateClusterVersion",
            ),
            "iam:PassRole",
            LINKED_ROLE,
        ),
        taggable=True,
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": ResourceType(
        label="ElastiCache parameter group",
        actions=_cache(
            "CreateCacheParameterGroup",
            "DeleteCacheParameterGroup",
            "DescribeCacheParameterGroups",
            "DescribeCacheParameters",
            "ModifyCacheParameterGroup",
        ),
        taggable=True,
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": ResourceType(
        label="ElastiCache replication group",
        items=_cache_nodes,
        times=Times(
            create=483,
            delete=300,
            source=f"{LOGS}: create 5:58, 6:59, 9:07, 9:15; delete above 3:20 (turbot/steampipe-plugin-aws#2224), "
            "taken as 5:00",
        ),
        actions=(
            *_cache(
                "CreateReplicationGroup",
                "DeleteReplicationGroup",
                "DescribeCacheClusters",
                "DescribeReplicationGroups",
                "ModifyReplicationGroup",
            ),
            LINKED_ROLE,
        ),
        taggable=True,
        name_limit=NameLimit(property="replicationGroupId", characters=40),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": ResourceType(
        label="ElastiCache subnet group",
        actions=_cache(
            "CreateCacheSubnetGroup", "DeleteCacheSubnetGroup", "DescribeCacheSubnetGroups", "ModifyCacheSubnetGroup"
        ),
        taggable=True,
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ResourceType(
        label="OIDC provider",
        actions=iam_actions(
            "iam",
            "CreateOpenIDConnectProvider",
            "DeleteOpenIDConnectProvider",
            "GetOpenIDConnectProvider",
            "TagOpenIDConnectProvider",
            "UpdateOpenIDConnectProviderThumbprint",
        ),
    ),
    "aws:iam/policy:Policy": ResourceType(taggable=True),
    "aws:iam/role:Role": ResourceType(
        label="IAM role",
        actions=iam_actions(
            "iam",
            "CreateRole",
            "DeleteRole",
            "GetRole",
            "ListAttachedRolePolicies",
            # Auto Mode's node profile may still hold the role in the evening (aws/containers-roadmap#2531).
            "ListInstanceProfilesForRole",
            "ListRolePolicies",
            "RemoveRoleFromInstanceProfile",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
        ),
        taggable=True,
        name_limit=NameLimit(property="name", characters=64),
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceType(
        actions=iam_actions("iam", "DeleteRolePolicy", "GetRolePolicy", "PutRolePolicy")
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ResourceType(
        actions=iam_actions("iam", "AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies")
    ),
    "aws:rds/cluster:Cluster": ResourceType(
        label="Aurora cluster",
        usage=("Aurora storage", "Aurora input and output"),
        times=Times(
            create=43, delete=63, source="tungbq/aws-lab-with-terraform#100 and one more public log, read 2026-11-23"
        ),
        actions=(
            *_rds(
                "CreateDBCluster", "DeleteDBCluster", "DescribeDBClusters", "DescribeGlobalClusters", "ModifyDBCluster"
            ),
            LINKED_ROLE,
        ),
        taggable=True,
    ),
    "aws:rds/clusterInstance:ClusterInstance": ResourceType(
        label="Aurora instance",
        items=_provisioned_instance,
        times=Times(
            create=381,
            delete=648,
            source="create 6:21 in one public log, delete 9:49 and 11:47 in others "
            "(tungbq/aws-lab-with-terraform#100), read 2026-11-23",
        ),
        actions=_rds("CreateDBInstance", "DeleteDBInstance", "DescribeDBInstances", "ModifyDBInstance"),
        taggable=True,
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": ResourceType(
        label="RDS parameter group",
        actions=_rds(
            "CreateDBClusterParameterGroup",
            "DeleteDBClusterParameterGroup",
            "DescribeDBClusterParameterGroups",
            "DescribeDBClusterParameters",
            "ModifyDBClusterParameterGroup",
        ),
        taggable=True,
    ),
    "aws:rds/subnetGroup:SubnetGroup": ResourceType(
        label="RDS subnet group",
        actions=_rds("CreateDBSubnetGroup", "DeleteDBSubnetGroup", "DescribeDBSubnetGroups", "ModifyDBSubnetGroup"),
        taggable=True,
    ),
    "aws:s3/bucket:Bucket": ResourceType(
        label="S3 bucket",
        usage=("S3 storage", "S3 writes"),
        actions=iam_actions(
            "s3",
            "CreateBucket",
            "DeleteBucket",
            "DeleteObject",
            "DeleteObjectVersion",
            "GetAccelerateConfiguration",
            "GetBucketAcl",
            "GetBucketCORS",
            "GetBucketLocation",
            "GetBucketLogging",
            "GetBucketObjectLockConfiguration",
            "GetBucketPolicy",
            "GetBucketRequestPayment",
            "GetBucketTagging",
            "GetBucketVersioning",
            "GetBucketWebsite",
            "GetEncryptionConfiguration",
            "GetLifecycleConfiguration",
            "GetReplicationConfiguration",
            "ListBucket",
            "ListBucketVersions",
            "PutBucketTagging",
        ),
        taggable=True,
        name_limit=NameLimit(property="bucket", characters=63),
    ),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": ResourceType(
        actions=iam_actions("s3", "GetBucketCORS", "PutBucketCORS")
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ResourceType(
        actions=iam_actions("s3", "GetLifecycleConfiguration", "PutLifecycleConfiguration")
    ),
    "aws:s3/bucketPolicy:BucketPolicy": ResourceType(
        actions=iam_actions("s3", "DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ResourceType(
        actions=iam_actions("s3", "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock")
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ResourceType(
        actions=iam_actions("s3", "GetEncryptionConfiguration", "PutEncryptionConfiguration")
    ),
    "eks:index:Cluster": ResourceType(taggable=True),
}
"""By type token."""
