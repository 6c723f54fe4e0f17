"""The Azure gateway on the real engine, in front of a rehearsed AWS day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.azure.key_vault import SECRETS_OFFICER
from ops.model.recorder import plain
from rehearsal import generated
from rehearsal.azure.declared import problems
from rehearsal.azure.package import AzurePackage
from rehearsal.azure.types import SUBSCRIPTION, TYPES
from rehearsal.engine import RehearsalEngine
from rehearsal.package import Properties, RefusedError, Request
from rehearsal.run import changes, plain_secrets
from rehearsal.simulation import Simulation
from rehearsal.wire import UNKNOWN
from tests import azure_program, databricks_program
from tests.rehearsal.engines import (
    config,
    engine,
    fail_everything_once,
    get_past_a_failure,
    nothing_is_left,
    succeed,
    to_fail,
    touched,
)

SERVED = {**TYPES, **generated.TYPES}
SERVICE = ("azure-native:apimanagement:ApiManagementService", "genai-gateway")
IN_HEADER_MODE, IN_KEY_VAULT_MODE = (
    to_fail(azure_program.recorded(mode).resources, TYPES) for mode in azure_program.MODES
)
CASES = [
    *(("header", *case) for case in IN_HEADER_MODE),
    *(("keyVault", *case) for case in IN_KEY_VAULT_MODE if case not in IN_HEADER_MODE or case == SERVICE),
]
ENDS_WITH_ITS_OWNER = {one.type for one in azure_program.recorded("keyVault").resources if one.deleted_with}
AFTER_THE_SECRETS = {"azure-native:keyvault:Vault", "azure-native:managedidentity:UserAssignedIdentity"}
"""Where a destroy that fails must be run again before the next up: secrets are out of the state, and in the vault."""


def azure_engine(simulation: Simulation, folder: Path, **settings: object) -> RehearsalEngine:
    values = {"azure-native:location": "eastus2", **config(awsStack=azure_program.AWS_STACK, insecureBackend=True)}
    del values["genaiplatform:allowedCidrs"]
    return RehearsalEngine(
        folder,
        "azure",
        {**values, **{f"genaiplatform:{key}": value for key, value in settings.items()}},
        simulation.environment,
    )


def gateway_alone(simulation: Simulation, folder: Path, mode: str, **settings: object) -> RehearsalEngine:
    """In front of an AWS day whose outputs are settings."""
    door = azure_engine(simulation, folder, keyMode=mode, users=["someone@example.com"], awsStack="", **settings)
    door.set_secrets(
        {
            "awsOutputs.apimEntryUrl": "https://203.0.113.20:8443",
            "awsOutputs.apimEntryKey": "0123456789abcdef" * 4,
            "awsOutputs.virtualKeys.demo": "sk-0123456789abcdef0123456789abcdef",
        }
    )
    return door


@pytest.mark.engine
def test_both_stacks_come_under_guardrails_change_the_key_mode_and_go(simulation: Simulation, folder: Path) -> None:
    someone = {"alias": "someone", "user": "someone@example.com", "mcpServers": ["search"]}
    day = engine(
        simulation,
        folder,
        apimEntry=True,
        mcpServers=[{"name": "search", "url": "https://search.example.com/mcp"}],
        virtualKeys=[{"alias": "demo"}, someone],
    )
    succeed(day.up())
    door = azure_engine(simulation, folder, users=["someone@example.com"])
    for mode in ("header", "keyVault", "header"):
        change(door, keyMode=mode)
        succeed(door.up("--policy-pack", str(door.project / "policies" / "guardrails")))
        assert any(one["type"] == "genai:azure:McpApis" for one in door.resources())
        assert plain_secrets(door.state_text(), simulation.secrets()) == 0
        assert changes(succeed(door.up())) == 0
    succeed(door.destroy())
    assert simulation.azure.leftovers() == []
    assert door.resources() == []
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def gateway_with_models(simulation: Simulation, folder: Path, models: Sequence[Any]) -> RehearsalEngine:
    clients = azure_program.MODELS["clients"]
    door = gateway_alone(simulation, folder, "header", gatewayModels=models, clients=clients)
    door.set_secrets({"providerKeys.gemini": azure_program.MODELS["providerKeys"]["gemini"]})
    return door


def change(door: RehearsalEngine, **settings: object) -> None:
    """What else is set stays as it is, secrets too."""
    found = yaml.safe_load(door.settings_file.read_text())
    found["config"] |= {f"genaiplatform:{name}": value for name, value in settings.items()}
    door.settings_file.write_text(yaml.safe_dump(found))


@pytest.mark.engine
def test_models_come_under_guardrails_change_on_a_running_day_and_go(simulation: Simulation, folder: Path) -> None:
    pooled, small, gemini = azure_program.MODELS["gatewayModels"]
    door = gateway_with_models(simulation, folder, [pooled, small, gemini])
    change(door, contentSafety=azure_program.SAFE["contentSafety"])
    succeed(door.up("--policy-pack", str(door.project / "policies" / "guardrails")))
    assert plain_secrets(door.state_text(), simulation.secrets()) == 0
    assert changes(succeed(door.up())) == 0
    begin = len(simulation.operations.done)
    alone = {**pooled, "deployments": [{"account": pooled["deployments"][1]["account"]}]}
    change(door, gatewayModels=[alone, small, gemini])
    succeed(door.up())
    gone = ["model-gpt-5-mini-2", "model-gpt-5-mini-3", "model-gpt-5-mini-4", "model-gpt-5-mini-pool"]
    deleted = {name for kind, name in touched(simulation, begin) if kind == "delete"}
    roles = {name.rpartition("-")[0] for name in deleted if "identity" in name}
    assert roles == {"genai-models-identity-north", "genai-models-identity-south"}
    assert {f"genai-models-{name}" for name in gone} == {name for name in deleted if "identity" not in name}
    assert {name for kind, name in touched(simulation, begin) if kind == "create"} == set()
    begin = len(simulation.operations.done)
    change(door, semanticCache=azure_program.CACHED["semanticCache"])
    succeed(door.up("--policy-pack", str(door.project / "policies" / "guardrails")))
    made = {name for kind, name in touched(simulation, begin) if kind == "create"}
    assert made == {"genai-cache", "genai-cache-embeddings"}
    assert plain_secrets(door.state_text(), simulation.secrets()) == 0
    assert changes(succeed(door.up())) == 0
    begin = len(simulation.operations.done)
    settings: dict[str, object] = {"contentSafety": {}, "semanticCache": {}}
    change(door, gatewayModels=[pooled], clients=[{"name": "chat", "key": "demo"}], **settings)
    succeed(door.up())
    deleted = {name for kind, name in touched(simulation, begin) if kind == "delete"}
    assert made | {"genai-models-content-safety", "genai-models-identity-content-safety"} <= deleted
    change(door, gatewayModels=[])
    succeed(door.up())
    left = " ".join(simulation.azure.leftovers())
    assert not [
        part
        for part in ("/apis/models", "/backends/model-", "genai-models", "CognitiveServices", "genai-cache", "Redis")
        if part in left
    ]
    succeed(door.destroy())
    nothing_is_left(simulation, door)


@pytest.mark.engine
def test_models_come_and_go_although_everything_fails_once(simulation: Simulation, folder: Path) -> None:
    door = gateway_with_models(simulation, folder, azure_program.MODELS["gatewayModels"])
    change(door, semanticCache=azure_program.CACHED["semanticCache"])
    recorded = azure_program.run(azure_program.CACHED).resources
    own = ("genai-models", "genai-cache")
    every = {(one.type, one.name) for one in recorded if one.name.startswith(own) and one.type in SERVED}
    assert every <= fail_everything_once(simulation, "create", door.up)
    assert every <= fail_everything_once(simulation, "delete", door.destroy)
    nothing_is_left(simulation, door)


@pytest.mark.engine
def test_two_mornings_of_models_collide_in_no_name(simulation: Simulation, folder: Path) -> None:
    door = gateway_with_models(simulation, folder, azure_program.MODELS["gatewayModels"])
    change(door, semanticCache=azure_program.CACHED["semanticCache"])
    for _ in range(2):
        succeed(door.up())
        succeed(door.destroy())
    nothing_is_left(simulation, door)


@pytest.mark.engine
def test_a_colleague_changes_a_query_on_a_running_day_and_takes_no_application_over(
    simulation: Simulation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = gateway_alone(simulation, folder, "keyVault")
    succeed(door.up())
    invoke, begin = simulation.azure.invoke, len(simulation.operations.done)

    def by_a_colleague(token: str, args: Properties) -> Properties:
        answer = invoke(token, args)
        return {**answer, "objectId": "0c0ffee0-0000-4000-8000-000000000000"} if "Config" in token else answer

    monkeypatch.setattr(simulation.azure, "invoke", by_a_colleague)
    query = door.project / "components/azure/queries/one-request.kql"
    query.write_text(query.read_text() + "| take 100\n")
    succeed(door.up())
    assert touched(simulation, begin) == {
        (kind, name) for kind in ("create", "delete") for name in ("genai-logs-one-request", "genai-keys-deployer")
    }
    succeed(door.destroy())
    nothing_is_left(simulation, door)


@pytest.mark.engine
@pytest.mark.parametrize("mode", azure_program.MODES)
def test_the_gateway_comes_and_goes_although_everything_fails_once(
    simulation: Simulation, folder: Path, mode: str
) -> None:
    gateway = gateway_alone(simulation, folder, mode)
    every = {(one.type, one.name) for one in azure_program.recorded(mode).resources if one.type in SERVED}
    assert fail_everything_once(simulation, "create", gateway.up) == every
    deleted = {(token, name) for token, name in every if token not in ENDS_WITH_ITS_OWNER}
    assert fail_everything_once(simulation, "delete", gateway.destroy) == deleted
    nothing_is_left(simulation, gateway)


@pytest.mark.engine
@pytest.mark.parametrize(("mode", "token", "name"), CASES)
def test_a_failure_of_the_gateway_is_named_and_the_next_command_gets_past_it(
    simulation: Simulation, folder: Path, mode: str, token: str, name: str
) -> None:
    door = gateway_alone(simulation, folder, mode)
    get_past_a_failure(
        simulation,
        door,
        token,
        name,
        has_deletion=token not in ENDS_WITH_ITS_OWNER,
        up_mends=token not in AFTER_THE_SECRETS,
    )


def test_every_azure_type_of_the_program_is_in_the_table_and_no_other() -> None:
    programs = [azure_program.recorded(mode) for mode in azure_program.MODES]
    programs.append(azure_program.run(azure_program.CACHED))
    programs += [databricks_program.recorded(variant) for variant in databricks_program.VARIANTS]
    used = {one.type for program in programs for one in program.resources if one.custom}
    assert {one for one in used if one.startswith("azure")} == set(TYPES)


def test_deleted_gateways_keep_their_names() -> None:
    azure = AzurePackage()
    group = Request(type="azure-native:resources:ResourceGroup", name="g", inputs={"resourceGroupName": "g"})
    azure.create(group)
    inputs = {"resourceGroupName": "g", "serviceName": "door"}
    service = Request(type="azure-native:apimanagement:ApiManagementService", name="s", inputs=inputs)
    id_, _ = azure.create(service)
    azure.delete(Request(type=service.type, name="s", id=id_))
    with pytest.raises(RefusedError, match="keeps this name"):
        azure.create(service)


def test_a_named_value_in_use_stays_and_an_unknown_one_is_refused() -> None:
    azure = AzurePackage()
    service = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ApiManagement/service/s"
    azure.resources[service] = {}
    inside = {"resourceGroupName": "g", "serviceName": "s"}
    backend = Request(
        type="azure-native:apimanagement:Backend",
        name="b",
        inputs={**inside, "backendId": "b", "credentials": {"header": {"x": ["{{key}}"]}}},
    )
    with pytest.raises(RefusedError, match="Cannot find a property 'key'"):
        azure.create(backend)
    value = Request(type="azure-native:apimanagement:NamedValue", name="v", inputs={**inside, "namedValueId": "key"})
    id_, _ = azure.create(value)
    azure.create(backend)
    with pytest.raises(RefusedError, match="still in use"):
        azure.delete(Request(type=value.type, name="v", id=id_))


def _backend(id_: str, **inputs: object) -> Request:
    inside = {"resourceGroupName": "g", "serviceName": "s", "backendId": id_}
    return Request(type="azure-native:apimanagement:Backend", name=id_, inputs={**inside, **inputs})


def test_a_pool_is_of_single_backends_which_stay_as_long_as_it_does() -> None:
    azure = AzurePackage()
    azure.resources[f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ApiManagement/service/s"] = {}
    single, _ = azure.create(_backend("b", type="Single", url="https://x", protocol="http"))
    pool = {"services": [{"id": single, "priority": 1, "weight": 1}]}
    for wrong, message in (
        ({"pool": pool, "url": "https://x"}, "Url is not supported for backend pool"),
        ({"pool": {"services": [{"id": single + "x"}]}}, "is no single backend of this gateway"),
        ({"pool": {"services": [{"id": single, "weight": 101}]}}, "weight 101 is not between 0 and 100"),
    ):
        with pytest.raises(RefusedError, match=message):
            azure.create(_backend("p", type="Pool", **wrong))
    id_, _ = azure.create(_backend("p", type="Pool", pool=pool))
    with pytest.raises(RefusedError, match="still in use by"):
        azure.delete(Request(type="azure-native:apimanagement:Backend", name="b", id=single))
    azure.delete(Request(type="azure-native:apimanagement:Backend", name="p", id=id_))
    azure.delete(Request(type="azure-native:apimanagement:Backend", name="b", id=single))


def test_a_circuit_breaker_has_one_rule_and_durations() -> None:
    azure = AzurePackage()
    azure.resources[f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ApiManagement/service/s"] = {}
    rule = {"tripDuration": "PT1M", "failureCondition": {"interval": "P1D", "count": 1}}
    with pytest.raises(RefusedError, match="has 2 rules of a circuit breaker, one is the most"):
        azure.create(_backend("b", type="Single", circuitBreaker={"rules": [rule, rule]}))
    with pytest.raises(RefusedError, match="'1m' is no duration"):
        azure.create(_backend("b", type="Single", circuitBreaker={"rules": [{**rule, "tripDuration": "1m"}]}))
    azure.create(_backend("b", type="Single", circuitBreaker={"rules": [rule]}))


def test_a_role_is_assigned_once() -> None:
    azure = AzurePackage()
    assignment = Request(
        type="azure-native:authorization:RoleAssignment",
        name="r",
        inputs={"scope": SUBSCRIPTION, "principalId": "someone", "roleDefinitionId": SECRETS_OFFICER},
    )
    azure.create(assignment)
    with pytest.raises(RefusedError, match="RoleAssignmentExists"):
        azure.create(assignment)


def test_a_secret_goes_through_the_vault_which_wants_a_role() -> None:
    azure = AzurePackage()
    vault = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
    azure.resources |= {vault: {}, f"{vault}/secrets/x": {}}
    with pytest.raises(RefusedError, match="ForbiddenByRbac"):
        azure.delete(Request(type="azure-native:keyvault:Secret", name="x", id=f"{vault}/secrets/x"))


GATEWAY = {
    "resourceGroupName": "g",
    "publisherEmail": "someone@example.com",
    "publisherName": "someone",
    "sku": {"name": "BasicV2", "capacity": 1},
}
SKU = {"name": "standard", "family": "A"}
OF_APIM, OF_VAULTS = "azure-native:apimanagement:", "azure-native:keyvault:Vault"


def vault(**properties: object) -> dict[str, object]:
    return {"resourceGroupName": "g", "properties": {"tenantId": "t", "sku": SKU, **properties}}


@pytest.mark.parametrize(
    ("token", "inputs", "found"),
    [
        (f"{OF_APIM}ApiManagementService", GATEWAY, []),
        (f"{OF_APIM}ApiManagementService", {**GATEWAY, "publisherName": None}, ["publisherName is missing"]),
        (f"{OF_APIM}ApiManagementService", {**GATEWAY, "sku": {"name": "Basic"}}, ["sku.capacity is missing"]),
        (f"{OF_APIM}ApiManagementService", {**GATEWAY, "sku": {"name": "Platinum", "capacity": 1}}, ["sku.name is"]),
        (OF_VAULTS, vault(), []),
        (OF_VAULTS, vault(sku={"name": "gold", "family": "A"}), ["properties.sku.name is 'gold', not one of premium,"]),
        (OF_VAULTS, vault(sku={"name": "gold", "family": "Z"}), ["properties.sku.family is", "properties.sku.name is"]),
        (OF_VAULTS, vault(accessPolicies=[{"tenantId": "t"}]), ["properties.accessPolicies[0]."] * 2),
        (
            "azure-native:resources:Deployment",
            {
                "resourceGroupName": "g",
                "properties": {
                    "mode": "Complete",
                    "parameters": {"p": {"reference": {"secretName": "s"}}, "q": {"value": {}}},
                },
            },
            ["properties.parameters.p.reference.keyVault is missing"],
        ),
        (f"{OF_APIM}Api", {"resourceGroupName": "g", "serviceName": "s", "path": "", "protocols": ["ftp"]}, ["proto"]),
        (
            "azuread:index/application:Application",
            {"displayName": "a", "appRoles": [{"id": "i"}]},
            ["appRoles[0]."] * 3,
        ),
        ("azuread:index/applicationPassword:ApplicationPassword", {}, ["applicationId is missing"]),
    ],
)
def test_what_the_sdk_requires_and_enumerates_is_checked_at_every_depth(
    token: str, inputs: Properties, found: list[str]
) -> None:
    problems = AzurePackage().check(Request(type=token, name="it", inputs=inputs), bytes(4))[1]
    assert len(problems) == len(found), problems
    assert all(problem.startswith(start) for problem, start in zip(sorted(problems), found, strict=True)), problems


def test_what_is_not_known_yet_passes_beside_what_is_wrong_already() -> None:
    def check(**sku: object) -> list[str]:
        request = Request(type=f"{OF_APIM}ApiManagementService", name="it", inputs={**GATEWAY, "sku": sku})
        return AzurePackage().check(request, bytes(4))[1]

    assert check(name=UNKNOWN, capacity=UNKNOWN) == []
    assert check(name=UNKNOWN) == ["sku.capacity is missing"]
    gateway = Request(type=f"{OF_APIM}ApiManagementService", name="it", inputs={**GATEWAY, "sku": UNKNOWN})
    assert AzurePackage().check(gateway, bytes(4))[1] == []


@pytest.mark.parametrize("mode", azure_program.MODES)
def test_the_program_gives_what_the_sdk_requires(mode: str) -> None:
    of_azure = [one for one in azure_program.recorded(mode).resources if one.type in TYPES]
    assert len(of_azure) > 30
    for one in of_azure:
        assert list(problems(one.type, plain(one.inputs))) == []
