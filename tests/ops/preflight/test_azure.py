"""Subscription, rights and tier, against a server that answers as Resource Manager and Graph do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.checks.check import State, run
from ops.checks.preflight.azure import azure_checks, one_account
from ops.clouds.azure import AzureCliError
from ops.inventory.azure import AzureStackInventory
from ops.project import ROOT
from tests.ops.preflight.stand_in import Server, serve, state_of

SCOPE = "GET /subscriptions/s-1"
PERMISSIONS = f"{SCOPE}/providers/Microsoft.Authorization/permissions"
SKUS = f"{SCOPE}/providers/Microsoft.ApiManagement/skus"
ROLES = "GET /v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole"
CONFIG = {"azure-native:location": "eastus2", "genaiplatform:gatewayTier": "BasicV2"}
APPLICATION_ADMINISTRATOR = {"roleTemplateId": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"}
CONTRIBUTOR = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]}
OWNER = {"actions": ["*"], "notActions": []}
TIER, SUBSCRIPTION, RIGHTS, DIRECTORY = (
    "BasicV2 in eastus2",
    "subscription",
    "rights in the subscription",
    "rights in the directory",
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as served:
        yield served


def day(server: Server) -> AzureStackInventory:
    def token(_resource: str) -> Mapping[str, str]:
        return {"accessToken": "t", "subscription": "s-1"}

    return AzureStackInventory(stack="azure", arm=server.url, graph=server.url, token=token)


def _sku(name: str, *locations: str, restrictions: Any = ()) -> dict[str, Any]:
    return {"name": name, "locations": list(locations), "restrictions": list(restrictions)}


def _subscription(state: str) -> dict[str, str]:
    return {"displayName": "Sandbox", "subscriptionId": "s-1", "state": state}


@pytest.mark.parametrize(
    ("name", "path", "answer", "state"),
    [
        (SUBSCRIPTION, SCOPE, (200, _subscription("Enabled")), State.FINE),
        (SUBSCRIPTION, SCOPE, (200, _subscription("Disabled")), State.BAD),
        (SUBSCRIPTION, SCOPE, (403, {}), State.COULD_NOT_LOOK),
        (RIGHTS, PERMISSIONS, (200, {"value": [CONTRIBUTOR]}), State.FINE),
        (RIGHTS, PERMISSIONS, (200, {"value": [{"actions": ["*/read"], "notActions": []}]}), State.BAD),
        (RIGHTS, PERMISSIONS, (200, {"value": []}), State.BAD),
        (RIGHTS, PERMISSIONS, (500, {}), State.COULD_NOT_LOOK),
        (DIRECTORY, ROLES, (200, {"value": [APPLICATION_ADMINISTRATOR]}), State.FINE),
        (DIRECTORY, ROLES, (200, {"value": [{"roleTemplateId": "another"}]}), State.BAD),
        (DIRECTORY, ROLES, (400, {"error": "/me is only valid with delegated authentication"}), State.COULD_NOT_LOOK),
        (TIER, SKUS, (200, {"value": [_sku("BasicV2", "West US", "East US 2"), _sku("Basic", "UK")]}), State.FINE),
        (TIER, SKUS, (200, {"value": [_sku("BasicV2", "West US"), _sku("Basic", "East US 2")]}), State.BAD),
        (TIER, SKUS, (200, {"value": [_sku("BasicV2", "East US 2", restrictions=[{"type": "Location"}])]}), State.BAD),
        (TIER, SKUS, (429, {}), State.COULD_NOT_LOOK),
    ],
)
def test_a_check_is(server: Server, name: str, path: str, answer: tuple[int, Any], state: State) -> None:
    server.answers[path] = (answer[0], {}, answer[1])
    assert state_of(azure_checks(day(server), CONFIG)[name]) == state


def test_key_vault_mode_needs_the_right_to_assign_roles(server: Server) -> None:
    with_vault = {**CONFIG, "genaiplatform:keyMode": "keyVault"}
    for held, state in ((CONTRIBUTOR, State.BAD), (OWNER, State.FINE)):
        server.answers[PERMISSIONS] = (200, {}, {"value": [held]})
        assert state_of(azure_checks(day(server), with_vault)[RIGHTS]) == state


PROVIDER = f"{SCOPE}/providers/Microsoft.Cache"
REDIS = "Azure Managed Redis in eastus2"


def _provider(*places: str, state: str = "Registered", kind: str = "redisEnterprise") -> dict[str, Any]:
    """As Azure tells it; classic Redis is everywhere."""
    everywhere = {"resourceType": "Redis", "locations": ["East US 2", "West US"]}
    return {"registrationState": state, "resourceTypes": [everywhere, {"resourceType": kind, "locations": places}]}


@pytest.mark.parametrize(
    ("answer", "state", "says"),
    [
        ((200, _provider("West US", "East US 2")), State.FINE, "offered"),
        ((200, _provider("West US")), State.BAD, "Microsoft.Cache/redisEnterprise is offered in westus"),
        ((200, _provider("East US 2", kind="other")), State.BAD, "is offered in no region"),
        ((200, _provider("East US 2", state="NotRegistered")), State.BAD, "is NotRegistered for Microsoft.Cache"),
        ((403, {}), State.COULD_NOT_LOOK, "403"),
    ],
)
def test_a_redis_needs_its_provider_registered_and_offered_in_the_region(
    server: Server, answer: tuple[int, Any], state: State, says: str
) -> None:
    server.answers[PROVIDER] = (answer[0], {}, answer[1])
    found = run({REDIS: azure_checks(day(server), CONFIG, redis=True)[REDIS]})[REDIS]
    assert (found.state, says in found.says) == (state, True), found
    assert REDIS not in azure_checks(day(server), CONFIG)


def test_a_redis_needs_rights_of_its_own(server: Server) -> None:
    no_redis = {**CONTRIBUTOR, "notActions": ["Microsoft.Cache/*"]}
    for held, redis, state in (
        (CONTRIBUTOR, True, State.FINE),
        (no_redis, True, State.BAD),
        (no_redis, False, State.FINE),
    ):
        server.answers[PERMISSIONS] = (200, {}, {"value": [held]})
        assert state_of(azure_checks(day(server), CONFIG, redis=redis)[RIGHTS]) == state


def test_people_of_mcp_servers_have_keys_in_a_vault_too(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    monkeypatch.setattr("ops.checks.preflight.azure.ROOT", tmp_path)
    server.answers[PERMISSIONS] = (200, {}, {"value": [CONTRIBUTOR]})
    before = {**CONFIG, "genaiplatform:awsStack": "organization/genaiplatform/dev"}
    assert state_of(azure_checks(day(server), before)[RIGHTS]) == State.FINE
    for servers, state in (("[]", State.FINE), ("[{name: search, url: https://example.com/mcp}]", State.BAD)):
        (tmp_path / "Pulumi.dev.yaml").write_text(f"config: {{'genaiplatform:mcpServers': {servers}}}")
        assert state_of(azure_checks(day(server), before)[RIGHTS]) == state


def test_without_a_token_no_check_could_look() -> None:
    def no_token(_resource: str) -> Mapping[str, str]:
        raise AzureCliError("run `az login`")

    checks = azure_checks(AzureStackInventory(stack="azure", token=no_token), CONFIG)
    assert {state_of(check) for check in checks.values()} == {State.COULD_NOT_LOOK}


def test_a_service_that_is_not_there_is_could_not_look(server: Server) -> None:
    away = AzureStackInventory(
        stack="azure", arm="http://127.0.0.1:9", graph="http://127.0.0.1:9", token=day(server).token
    )
    assert {state_of(check) for check in azure_checks(away, CONFIG).values()} == {State.COULD_NOT_LOOK}


@pytest.mark.parametrize(
    ("environment", "state"),
    [
        ({}, State.FINE),
        ({"ARM_SUBSCRIPTION_ID": "S-1", "ARM_TENANT_ID": "t-1"}, State.FINE),
        ({"ARM_SUBSCRIPTION_ID": "s-2"}, State.BAD),
        ({"ARM_TENANT_ID": "t-2"}, State.BAD),
    ],
)
def test_pulumi_and_the_commands_have_to_mean_one_account(environment: dict[str, str], state: State) -> None:
    assert one_account({"subscription": "s-1", "tenant": "t-1"}, environment).state == state
