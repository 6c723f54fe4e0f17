"""The state of the semantic cache, against a server that answers as Azure Resource Manager does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest import mock

import pytest

from ops.checks.check import Outcome, State, run
from ops.commands.status.examine import FINDERS
from ops.inventory.azure import AzureStackInventory
from ops.stack.plan import Plan
from ops.stack.settings_file import StackConfig
from policies.apim.models import COGNITIVE_SERVICES_USER, OPENAI_USER
from tests import azure_program
from tests.ops.preflight.stand_in import Server, serve
from tests.ops.status.test_azure import GATEWAY, GROUPS, groups

EMBEDDINGS, SAFETY = (f"{azure_program.ACCOUNTS}/accounts/{name}" for name in ("north", "safety"))
REDIS = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Cache/redisEnterprise/genai-cache"
ROLES = "providers/Microsoft.Authorization/roleAssignments"
IDENTITY = {"principalId": "system", "userAssignedIdentities": {"/identity": {"principalId": "user"}}}
ASKS, RUNS, KNOWN, SAFE = (
    "semantic cache may ask for embeddings",
    "Redis of the semantic cache",
    "semantic cache of the gateway",
    "gateway may call Content Safety",
)


def redis(provisioning: str = "Succeeded", resource: str = "Running", *modules: str) -> Mapping[str, Any]:
    named = [{"name": module, "version": "2.8.4"} for module in modules]
    return {"properties": {"provisioningState": provisioning, "resourceState": resource, "modules": named}}


def role(principal: str, definition: str = OPENAI_USER) -> Mapping[str, Any]:
    return {"properties": {"principalId": principal, "roleDefinitionId": f"/x/roleDefinitions/{definition}"}}


def answer(server: Server, path: str, body: Any) -> None:
    server.answers[f"GET {path}"] = (200, {}, body)


@pytest.fixture
def arm() -> Iterator[Server]:
    """All is well."""
    with serve() as server:
        server.answers[GROUPS] = groups("azure")
        service = {"identity": IDENTITY, "properties": {"provisioningState": "Succeeded"}}
        answer(server, GATEWAY, service)
        answer(server, f"{GATEWAY}/caches/default", {"properties": {"useFromLocation": "default"}})
        answer(server, f"{GATEWAY}/backends/embeddings", {"properties": {}})
        answer(server, REDIS, redis())
        answer(server, f"{REDIS}/databases/default", redis("Succeeded", "Running", "RediSearch"))
        answer(server, f"{EMBEDDINGS}/{ROLES}", {"value": [role("system")]})
        answer(server, f"{SAFETY}/{ROLES}", {"value": [role("user", COGNITIVE_SERVICES_USER)]})
        yield server


def outcomes(arm: Server, settings: Mapping[str, Any] | None = None, **outputs: str) -> Mapping[str, Outcome]:
    """What `genai status` finds for a stack with these settings beside its models."""

    def token(_: str) -> Mapping[str, str]:
        return {"accessToken": "token", "subscription": "s-1"}

    cache = {"semanticCache": {"account": EMBEDDINGS, "model": "embed"}}
    given = {**azure_program.SETTINGS, **azure_program.MODELS, **(cache if settings is None else settings)}
    config = StackConfig(stack="azure", values=azure_program.config(given), secret_keys=())
    inventory = partial(AzureStackInventory, arm=arm.url, token=token)
    told = {"gatewayId": GATEWAY, "semanticCacheId": REDIS, **outputs}
    with mock.patch("ops.commands.status.examine.AzureStackInventory", inventory):
        found = FINDERS["azure"](config, mock.Mock(spec=Plan), told, datetime(2026, 11, 29, tzinfo=UTC))
    return {name: one for name, one in run(found.checks).items() if name in (RUNS, KNOWN, ASKS, SAFE)}


def test_a_cache_that_is_well(arm: Server) -> None:
    found = outcomes(arm)
    assert {name: one.says for name, one in found.items()} == {
        RUNS: "Succeeded, Running, with RediSearch",
        KNOWN: "cache default and backend embeddings",
        ASKS: "its identity has the role Cognitive Services OpenAI User",
    }
    assert {one.state for one in found.values()} == {State.FINE}


def test_a_stack_without_a_cache_has_nothing_to_check(arm: Server) -> None:
    assert outcomes(arm, {}) == {}


def test_content_safety_is_looked_at_where_the_settings_name_it(arm: Server) -> None:
    found = outcomes(arm, {"contentSafety": {"account": SAFETY}})
    assert {name: one.state for name, one in found.items()} == {SAFE: State.FINE}


def test_a_gateway_that_is_gone_has_no_cache_to_look_at(arm: Server) -> None:
    del arm.answers[f"GET {GATEWAY}"]
    assert outcomes(arm) == {}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        (REDIS, None, "the cluster is gone"),
        (REDIS, redis("Creating", "Creating"), "the cluster is Creating, Creating"),
        (REDIS, redis("Succeeded", "CreateFailed"), "the cluster is Succeeded, CreateFailed"),
        (f"{REDIS}/databases/default", None, "its database is gone"),
        (f"{REDIS}/databases/default", redis("Succeeded", "Disabled"), "its database is Succeeded, Disabled"),
        (f"{REDIS}/databases/default", redis("Succeeded", "Running", "RedisJSON"), "its database has no RediSearch"),
    ],
)
def test_a_redis_that_finds_no_answer_is_not_well(arm: Server, path: str, body: Any, says: str) -> None:
    arm.answers[f"GET {path}"] = (200 if body else 404, {}, body or {})
    found = outcomes(arm)
    assert (found[RUNS].state, says in found[RUNS].says) == (State.BAD, True), found[RUNS]
    assert {found[KNOWN].state, found[ASKS].state} == {State.FINE}
    assert found[RUNS].fix


def test_a_cache_that_was_asked_for_and_not_made_yet_says_so(arm: Server) -> None:
    found = outcomes(arm, semanticCacheId="")[RUNS]
    assert (found.state, found.says, found.fix) == (State.BAD, "is not there yet", "`pulumi up -s azure` makes it")


@pytest.mark.parametrize(
    ("gone", "says"), [("caches/default", "gone: cache default"), ("backends/embeddings", "gone: backend embeddings")]
)
def test_an_entry_that_the_gateway_lost(arm: Server, gone: str, says: str) -> None:
    del arm.answers[f"GET {GATEWAY}/{gone}"]
    found = outcomes(arm)[KNOWN]
    assert (found.state, found.says) == (State.BAD, says)


@pytest.mark.parametrize("given", [[], [role("user")], [role("system", COGNITIVE_SERVICES_USER)]])
def test_the_identity_of_the_models_does_not_stand_for_that_of_the_cache(
    arm: Server, given: list[Mapping[str, Any]]
) -> None:
    answer(arm, f"{EMBEDDINGS}/{ROLES}", {"value": given})
    assert outcomes(arm)[ASKS].state == State.BAD


def test_a_gateway_without_an_identity_of_its_own_has_no_role(arm: Server) -> None:
    answer(arm, GATEWAY, {"identity": {**IDENTITY, "principalId": None}, "properties": {"provisioningState": "x"}})
    assert outcomes(arm)[ASKS].says == "the gateway has no system-assigned identity"


def test_what_azure_denies_could_not_be_looked_at(arm: Server) -> None:
    for path in (REDIS, f"{GATEWAY}/caches/default", f"{EMBEDDINGS}/{ROLES}"):
        arm.answers[f"GET {path}"] = (403, {}, {})
    assert {one.state for one in outcomes(arm).values()} == {State.COULD_NOT_LOOK}
