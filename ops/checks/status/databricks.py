"""Azure Databricks: the state of the workspace, its address and the secret of LiteLLM."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from catalogue.pins import DATABRICKS_API
from ops.checks.check import Check, Outcome, bad, fine
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
    try:
        token = inventory.token(inventory.arm)
        arm = Api(inventory.arm, token["accessToken"])
        groups = list(resource_groups(arm, f"/subscriptions/{token['subscription']}"))
        exists = bool(ScannedAccount(found=groups, stack=inventory.stack).namesakes)
        if exists and "workspaceId" in outputs:
            workspace = _properties(arm, outputs["workspaceId"])
            checks[_WORKSPACE] = partial(_health, workspace, inventory.stack)
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
        checks["secret of LiteLLM"] = partial(_secret, datetime.fromisoformat(end), now, inventory.stack)
    created = workspace.get("createdDateTime")
    return Found(
        seen=seen,
        exists=exists,
        complete=bool(workspace),
        since=datetime.fromisoformat(created).astimezone(UTC) if created else None,
        checks=checks,
    )


def _properties(arm: Api, workspace_id: str) -> Mapping[str, Any]:
    """The properties of the workspace, none when it is gone."""
    try:
        return dict(arm.get(f"{workspace_id}?api-version={DATABRICKS_API.version}")["properties"])
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:
            return {}
        raise


def _health(workspace: Mapping[str, Any], stack: str) -> Outcome:
    if not workspace:
        return bad("is gone", f"`pulumi up -s {stack} --refresh` makes it anew")
    state = str(workspace["provisioningState"])
    return fine(state) if state == "Succeeded" else bad(state, "wait, or see the activity log of the resource group")


def _secret(end: datetime, now: datetime, stack: str) -> Outcome:
    hours = (end - now).total_seconds() / 3600
    if hours <= 0:
        return bad(f"ended at {end:%F %R} UTC", f"`pulumi up -s {stack} --refresh` makes a new one")
    return fine(f"ends at {end:%F %R} UTC, in {hours / 24:.1f} days")
