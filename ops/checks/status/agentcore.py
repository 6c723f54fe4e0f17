"""Bedrock AgentCore: the state of an MCP gateway and its targets, and whether it refuses strangers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from functools import partial
from typing import Any

import httpx

from ops.checks.check import Check, Outcome, bad, fine
from ops.checks.status.http import answers
from ops.checks.status.status import Found, could_not_check
from ops.clouds.aws import Aws
from ops.inventory import agentcore
from ops.inventory.ownership import ScannedAccount

TARGET = "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget"
_WAITS_FOR_A_CLICK = ("CREATE_PENDING_AUTH", "UPDATE_PENDING_AUTH", "SYNCHRONIZE_PENDING_AUTH")


def find_gateway(aws: Aws, stack: str, targets: int, outputs: Mapping[str, Any]) -> Found:
    """The gateway of that stack with that many targets; `outputs` say where it answers."""
    checks: dict[str, Check] = {}
    seen, mine, there = False, [], 0
    try:
        found = list(agentcore.gateways(aws))
        mine = [one.resource for one in ScannedAccount(found=found, stack=stack).namesakes]
        if "gatewayId" in outputs:
            mine = [one for one in mine if one.id == outputs["gatewayId"]]
        for gateway in mine:
            described = aws.call(agentcore.CONTROL, "get_gateway", gatewayIdentifier=gateway.id)
            checks[f"gateway {gateway.id}"] = partial(_health, described, stack)
            for target in agentcore.targets_of(aws, gateway.id):
                there += 1
                checks[f"target {target['name']}"] = partial(_health, target, stack)
        seen = True
    except Exception as error:  # noqa: BLE001  whatever went wrong, it does not mean that all is fine
        checks["AgentCore gateway"] = could_not_check(str(error))
    if outputs and seen and there < targets:
        checks["targets"] = partial(bad, f"{there} of {targets} exist", f"`pulumi up -s {stack}` makes what is missing")
    if url := outputs.get("gatewayUrl"):
        checks["gateway refuses who has no token"] = partial(
            answers, url, httpx.codes.UNAUTHORIZED, "docs/mcp.md tells what a gateway answers"
        )
    created = [one.created.astimezone(UTC) for one in mine if one.created]
    return Found(
        seen=seen,
        exists=bool(mine),
        complete=bool(mine) and there >= targets,
        since=min(created, default=None),
        checks=checks,
    )


def _health(described: Mapping[str, Any], stack: str) -> Outcome:
    state = str(described["status"])
    if state == "READY":
        return fine(state)
    if state in _WAITS_FOR_A_CLICK:
        return bad(
            f"{state}: it waits for somebody to log in, and cannot be deleted before",
            "open authorizationUrl of `aws bedrock-agentcore-control get-gateway-target`, or it blocks `destroy`",
        )
    why = "; ".join(described.get("statusReasons") or ()) or "AWS gives no reason"
    return bad(f"{state} ({why})", f"wait if it is on its way, else `pulumi up -s {stack}` again")
