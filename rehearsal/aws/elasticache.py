"""ElastiCache, which moto has only in part: groups and caches as dictionaries."""

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
    """`things` by kind and name: the parameters each was created and modified with."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.things: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}

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
        things, name = self.things[kind], params.get(key, "")
        if verb == "create":
            if name in things:
                raise _error(operation, f"{kind.title().replace('_', '')}AlreadyExists", f"{name} already exists.")
            self._refuse(operation, kind, params)
            things[name] = {
                **params,
                "ARN": f"arn:aws:elasticache:{self.region}:123456789012:{kind}:{name}",
                "Status": "available",
                "MemberClusters": [f"{name}-{number:03}" for number in range(1, params.get("NumCacheClusters", 0) + 1)],
                "endpoint": f"master.{name}.rehearsal.{self.region}.cache.amazonaws.com",
            }
        elif name and name not in things:
            raise _error(operation, not_found, f"{name} not found.")
        elif verb == "modify":
            self._refuse(operation, kind, {**things[name], **params})
            things[name].update(params)
        elif verb == "delete":
            del things[name]
        found = [things[name]] if name in things else [] if name else list(things.values())
        return {f"{kind}s": [dict(one) for one in found]}

    def _tag(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        name = params["ResourceName"].rpartition(":")[2]
        [thing] = [things[name] for things in self.things.values() if name in things]
        if operation.startswith("list"):
            return {"tag_list": list(thing.get("Tags", []))}
        new = {one["Key"]: one for one in params.get("Tags", [])}
        kept = [one for one in thing.get("Tags", []) if one["Key"] not in {*new, *params.get("TagKeys", [])}]
        thing["Tags"] = [*kept, *new.values()]
        return {}

    def _refuse(self, operation: str, kind: str, params: Mapping[str, Any]) -> None:
        """Whatever is wrong in a thing as it would be."""
        for other, (key, not_found) in KINDS.items():
            named = kind == "replication_group" and other != kind and key in params
            if named and params[key] not in self.things[other]:
                raise _error(operation, not_found, f"{params[key]} not found.")
        if params.get("AuthToken") and not params.get("TransitEncryptionEnabled"):
            raise _error(operation, "InvalidParameterCombination", "An AUTH token needs encryption in transit.")
        if params.get("AutomaticFailoverEnabled") and params.get("NumCacheClusters", 0) < 2:
            raise _error(operation, "InvalidParameterCombination", "Automatic failover needs at least two nodes.")


def _error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
