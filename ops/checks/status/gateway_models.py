"""Models that API Management serves by itself: their APIs, their backends, and the roles of the gateway's identity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from catalogue.pins import API_MANAGEMENT_API, ROLE_ASSIGNMENTS_API
from ops.checks.check import Check, Outcome, bad, fine, once
from ops.checks.status.http import answers
from ops.clouds.azure import Api, short_names
from policies.apim.models import COGNITIVE_SERVICES_USER, OPENAI_USER

USER_OF_OPENAI = (OPENAI_USER, "Cognitive Services OpenAI User")
"""Id and name of the role."""


def gateway_model_checks(
    arm: Api | None,
    outputs: Mapping[str, Any],
    service: Mapping[str, Any],
    accounts: Sequence[str],
    stack: str,
    *,
    safety: str | None = None,
) -> Mapping[str, Check]:
    """Nothing without models. `service` is the API Management service, as Azure describes it, empty when it is gone.

    `accounts` are ids of the Azure OpenAI accounts that its identity is to call, `safety` that of Content Safety.
    Without `arm` only the APIs are asked.
    """
    checks: dict[str, Check] = {}
    for api, url in outputs.get("modelApis", {}).items():
        checks[f"{api} refuses who has no token"] = partial(
            answers, f"{url}/models", httpx.codes.UNAUTHORIZED, "docs/model-gateway.md has what each answer means"
        )
    if arm is None or not service:
        return checks
    backends = once(partial(_backends, arm, outputs["gatewayId"]))
    identities = (service.get("identity") or {}).get("userAssignedIdentities") or {}
    own = [one["principalId"] for one in identities.values()]
    for model in outputs.get("gatewayModels", ()):
        checks[f"model {model['name']}"] = partial(_model, model, backends, stack)
    for account, name in short_names(accounts).items():
        checks[f"gateway may call {name}"] = partial(role, arm, own, account, USER_OF_OPENAI, stack)
    if safety:
        checks["gateway may call Content Safety"] = partial(
            role, arm, own, safety, (COGNITIVE_SERVICES_USER, "Cognitive Services User"), stack
        )
    return checks


def _backends(arm: Api, gateway_id: str) -> Mapping[str, Mapping[str, Any]]:
    """The backends of the service by id."""
    url = f"{gateway_id}/backends?api-version={API_MANAGEMENT_API.version}"
    return {one["name"]: one["properties"] for one in arm.values(url)}


def _model(model: Mapping[str, Any], backends: Callable[[], Mapping[str, Mapping[str, Any]]], stack: str) -> Outcome:
    """Whether each deployment has its backend, with a breaker, and is in the pool where there are several."""
    found, wanted = backends(), model["deployments"]
    again = f"`pulumi up -s {stack} --refresh` makes it anew"
    if missing := [name for name in wanted if name not in found]:
        return bad(f"gone: {', '.join(missing)}", again)
    if open_ := [name for name in wanted if not (found[name].get("circuitBreaker") or {}).get("rules")]:
        return bad(f"without a circuit breaker: {', '.join(open_)}", again)
    if len(wanted) == 1:
        return fine("1 deployment")
    pools = [one["pool"]["services"] for one in found.values() if one.get("type") == "Pool"]
    if not any({_last(member["id"]) for member in pool} == set(wanted) for pool in pools):
        return bad(f"no pool of {', '.join(wanted)}", again)
    return fine(f"{len(wanted)} deployments in a pool")


def role(arm: Api, own: Collection[str], account: str, wanted: tuple[str, str], stack: str) -> Outcome:
    """Whether one of these principals, the gateway's own, has the role, by its id and name, on the account."""
    definition, title = wanted
    url = f"{account}/providers/Microsoft.Authorization/roleAssignments?api-version={ROLE_ASSIGNMENTS_API.version}"
    for assignment in arm.values(url):
        given = assignment["properties"]
        if given["principalId"] in own and _last(given["roleDefinitionId"]) == definition:
            return fine(f"its identity has the role {title}")
    return bad(
        f"its identity has not the role {title} there",
        f"`pulumi up -s {stack} --refresh` gives it",
    )


def _last(id_: str) -> str:
    return id_.rpartition("/")[2]
