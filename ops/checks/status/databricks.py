"""Azure Databricks: the state of the workspace, its address and the secret of LiteLLM."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from catalogue.pins import DATABRICKS_API
from ops.checks.check import Check
from ops.checks.status.azure_state import health, secret_life
from ops.checks.status.http import answers
from ops.checks.status.status import Found, could_not_check
from ops.clouds.azure import Api
from ops.inventory.azure import AzureStackInventory, resource_groups
from ops.inventory.ownership import ScannedAccount

_WORKSPACE = "Databricks workspace"


def find_workspace(inventory: AzureStackInventory, outputs: Mapping[str, Any], now: datetime) -> Found:
    """The workspace of that stack; `outputs` name it, its address and the end of LiteLLM's secret."""
    workspace: Mapping[str, Any] = {}
    checks: dict[str, Check] = {}
    exists = seen = False
    up_again = f"pulumi up -s {inventory.stack} --refresh"
    try:
        token = inventory.token(inventory.arm)
        arm = Api(inventory.arm, token["accessToken"])
        groups = list(resource_groups(arm, f"/subscriptions/{token['subscription']}"))
        exists = bool(ScannedAccount(found=groups, stack=inventory.stack).namesakes)
        if exists and "workspaceId" in outputs:
            found = arm.find(f"{outputs['workspaceId']}?api-version={DATABRICKS_API.version}")
            workspace = found.get("properties", {})
            checks[_WORKSPACE] = partial(health, workspace, up_again)
        seen = True
    except Exception as error:  # noqa: BLE001  whatever went wrong, it does not mean that all is fine
        checks[_WORKSPACE] = could_not_check(str(error))
    if url := outputs.get("workspaceUrl"):
        checks["workspace refuses who has no token"] = partial(
            answers,
            f"{url}/api/2.0/preview/scim/v2/Me",
            httpx.codes.UNAUTHORIZED,
            "docs/databricks.md tells how to debug a request",
        )
    if end := outputs.get("clientSecretEnd"):
        checks["secret of LiteLLM"] = partial(
            secret_life, datetime.fromisoformat(end), now, f"`{up_again}` makes a new one"
        )
    created = workspace.get("createdDateTime")
    return Found(
        seen=seen,
        exists=exists,
        complete=bool(workspace),
        since=datetime.fromisoformat(created).astimezone(UTC) if created else None,
        checks=checks,
    )
