"""CrossGuard rules about Aurora and ElastiCache: private, encrypted, TLS only, no eviction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.guardrails.rule import known, of_type, resource_rule, stack_rule

_DATABASE = "aws:rds/cluster:Cluster"
_DATABASE_INSTANCES = ("aws:rds/clusterInstance:ClusterInstance", "aws:rds/instance:Instance")
_CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


@resource_rule(*_DATABASE_INSTANCES)
def databases_are_private(instance: ResourceValidationArgs) -> Iterator[str]:
    """No database has a public address."""
    if instance.props.get("publiclyAccessible"):
        yield "the database has a public address: set publiclyAccessible to false"


@resource_rule(_DATABASE, "aws:rds/instance:Instance")
def databases_are_encrypted(database: ResourceValidationArgs) -> Iterator[str]:
    """What a database stores is encrypted; Aurora's own default is not."""
    if not database.props.get("storageEncrypted"):
        yield "the storage is not encrypted: set storageEncrypted to true"


@stack_rule
def databases_refuse_plain_connections(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Each database cluster has a parameter group that demands TLS."""
    for database in of_type(resources, _DATABASE):
        if not _has_parameter(database, "dbClusterParameterGroupName", "rds.force_ssl", "1"):
            yield database, "the database accepts plain connections: give it a parameter group with rds.force_ssl = 1"


@resource_rule(_CACHE)
def caches_are_encrypted(cache: ResourceValidationArgs) -> Iterator[str]:
    """A cache encrypts what it keeps and what it sends, and asks for a token."""
    for key in ("atRestEncryptionEnabled", "transitEncryptionEnabled"):
        if not cache.props.get(key):
            yield f"the cache does not encrypt everything: set {key} to true"
    if "authToken" not in set(cache.props):  # its value is a secret that a preview does not know
        yield "whoever reaches the cache may read it: set authToken"


@resource_rule("aws:elasticache/cluster:Cluster", "aws:elasticache/serverlessCache:ServerlessCache")
def caches_are_replication_groups(_cache: ResourceValidationArgs) -> Iterator[str]:
    """Only a ReplicationGroup has TLS, a token and a parameter group at once."""
    yield "this kind of cache lacks TLS with a token, or noeviction: use a ReplicationGroup (one node is enough)"


@stack_rule
def caches_never_evict(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Langfuse's queues live in the cache: an evicted key is a lost job (langfuse.com, infrastructure/cache)."""
    for cache in of_type(resources, _CACHE):
        if not _has_parameter(cache, "parameterGroupName", "maxmemory-policy", "noeviction"):
            yield cache, "a full cache drops jobs: give it a parameter group with maxmemory-policy = noeviction"


def _has_parameter(store: PolicyResource, key: str, name: str, value: str) -> bool:
    """Whether a parameter group that the store's property `key` refers to sets `name` to `value`."""
    parameters = [
        parameter
        for group in store.property_dependencies.get(key, [])
        for parameter in known(group.props, "parameters") or ()
    ]
    return any(known(parameter, "name") == name and str(known(parameter, "value")) == value for parameter in parameters)
