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
}
"""What there is, the parameter that names it, and the error when it is not there."""


class ElastiCache:
    """`things` by kind and name: the parameters each was created and modified with."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.things: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}

    def call(self, operation: str, shape: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Answer create_, modify_, describe_ and delete_ of each kind."""
        report = ParamValidator().validate(params, shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        verb, _, rest = operation.partition("_")
        kind = rest.removesuffix("s") if verb == "describe" else rest
        key, not_found = KINDS[kind]
        things, name = self.things[kind], params.get(key, "")
        if verb == "create":
            if name in things:
                raise _error(operation, f"{kind.title().replace('_', '')}AlreadyExists", f"{name} already exists.")
            self._refuse_what_is_missing(operation, params)
            things[name] = dict(params)
        elif name and name not in things:
            raise _error(operation, not_found, f"{name} not found.")
        elif verb == "modify":
            things[name].update(params)
        elif verb == "delete":
            del things[name]
        return {kind: {**params, "endpoint": f"master.{name}.rehearsal.{self.region}.cache.amazonaws.com"}}

    def _refuse_what_is_missing(self, operation: str, params: Mapping[str, Any]) -> None:
        for kind, (key, not_found) in KINDS.items():
            named = operation == "create_replication_group" and kind != "replication_group" and key in params
            if named and params[key] not in self.things[kind]:
                raise _error(operation, not_found, f"{params[key]} not found.")
        if params.get("AuthToken") and not params.get("TransitEncryptionEnabled"):
            raise _error(operation, "InvalidParameterCombination", "An AUTH token needs encryption in transit.")
        if params.get("AutomaticFailoverEnabled") and params.get("NumCacheClusters", 0) < 2:
            raise _error(operation, "InvalidParameterCombination", "Automatic failover needs at least two nodes.")


def _error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
