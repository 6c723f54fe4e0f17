"""Azure: the state of the gateway, its endpoint and its client secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from catalogue.pins import API_MANAGEMENT_API
from ops.checks.check import Check
from ops.checks.status.azure_state import health, secret_life
from ops.checks.status.gateway_models import gateway_model_checks
from ops.checks.status.http import answers
from ops.checks.status.semantic_cache import semantic_cache_checks
from ops.checks.status.status import Found, could_not_check
from ops.clouds.azure import Api
from ops.inventory.azure import AzureStackInventory, resource_groups
from ops.inventory.ownership import ScannedAccount

_SERVICE = "API Management"


def find_gateway(
    inventory: AzureStackInventory,
    outputs: Mapping[str, Any],
    now: datetime,
    accounts: Sequence[str] = (),
    safety: str | None = None,
    embeddings: str | None = None,
) -> Found:
    """The gateway of that stack; `outputs` name its gateway, clients and models.

    `accounts` are those of models that it is to call, `safety` that of Content Safety, `embeddings` that which the
    semantic cache has its embeddings from.
    """
    arm: Api | None = None
    service: Mapping[str, Any] = {}
    checks: dict[str, Check] = {}
    exists = seen = False
    try:
        token = inventory.token(inventory.arm)
        arm = Api(inventory.arm, token["accessToken"])
        groups = list(resource_groups(arm, f"/subscriptions/{token['subscription']}"))
        exists = bool(ScannedAccount(found=groups, stack=inventory.stack).namesakes)
        if exists and "gatewayId" in outputs:
            service = arm.find(f"{outputs['gatewayId']}?api-version={API_MANAGEMENT_API.version}")
            checks[_SERVICE] = partial(health, service.get("properties", {}), f"pulumi up -s {inventory.stack}")
        seen = True
    except Exception as error:  # noqa: BLE001  whatever went wrong, it does not mean that all is fine
        checks[_SERVICE] = could_not_check(str(error))
    if url := outputs.get("gatewayUrl"):
        checks["gateway refuses who has no token"] = partial(
            answers, f"{url}/v1/models", httpx.codes.UNAUTHORIZED, "docs/azure.md tells how to debug a request"
        )
    checks |= gateway_model_checks(arm, outputs, service, accounts, inventory.stack, safety=safety)
    if arm and service and embeddings:
        checks |= semantic_cache_checks(arm, outputs, service, embeddings, inventory.stack)
    for client, end in outputs.get("clientSecretEnds", {}).items():
        checks[f"secret of {client}"] = partial(
            secret_life, datetime.fromisoformat(end), now, "docs/azure.md, Client secrets, tells how to make new ones"
        )
    created = service.get("properties", {}).get("createdAtUtc")
    return Found(
        seen=seen,
        exists=exists,
        complete=bool(service),
        since=datetime.fromisoformat(created).astimezone(UTC) if created else None,
        checks=checks,
    )
