"""Semantic cache of API Management: its Azure Managed Redis, its entry in the gateway, and the way to embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from catalogue.pins import API_MANAGEMENT_API, REDIS_ENTERPRISE_API
from ops.checks.check import Check, Outcome, bad, fine
from ops.checks.status.gateway_models import USER_OF_OPENAI, role
from ops.clouds.azure import Api
from policies.apim.models import EMBEDDINGS_BACKEND_ID

_WELL = "Succeeded, Running"
_SEARCH = "RediSearch"
"""The module by which Redis finds what is near."""


def semantic_cache_checks(
    arm: Api, outputs: Mapping[str, Any], service: Mapping[str, Any], account: str, stack: str
) -> Mapping[str, Check]:
    """For a gateway that is to keep answers, `service` as Azure describes it; `account` gives it the embeddings."""
    own = (service.get("identity") or {}).get("principalId") or ""
    return {
        "Redis of the semantic cache": partial(_redis, arm, outputs.get("semanticCacheId", ""), stack),
        "semantic cache of the gateway": partial(_entries, arm, outputs["gatewayId"], stack),
        "semantic cache may ask for embeddings": partial(_role, arm, own, account, stack),
    }


def _redis(arm: Api, cluster: str, stack: str) -> Outcome:
    """Whether the cluster and its database run, and the database can find what is near."""
    if not cluster:
        return bad("is not there yet", f"`pulumi up -s {stack}` makes it")
    again = f"`pulumi up -s {stack} --refresh` makes it anew"
    modules: set[str] = set()
    for what, id_ in (("the cluster", cluster), ("its database", f"{cluster}/databases/default")):
        properties = arm.find(f"{id_}?api-version={REDIS_ENTERPRISE_API.version}").get("properties")
        if not properties:
            return bad(f"{what} is gone", again)
        if (state := f"{properties['provisioningState']}, {properties['resourceState']}") != _WELL:
            return bad(f"{what} is {state}", "wait, or see the activity log of the resource group")
        modules = {one["name"] for one in properties.get("modules") or ()}
    if _SEARCH not in modules:
        return bad(f"its database has no {_SEARCH}, so no answer is found", again)
    return fine(f"{_WELL}, with {_SEARCH}")


def _entries(arm: Api, gateway_id: str, stack: str) -> Outcome:
    """Whether the gateway knows the Redis, and where embeddings come from."""
    entries = {
        "cache default": "caches/default",
        f"backend {EMBEDDINGS_BACKEND_ID}": f"backends/{EMBEDDINGS_BACKEND_ID}",
    }
    url = f"{gateway_id}/{{}}?api-version={API_MANAGEMENT_API.version}"
    if missing := [name for name, path in entries.items() if not arm.find(url.format(path))]:
        return bad(f"gone: {', '.join(missing)}", f"`pulumi up -s {stack} --refresh` makes it anew")
    return fine(" and ".join(entries))


def _role(arm: Api, principal: str, account: str, stack: str) -> Outcome:
    """Whether the gateway's own identity, the only one that the policy asks by, has the role on the account."""
    if not principal:
        return bad("the gateway has no system-assigned identity", f"`pulumi up -s {stack} --refresh` gives it one")
    return role(arm, {principal}, account, USER_OF_OPENAI, stack)
