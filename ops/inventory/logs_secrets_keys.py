"""CloudWatch Logs, Secrets Manager and KMS: finds what services and people make beside the program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ops.clouds.aws import Aws
from ops.clouds.removal import Item, RemovalStep
from ops.inventory import kinds
from ops.inventory.ec2 import tags_of
from ops.inventory.found import FoundResource
from ops.project import PROJECT


def log_groups(aws: Aws, stack: str) -> Iterator[FoundResource]:
    """Log groups that EKS, Container Insights and RDS name after a cluster; late lines make them anew after its end."""
    for prefix, of_database in (
        (f"/aws/eks/genai-{stack}-", False),
        (f"/aws/containerinsights/genai-{stack}-", False),
        ("/aws/rds/cluster/", True),
    ):
        for group in aws.items("logs", "describe_log_groups", "logGroups[]", logGroupNamePrefix=prefix):
            name = group["logGroupName"]
            named_after = name.split("/")[4 if of_database else 3]
            yield FoundResource(
                kind=kinds.LOG_GROUP,
                id=name,
                region=aws.region,
                created=datetime.fromtimestamp(group["creationTime"] / 1000, UTC),  # milliseconds
                priced=None,
                cluster="" if of_database else named_after,
                part_of=(kinds.AURORA_CLUSTER, named_after) if of_database else ("", ""),
                removal=(
                    *_unprotected(aws, group),
                    aws.step("logs", "delete_log_group", logGroupName=name),
                ),
            )


def _unprotected(aws: Aws, group: Item) -> Iterator[RemovalStep]:
    if group.get("deletionProtectionEnabled"):
        yield aws.step(
            "logs",
            "put_log_group_deletion_protection",
            logGroupIdentifier=group["logGroupName"],
            deletionProtectionEnabled=False,
        )


def secrets(aws: Aws) -> Iterator[FoundResource]:
    """Secrets, also those that wait out their recovery window: they cost nothing, but keep their name."""
    for secret in aws.items("secretsmanager", "list_secrets", "SecretList[]", IncludePlannedDeletion=True):
        if "OwningService" in secret:  # goes with what that service made it for, and not before
            continue
        yield FoundResource(
            kind=kinds.SECRET_IN_RECOVERY if "DeletedDate" in secret else kinds.SECRET,
            id=secret["Name"],
            region=aws.region,
            tags=tags_of(secret.get("Tags")),
            created=secret.get("CreatedDate"),
            soft_deleted="DeletedDate" in secret,
            priced=() if "DeletedDate" in secret else [("Secrets Manager secret", 1)],
            removal=tuple(_secret_removal(aws, secret)),
        )


def _secret_removal(aws: Aws, secret: Item) -> Iterator[RemovalStep]:
    """A replica goes at its primary; a primary only after its replicas (API reference, DeleteSecret)."""
    primary = secret.get("PrimaryRegion", aws.region)
    if primary != aws.region:
        replicas = [aws.region]
    elif "PrimaryRegion" in secret and tags_of(secret.get("Tags")).get("Project") == PROJECT:
        described = aws.call("secretsmanager", "describe_secret", SecretId=secret["ARN"])
        replicas = [replica["Region"] for replica in described.get("ReplicationStatus", ())]
    else:
        replicas = []
    if replicas:
        home = aws.elsewhere(primary)
        yield home.step(
            "secretsmanager", "remove_regions_from_replication", SecretId=secret["Name"], RemoveReplicaRegions=replicas
        )
    if primary == aws.region:
        yield aws.step("secretsmanager", "delete_secret", SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def keys(aws: Aws) -> Iterator[FoundResource]:
    """Keys of KMS, found by tag: it takes two calls a key to look into all of them, and many refuse to be read.

    A key that waits for its deletion costs nothing (KMS developer guide, "Deleting AWS KMS keys").
    """
    mappings = list(
        aws.items(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList[]",
            ResourceTypeFilters=["kms:key"],
            TagFilters=[{"Key": "Project", "Values": [PROJECT]}],
        )
    )

    def describe(mapping: Item) -> Item:
        return dict(aws.call("kms", "describe_key", KeyId=mapping["ResourceARN"])["KeyMetadata"])

    for mapping, key in zip(mappings, aws.each(describe, mappings), strict=True):
        if key["KeyState"] not in ("PendingDeletion", "PendingReplicaDeletion"):
            yield FoundResource(
                kind=kinds.KMS_KEY,
                id=key["KeyId"],
                region=aws.region,
                tags=tags_of(mapping["Tags"]),
                created=key["CreationDate"],
                priced=[("KMS key", 1)],
                removal=(
                    # A week is the least that KMS takes.
                    aws.step("kms", "schedule_key_deletion", KeyId=key["KeyId"], PendingWindowInDays=7),
                ),
            )
