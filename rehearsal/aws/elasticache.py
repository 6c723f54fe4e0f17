"""Simulated ElastiCache, which moto has only in part: groups and caches as dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

KINDS: Mapping[str, tuple[str, str]] = {
    "cache_subnet_group": ("CacheSubnetGroupName", "CacheSubnetGroupNotFoundFault"),
    "cache_parameter_group": ("CacheParameterGroupName", "CacheParameterGroupNotFound"),
    "replication_group": ("ReplicationGroupId", "ReplicationGroupNotFoundFault"),
    "snapshot": ("SnapshotName", "SnapshotNotFoundFault"),
}
"""What there is, the parameter that names it, and the error when it is not there."""


class ElastiCache:
    """`resources` by kind and name: the parameters each was created and modified with."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.resources: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}

    def call(self, operation: str, shape: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Answer create_, modify_, describe_ and delete_ of each kind, changes of replicas and of tags."""
        report = ParamValidator().validate(params, shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        if "tags" in operation:
            return self._tag(operation, params)
        verb, _, rest = operation.partition("_")
        if rest == "replica_count":
            verb, rest = "modify", "replication_group"
            params = {**params, "NumCacheClusters": params["NewReplicaCount"] + 1}  # with the primary
        kind = rest.removesuffix("s") if verb == "describe" else rest
        key, not_found = KINDS[kind]
        resources, name = self.resources[kind], params.get(key, "")
        if verb == "create":
            if name in resources:
                raise _error(operation, f"{kind.title().replace('_', '')}AlreadyExists", f"{name} already exists.")
            self._refuse(operation, kind, params)
            resources[name] = {
                **params,
                "ARN": f"arn:aws:elasticache:{self.region}:123456789012:{kind}:{name}",
                "Status": "available",
                "MemberClusters": [f"{name}-{number:03}" for number in range(1, params.get("NumCacheClusters", 0) + 1)],
                "endpoint": f"master.{name}.rehearsal.{self.region}.cache.amazonaws.com",
            }
        elif name and name not in resources:
            raise _error(operation, not_found, f"{name} not found.")
        elif verb == "modify":
            self._refuse(operation, kind, {**resources[name], **params})
            resources[name].update(params)
        elif verb == "delete":
            del resources[name]
        found = [resources[name]] if name in resources else [] if name else list(resources.values())
        return {f"{kind}s": [dict(resource) for resource in found]}

    def _tag(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        name = params["ResourceName"].rpartition(":")[2]
        [resource] = [resources[name] for resources in self.resources.values() if name in resources]
        if operation.startswith("list"):
            return {"tag_list": list(resource.get("Tags", []))}
        new = {tag["Key"]: tag for tag in params.get("Tags", [])}
        kept = [tag for tag in resource.get("Tags", []) if tag["Key"] not in {*new, *params.get("TagKeys", [])}]
        resource["Tags"] = [*kept, *new.values()]
        return {}

    def _refuse(self, operation: str, kind: str, params: Mapping[str, Any]) -> None:
        """Refuse what ElastiCache refuses of a resource with these parameters."""
        for referenced, (key, not_found) in KINDS.items():
            named = kind == "replication_group" and referenced != kind and key in params
            if named and params[key] not in self.resources[referenced]:
                raise _error(operation, not_found, f"{params[key]} not found.")
        if params.get("AuthToken") and not params.get("TransitEncryptionEnabled"):
            raise _error(operation, "InvalidParameterCombination", "An AUTH token needs encryption in transit.")
        if params.get("AutomaticFailoverEnabled") and params.get("NumCacheClusters", 0) < 2:
            raise _error(operation, "InvalidParameterCombination", "Automatic failover needs at least two nodes.")


def _error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
