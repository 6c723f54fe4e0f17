"""CrossGuard rules about what stops `pulumi destroy`, or stays and costs money after it."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import known, resource_rule

_BUCKET = "aws:s3/bucket:Bucket"
_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
_DATABASES = ("aws:rds/cluster:Cluster", "aws:rds/instance:Instance")
_CLUSTERS = ("eks:index:Cluster", "aws:eks/cluster:Cluster")
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_KEYS = ("aws:kms/key:Key", "aws:kms/externalKey:ExternalKey", "aws:kms/replicaKey:ReplicaKey")
_LOCKS = tuple(
    f"azure-native:authorization:ManagementLock{where}"
    for where in ("AtResourceGroupLevel", "AtResourceLevel", "AtSubscriptionLevel", "ByScope")
)
_STATEFUL_SET, _STORAGE_CLASS = "kubernetes:apps/v1:StatefulSet", "kubernetes:storage.k8s.io/v1:StorageClass"


@resource_rule()
def nothing_is_protected(resource: ResourceValidationArgs) -> Iterator[str]:
    """`protect` makes a destroy fail, `skipDestroy` makes it leave the resource behind."""
    if resource.opts.protect:
        yield "protect stops the destroy: remove it from the resource's options"
    if known(resource.props, "skipDestroy"):
        yield "skipDestroy leaves this behind: remove it"


@resource_rule(*_DATABASES, *_CLUSTERS, _BALANCER)
def deletion_protection_is_off(resource: ResourceValidationArgs) -> Iterator[str]:
    """AWS refuses to delete what is protected."""
    key = "enableDeletionProtection" if resource.resource_type == _BALANCER else "deletionProtection"
    if resource.props.get(key):
        yield f"AWS would refuse to delete this: set {key} to false"


@resource_rule(_BUCKET)
def buckets_are_emptied_by_destroy(bucket: ResourceValidationArgs) -> Iterator[str]:
    """A bucket goes with its objects."""
    if not bucket.props.get("forceDestroy"):
        yield "destroy would stop at the first object (BucketNotEmpty): set forceDestroy to true"


@resource_rule(_BUCKET, _VERSIONING)
def buckets_keep_no_old_versions(resource: ResourceValidationArgs) -> Iterator[str]:
    """Old versions and locked objects keep a bucket alive, and are paid for meanwhile."""
    enabled = known(resource.props, "versioning", "enabled")
    status = known(resource.props, "versioningConfiguration", "status")
    if enabled or status == "Enabled" or resource.props.get("objectLockEnabled"):
        yield "old versions would outlive the day: leave versioning and object lock off"


@resource_rule(*_DATABASES)
def databases_leave_no_backup(database: ResourceValidationArgs) -> Iterator[str]:
    """A database goes without a final snapshot, with its automated backups, of which it keeps one day's, the least."""
    if not database.props.get("skipFinalSnapshot"):
        yield "destroy would fail for want of a snapshot's name: set skipFinalSnapshot to true"
    if database.props.get("deleteAutomatedBackups", True) is False:
        yield "the automated backups would stay: set deleteAutomatedBackups to true"
    if database.props.get("backupRetentionPeriod", 1) != 1:
        yield "more than one day of backups is kept for a stack of one day: set backupRetentionPeriod to 1"


@resource_rule("aws:elasticache/replicationGroup:ReplicationGroup")
def caches_leave_no_snapshot(cache: ResourceValidationArgs) -> Iterator[str]:
    """A cache takes no snapshot, neither daily nor at its end."""
    if cache.props.get("snapshotRetentionLimit"):
        yield "snapshots cost and serve nobody tomorrow: set snapshotRetentionLimit to 0"
    if cache.props.get("finalSnapshotIdentifier"):
        yield "the final snapshot would stay: remove finalSnapshotIdentifier"


@resource_rule("aws:secretsmanager/secret:Secret")
def secrets_go_at_once(secret: ResourceValidationArgs) -> Iterator[str]:
    """A secret in its recovery window is paid for, and blocks its name tomorrow."""
    if secret.props.get("recoveryWindowInDays", 30) != 0:
        yield "the secret would linger for up to 30 days: set recoveryWindowInDays to 0"


@resource_rule(*_KEYS)
def no_keys_of_our_own(_key: ResourceValidationArgs) -> Iterator[str]:
    """A KMS key is pending deletion for 7 days at least, and paid for."""
    yield "the key would outlive the day by a week: use the key that the service brings"


@resource_rule(*_LOCKS)
def no_locks(_lock: ResourceValidationArgs) -> Iterator[str]:
    """Azure refuses to delete what a lock covers, and what stands in a resource group that has one."""
    yield "the destroy would stop at the lock: take it out"


@resource_rule("azure-native:keyvault:Vault")
def vaults_are_gone_after_a_week(vault: ResourceValidationArgs) -> Iterator[str]:
    """A deleted vault can be recovered for 7 days at least; with purge protection nobody can end that sooner."""
    properties = vault.props["properties"]
    if properties.get("softDeleteRetentionInDays", 90) != 7:
        yield "its secrets could be recovered for longer than a week: set properties.softDeleteRetentionInDays to 7"
    if properties.get("enablePurgeProtection") is not None:
        yield "nobody could purge the vault: take properties.enablePurgeProtection out, Azure refuses false"


@resource_rule(*_CLUSTERS, *_DATABASES)
def no_log_groups_that_come_back(resource: ResourceValidationArgs) -> Iterator[str]:
    """Late lines of a deleted cluster make its log group anew, without an end (terraform-aws-eks#2486)."""
    for key in ("enabledClusterLogTypes", "enabledCloudwatchLogsExports"):
        if resource.props.get(key):
            yield f"the log group would come back after the destroy: remove {key}"


@resource_rule(_STATEFUL_SET, _STORAGE_CLASS)
def volumes_go_with_their_pods(resource: ResourceValidationArgs) -> Iterator[str]:
    """A StatefulSet deletes its claims and a claim its volume; by default claims stay."""
    if resource.resource_type == _STORAGE_CLASS:
        if resource.props.get("reclaimPolicy", "Delete") != "Delete":
            yield "the disk would stay when its claim goes: set reclaimPolicy to Delete"
        return
    spec = resource.props["spec"]
    retention = known(spec, "persistentVolumeClaimRetentionPolicy", "whenDeleted")
    if spec.get("volumeClaimTemplates") and retention != "Delete":
        yield "the claims would stay, and the disks: set persistentVolumeClaimRetentionPolicy.whenDeleted to Delete"
