"""Aurora, ElastiCache and S3: finds clusters, instances, caches and buckets with their snapshots and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from botocore.exceptions import ClientError

from ops.clouds.aurora import MakeDeletable
from ops.clouds.aws import Aws, RemoveBucket, gone
from ops.clouds.removal import Item, RemovalStep
from ops.inventory import kinds
from ops.inventory.ec2 import tags_of
from ops.inventory.found import FoundResource
from ops.inventory.ownership import auto_named


def database_clusters(aws: Aws) -> Iterator[FoundResource]:
    """Aurora clusters. The capacity of their instances is counted here, at its least, because it is set here."""
    for cluster in aws.items("rds", "describe_db_clusters", "DBClusters[]"):
        name = cluster["DBClusterIdentifier"]
        capacity = cluster.get("ServerlessV2ScalingConfiguration", {}).get("MinCapacity")
        members = len(cluster.get("DBClusterMembers", ()))
        delete = aws.step(
            "rds",
            "delete_db_cluster",
            DBClusterIdentifier=name,
            SkipFinalSnapshot=True,
            # "NoDeleteAutomatedBackups must be specified": AWS Backup keeps its own (terraform-provider-aws#20839).
            DeleteAutomatedBackups="AwsBackupRecoveryPointArn" not in cluster,
        )
        yield FoundResource(
            kind=kinds.AURORA_CLUSTER,
            id=name,
            region=aws.region,
            tags=tags_of(cluster.get("TagList")),
            created=cluster.get("ClusterCreateTime"),
            priced=[("Aurora PostgreSQL ACU", capacity * members)] if capacity is not None else None,
            removal=(
                *_made_deletable(aws, cluster),
                *_deletion(cluster["Status"], delete, aws.wait("rds", "db_cluster_deleted", DBClusterIdentifier=name)),
            ),
        )


def database_instances(aws: Aws) -> Iterator[FoundResource]:
    """Instances; a serverless one is priced with its cluster."""
    listed = aws.items("rds", "describe_db_clusters", "DBClusters[]")
    clusters = {cluster["DBClusterIdentifier"]: cluster for cluster in listed}
    for instance in aws.items("rds", "describe_db_instances", "DBInstances[]"):
        name = instance["DBInstanceIdentifier"]
        cluster = clusters.get(instance.get("DBClusterIdentifier", ""))
        delete = aws.step("rds", "delete_db_instance", DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        yield FoundResource(
            kind=kinds.AURORA_INSTANCE,
            id=name,
            region=aws.region,
            tags=tags_of(instance.get("TagList")),
            created=instance.get("InstanceCreateTime"),
            priced=() if instance["DBInstanceClass"] == "db.serverless" else None,
            part_of=(kinds.AURORA_CLUSTER, instance.get("DBClusterIdentifier", "")),
            removal=(
                *(_made_deletable(aws, cluster) if cluster else ()),
                *_deletion(
                    instance["DBInstanceStatus"],
                    delete,
                    aws.wait("rds", "db_instance_deleted", DBInstanceIdentifier=name),
                ),
            ),
        )


def database_snapshots(aws: Aws) -> Iterator[FoundResource]:
    """Snapshots somebody took; the automatic ones go with the automated backup."""
    for snapshot in aws.items("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots[]", SnapshotType="manual"):
        name = snapshot["DBClusterSnapshotIdentifier"]
        yield FoundResource(
            kind=kinds.AURORA_SNAPSHOT,
            id=name,
            region=aws.region,
            tags=tags_of(snapshot.get("TagList")),
            created=snapshot.get("SnapshotCreateTime"),
            priced=None,
            part_of=(kinds.AURORA_CLUSTER, snapshot["DBClusterIdentifier"]),
            removal=(aws.step("rds", "delete_db_cluster_snapshot", DBClusterSnapshotIdentifier=name),),
        )


def database_backups(aws: Aws) -> Iterator[FoundResource]:
    """Automated backups that outlived their cluster."""
    backups = aws.items("rds", "describe_db_cluster_automated_backups", "DBClusterAutomatedBackups[]")
    for backup in backups:
        if backup["Status"] == "retained":
            key = backup["DbClusterResourceId"]
            yield FoundResource(
                kind=kinds.AURORA_BACKUP,
                id=key,
                region=aws.region,
                tags=tags_of(backup.get("TagList")),
                created=backup.get("ClusterCreateTime"),
                priced=None,
                removal=(aws.step("rds", "delete_db_cluster_automated_backup", DbClusterResourceId=key),),
            )


def database_groups(aws: Aws) -> Iterator[FoundResource]:
    """Subnet and parameter groups. RDS tells their tags one by one."""
    yield from _groups(
        aws,
        service="rds",
        kind=kinds.RDS_SUBNET_GROUP,
        listing=("describe_db_subnet_groups", "DBSubnetGroups[]"),
        keys=("DBSubnetGroupName", "DBSubnetGroupArn"),
        delete="delete_db_subnet_group",
    )
    yield from _groups(
        aws,
        service="rds",
        kind=kinds.RDS_PARAMETER_GROUP,
        listing=("describe_db_cluster_parameter_groups", "DBClusterParameterGroups[]"),
        keys=("DBClusterParameterGroupName", "DBClusterParameterGroupArn"),
        delete="delete_db_cluster_parameter_group",
    )


def caches(aws: Aws) -> Iterator[FoundResource]:
    """Replication groups."""
    groups = aws.items("elasticache", "describe_replication_groups", "ReplicationGroups[]")
    named = [group for group in groups if auto_named(group["ReplicationGroupId"])]
    arns = [group["ARN"] for group in named]
    for group, tags in zip(named, aws.each(partial(_tags, aws, "elasticache"), arns), strict=True):
        name = group["ReplicationGroupId"]
        node = f"{str(group.get('Engine', '')).capitalize()} {group.get('CacheNodeType')}"
        yield FoundResource(
            kind=kinds.ELASTICACHE_REPLICATION_GROUP,
            id=name,
            region=aws.region,
            tags=tags,
            created=group.get("ReplicationGroupCreateTime"),
            priced=[(node, len(group.get("MemberClusters", ())))],
            removal=(
                *(
                    [aws.settle("elasticache", "replication_group_available", ReplicationGroupId=name)]
                    if group["Status"] in ("creating", "modifying", "snapshotting")  # deleted only when available
                    else ()
                ),
                *_deletion(
                    group["Status"],
                    aws.step("elasticache", "delete_replication_group", ReplicationGroupId=name),
                    aws.wait("elasticache", "replication_group_deleted", ReplicationGroupId=name),
                ),
            ),
        )


def cache_snapshots(aws: Aws) -> Iterator[FoundResource]:
    """Snapshots of replication groups whose name Pulumi chose."""
    snapshots = aws.items("elasticache", "describe_snapshots", "Snapshots[]")
    named = [snapshot for snapshot in snapshots if auto_named(snapshot.get("ReplicationGroupId") or "")]
    arns = [snapshot["ARN"] for snapshot in named]
    for snapshot, tags in zip(named, aws.each(partial(_tags, aws, "elasticache"), arns), strict=True):
        name = snapshot["SnapshotName"]
        taken = [node.get("SnapshotCreateTime") for node in snapshot.get("NodeSnapshots", ())]
        yield FoundResource(
            kind=kinds.ELASTICACHE_SNAPSHOT,
            id=name,
            region=aws.region,
            tags=tags,
            created=next(iter(taken), None),
            priced=None,
            part_of=(kinds.ELASTICACHE_REPLICATION_GROUP, snapshot["ReplicationGroupId"]),
            removal=(aws.step("elasticache", "delete_snapshot", SnapshotName=name),),
        )


def cache_groups(aws: Aws) -> Iterator[FoundResource]:
    """Subnet and parameter groups."""
    yield from _groups(
        aws,
        service="elasticache",
        kind=kinds.ELASTICACHE_SUBNET_GROUP,
        listing=("describe_cache_subnet_groups", "CacheSubnetGroups[]"),
        keys=("CacheSubnetGroupName", "ARN"),
        delete="delete_cache_subnet_group",
    )
    yield from _groups(
        aws,
        service="elasticache",
        kind=kinds.ELASTICACHE_PARAMETER_GROUP,
        listing=("describe_cache_parameter_groups", "CacheParameterGroups[]"),
        keys=("CacheParameterGroupName", "ARN"),
        delete="delete_cache_parameter_group",
    )


def buckets(aws: Aws) -> Iterator[FoundResource]:
    """Buckets of every region whose name Pulumi chose."""
    # S3 tells the region of each bucket only to those who send a parameter (API reference, ListBuckets).
    listed = aws.items("s3", "list_buckets", "Buckets[]", MaxBuckets=1000)
    named = [bucket for bucket in listed if auto_named(bucket["Name"])]

    def details(bucket: Item) -> tuple[dict[str, str], bool]:
        return _bucket_tags(aws, bucket["Name"]), _has_versions(aws, bucket["Name"])

    for bucket, (tags, versioned) in zip(named, aws.each(details, named), strict=True):
        name = bucket["Name"]
        region = bucket.get("BucketRegion")
        if not region:
            # "Buckets in Region us-east-1 have a LocationConstraint of null" (API reference, GetBucketLocation).
            located = aws.call("s3", "get_bucket_location", Bucket=name)
            region = located.get("LocationConstraint") or "us-east-1"
        yield FoundResource(
            kind=kinds.S3_BUCKET,
            id=name,
            region=region,
            tags=tags,
            created=bucket.get("CreationDate"),
            priced=None,
            removal=(RemoveBucket(aws, name, region, versions=versioned),),
        )


def _has_versions(aws: Aws, bucket: str) -> bool:
    """Whether versioning is on, or was: suspended, it keeps the versions that there are."""
    try:
        return "Status" in aws.call("s3", "get_bucket_versioning", Bucket=bucket)
    except ClientError as error:
        if gone(error):
            return False
        raise


def _bucket_tags(aws: Aws, bucket: str) -> dict[str, str]:
    try:
        return tags_of(aws.call("s3", "get_bucket_tagging", Bucket=bucket)["TagSet"])
    except ClientError as error:
        if gone(error):  # the bucket, or just its tags: NoSuchBucket, NoSuchTagSet
            return {}
        raise


def _tags(aws: Aws, service: str, arn: str) -> dict[str, str]:
    return tags_of(aws.call(service, "list_tags_for_resource", ResourceName=arn)["TagList"])


def _made_deletable(aws: Aws, cluster: Item) -> tuple[RemovalStep, ...]:
    step = MakeDeletable(aws, cluster)
    return (step,) if step.needed else ()


def _deletion(status: str, delete: RemovalStep, wait: RemovalStep) -> tuple[RemovalStep, ...]:
    return (wait,) if status == "deleting" else (delete, wait)


def _groups(
    aws: Aws,
    *,
    service: str,
    kind: str,
    listing: tuple[str, str],
    keys: tuple[str, str],
    delete: str,
) -> Iterator[FoundResource]:
    """Groups that stores refer to; `keys` are those of their name, which also deletes them, and of their ARN."""
    name, arn = keys
    named: Sequence[Item] = [group for group in aws.items(service, *listing) if auto_named(group[name])]
    for group, its_tags in zip(named, aws.each(lambda group: _tags(aws, service, group[arn]), named), strict=True):
        yield FoundResource(
            kind=kind,
            id=group[name],
            region=aws.region,
            tags=its_tags,
            removal=(aws.step(service, delete, **{name: group[name]}),),
        )
