"""The model gateway as the engine would receive it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from components.azure.identity import AZURE_CLI
from ops.model.recorder import Recording, Resource, Secret, plain
from ops.model.simulated_outputs import GENERATED, guid
from policies.apim.models import COGNITIVE_SERVICES_USER, OPENAI_USER, TRIPPING, ContentSafety, load
from rehearsal.azure.declared import problems
from tests.azure_program import ACCOUNTS, MODELS, SAFE, recorded, run, with_models
from tests.policies.apim.models.world import BACKENDS, CLIENTS, ROUTES, SAFETY, SAFETY_BACKEND
from tests.policies.apim.models.world import IDENTITY as CLIENT_ID
from tests.program import plaintext

API = "azure-native:apimanagement:Api"
DEPLOYMENT = "azure-native:resources:Deployment"
BACKEND = "azure-native:apimanagement:Backend"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
NAMED_VALUE = "azure-native:apimanagement:NamedValue"
OPERATION = "azure-native:apimanagement:ApiOperation"
POLICY = "azure-native:apimanagement:ApiPolicy"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
SERVICE = "azure-native:apimanagement:ApiManagementService"
KEY = MODELS["providerKeys"]["gemini"]


def of_models(recording: Recording, type_token: str) -> list[Resource]:
    return [one for one in recording.of_type(type_token) if one.name.startswith("genai-models")]


def by_id(recording: Recording, type_token: str, key: str) -> Mapping[str, Resource]:
    return {one.inputs[key]: one for one in of_models(recording, type_token)}


def test_a_preview_registers_what_up_registers() -> None:
    up, preview = with_models(), with_models(preview=True)
    assert {resource.urn for resource in up.resources} == {resource.urn for resource in preview.resources}


def test_without_models_nothing_of_the_model_gateway_is_there() -> None:
    without, with_ = recorded().by_urn(), with_models().by_urn()
    assert not [urn for urn in without if "genai-models" in urn]
    assert set(with_models().outputs) - {*recorded().outputs} == {"modelApis", "gatewayModels"}
    assert {*recorded().outputs} <= {*with_models().outputs}
    assert without.keys() - with_.keys() == {urn for urn in without if "identity-demo" in urn}


def test_litellms_api_is_the_same_beside_models() -> None:
    """Its policy, backend and operations; the gateway gets an identity, and the logs have more APIs to connect."""
    without = run({"clients": MODELS["clients"]} | {"clients": [{"name": "chat", "key": "demo"}]}).by_urn()
    with_ = run({**MODELS, "clients": [{"name": "chat", "key": "demo"}]}).by_urn()
    changed = {
        (without[urn].type, key)
        for urn in without
        for key in {*without[urn].inputs, *with_[urn].inputs}
        if without[urn].inputs.get(key) != with_[urn].inputs.get(key) and key not in without[urn].ignore_changes
    }
    assert changed == {(SERVICE, "identity"), ("azure-native:resources:Deployment", "properties")}


def test_backends_are_those_that_the_tests_of_the_policy_run_against() -> None:
    made = {}
    ids = {f"{one.name}-id": id_ for id_, one in by_id(with_models(), BACKEND, "backendId").items()}
    for id_, one in by_id(with_models(), BACKEND, "backendId").items():
        kept = ("type", "url", "credentials", "circuitBreaker", "pool")
        inputs = {name: plain(value) for name, value in one.inputs.items() if name in kept}
        for service in inputs.get("pool", {}).get("services", []):
            service["id"] = f"/backends/{ids[service['id']]}"
        made[id_] = inputs
    assert made == BACKENDS


def test_backends_are_as_the_api_takes_them() -> None:
    for one in of_models(with_models(), BACKEND):
        assert list(problems(BACKEND, plain(one.inputs))) == []
        if one.inputs["type"] == "Pool":
            assert not {"url", "protocol", "credentials", "circuitBreaker"} & {*one.inputs}, "Azure/bicep#14097"
            for service in one.inputs["pool"]["services"]:
                assert 0 <= service["priority"] <= 100
                assert 0 <= service["weight"] <= 100
        else:
            assert one.inputs["tls"] == {"validateCertificateChain": True, "validateCertificateName": True}
            assert len(one.inputs["circuitBreaker"]["rules"]) == 1, "one is the most"
            assert all(200 <= least <= most <= 599 for least, most in TRIPPING)


@pytest.mark.parametrize(
    ("setting", "iso"), [("1s", "PT1S"), ("90s", "PT90S"), ("5m", "PT5M"), ("24h", "PT24H"), ("1d", "P1D")]
)
def test_durations_of_a_breaker_are_iso_8601(setting: str, iso: str) -> None:
    one = {
        **MODELS["gatewayModels"][1],
        "circuitBreaker": {"failures": 3, "interval": setting, "tripDuration": setting},
    }
    recording = run({"gatewayModels": [one]})
    (rule,) = by_id(recording, BACKEND, "backendId")["model-small-1"].inputs["circuitBreaker"]["rules"]
    assert (rule["tripDuration"], rule["failureCondition"]["interval"]) == (iso, iso)
    assert rule["failureCondition"]["count"] == 3


def test_policies_are_those_that_the_tests_run() -> None:
    policies = {one.inputs["apiId"]: one.inputs["value"] for one in of_models(with_models(), POLICY)}
    assert policies["models"] == load(ROUTES, CLIENTS)
    for api, provider in (("models-azure-openai", "azureOpenAI"), ("models-gemini", "gemini")):
        assert policies[api] == load([route for route in ROUTES if route.provider == provider], CLIENTS)


def test_every_policy_waits_for_all_that_it_names() -> None:
    recording = with_models()
    values = {one.inputs["namedValueId"]: one for one in recording.of_type(NAMED_VALUE)}
    backends = by_id(recording, BACKEND, "backendId")
    for policy in of_models(recording, POLICY):
        text = policy.inputs["value"]
        for name in set(re.findall(r"\{\{([\w-]+)\}\}", text)):
            assert values[name].urn in policy.dependencies, name
        for name in set(re.findall(r" (model-[\w-]+) \d\"", text)):
            assert backends[name].urn in policy.dependencies, name


def test_operations_wait_for_the_policy_and_are_named_one_by_one() -> None:
    recording = with_models()
    policies = by_id(recording, POLICY, "apiId")
    found: dict[str, list[str]] = {}
    for operation in of_models(recording, OPERATION):
        api = operation.inputs["apiId"]
        assert policies[api].urn in operation.dependencies
        found.setdefault(api, []).append(f"{operation.inputs['method']} {operation.inputs['urlTemplate']}")
    three = ["GET /v1/models", "POST /v1/chat/completions", "POST /v1/embeddings"]
    assert {api: sorted(paths) for api, paths in found.items()} == {
        "models": [*three, "POST /v1/responses"],
        "models-azure-openai": [*three, "POST /v1/responses"],
        "models-gemini": three,
    }


def test_apis_stand_beside_litellms_and_lead_nowhere_by_themselves() -> None:
    paths = {one.inputs["apiId"]: one.inputs["path"] for one in with_models().of_type(API)}
    models = {"models": "openai", "models-azure-openai": "azure-openai", "models-gemini": "gemini"}
    assert paths == {"litellm": "", **models}
    for one in of_models(with_models(), API):
        assert "serviceUrl" not in one.inputs
        assert (one.inputs["protocols"], one.inputs["subscriptionRequired"]) == (["https"], False)
    urls = with_models().outputs["modelApis"]
    assert urls == {id_: f"https://genai-gateway1a2b3c4d.azure-api.net/{path}/v1" for id_, path in models.items()}


def test_the_outputs_name_the_models_and_their_backends() -> None:
    names = {one["name"]: len(one["deployments"]) for one in with_models().outputs["gatewayModels"]}
    assert names == {"gpt-5-mini": 4, "small": 1, "gemini-2.5-flash": 1}


# Identity, roles, keys


def test_the_identity_may_call_exactly_the_accounts_that_are_named() -> None:
    recording = with_models()
    roles = of_models(recording, ROLE_ASSIGNMENT)
    accounts = [f"{ACCOUNTS}/accounts/{name}".lower() for name in ("east", "north", "south", "west")]
    assert sorted(role.inputs["scope"].lower() for role in roles) == accounts
    for role in roles:
        assert role.inputs["roleDefinitionId"].endswith(f"/roleDefinitions/{OPENAI_USER}")
        assert role.inputs["principalType"] == "ServicePrincipal"
        assert role.inputs["principalId"] == guid("genai-models-identity-principal")
        assert role.urn in recording.one(SERVICE).dependencies, "a role takes minutes to be known, the gateway longer"
    assert recording.one(SERVICE).inputs["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {"genai-models-identity-id": {}},
    }


# Deployments with names of their own


def named(*deployments: Mapping[str, Any]) -> Recording:
    return run({"gatewayModels": [{"name": "gpt", "provider": "azureOpenAI", "deployments": list(deployments)}]})


def test_deployments_of_several_names_are_named_by_their_addresses() -> None:
    east, west = f"{ACCOUNTS}/accounts/east", f"{ACCOUNTS}/accounts/west"
    recording = named(
        {"account": east, "model": "provisioned"},
        {"account": east, "model": "standard", "priority": 2},
        {"account": west, "model": "standard", "priority": 2},
    )
    backends = by_id(recording, BACKEND, "backendId")
    urls = [backends[f"model-gpt-{number}"].inputs["url"] for number in (1, 2, 3)]
    assert urls == [
        "https://east.openai.azure.com/openai/deployments/provisioned",
        "https://east.openai.azure.com/openai/deployments/standard",
        "https://west.openai.azure.com/openai/deployments/standard",
    ]
    assert len(of_models(recording, ROLE_ASSIGNMENT)) == 2, "an account once"
    operations = {(one.inputs["apiId"], one.inputs["operationId"]) for one in of_models(recording, OPERATION)}
    assert not [name for _, name in operations if name == "responses"]


@pytest.mark.parametrize(
    "deployments",
    [
        [{"account": f"{ACCOUNTS}/accounts/east", "model": "mini"}],
        [{"account": f"{ACCOUNTS}/accounts/{name}", "model": "mini"} for name in ("east", "west")],
    ],
    ids=["one", "two of one name"],
)
def test_deployments_of_one_name_are_named_in_the_body(deployments: list[dict[str, str]]) -> None:
    recording = named(*deployments)
    urls = {one.inputs["url"] for one in of_models(recording, BACKEND) if one.inputs["type"] == "Single"}
    assert all(url.endswith(".openai.azure.com/openai/v1") for url in urls)
    assert '"azureOpenAI mini model-gpt-' in of_models(recording, POLICY)[0].inputs["value"]


# Content Safety


def pasted(recording: Recording) -> Mapping[str, Any]:
    """The backend of Content Safety, as Resource Manager makes it of the template and its parameters."""
    (deployment,) = (one for one in recording.of_type(DEPLOYMENT) if one.name == "genai-models-content-safety")
    properties = plain(deployment.inputs)["properties"]
    assert properties["mode"] == "Incremental", "complete would delete all else in the group"
    (resource,) = properties["template"]["resources"]
    text = json.dumps(resource)
    for name, parameter in properties["parameters"].items():
        text = text.replace(f"[parameters('{name}')]", parameter["value"])
    found: dict[str, Any] = json.loads(text)
    return found


def test_prompts_are_checked_by_the_backend_that_the_tests_of_the_policy_run_against() -> None:
    recording = run(SAFE)
    backend = pasted(recording)
    client_id = guid("genai-models-identity-client")
    assert backend["type"] == "Microsoft.ApiManagement/service/backends"
    expected = json.loads(json.dumps(SAFETY_BACKEND).replace(CLIENT_ID, client_id))
    assert {"type": "Single", **backend["properties"]} == expected
    assert recording.one(IDENTITY).name == "genai-models-identity"
    assert [one for one in of_models(recording, BACKEND) if "safety" in one.name] == []


def test_every_policy_checks_prompts_and_waits_for_the_backend() -> None:
    recording = run(SAFE)
    (deployment,) = (one for one in recording.of_type(DEPLOYMENT) if one.name == "genai-models-content-safety")
    policies = of_models(recording, POLICY)
    assert len(policies) == 3
    for policy in policies:
        assert "<llm-content-safety" in policy.inputs["value"]
        assert deployment.urn in policy.dependencies
    assert {one.inputs["apiId"]: one.inputs["value"] for one in policies}["models"] == load(ROUTES, CLIENTS, SAFETY)
    assert "responses" not in {one.inputs["operationId"] for one in of_models(recording, OPERATION)}


def test_the_identity_may_call_content_safety_and_no_key_of_it_is_anywhere() -> None:
    roles = {one.inputs["scope"]: one.inputs for one in of_models(run(SAFE), ROLE_ASSIGNMENT)}
    role = roles[f"{ACCOUNTS}/accounts/Safety"]
    assert role["roleDefinitionId"].endswith(f"/roleDefinitions/{COGNITIVE_SERVICES_USER}")
    assert role["principalType"] == "ServicePrincipal"
    assert len(roles) == 5


def test_an_account_may_have_both_models_and_content_safety() -> None:
    recording = run({**SAFE, "contentSafety": {"account": f"{ACCOUNTS}/accounts/east"}})
    given = [
        (one.inputs["scope"].lower(), one.inputs["roleDefinitionId"][-36:])
        for one in of_models(recording, ROLE_ASSIGNMENT)
    ]
    east = f"{ACCOUNTS}/accounts/east".lower()
    assert {role for scope, role in given if scope == east} == {OPENAI_USER, COGNITIVE_SERVICES_USER}


def test_a_gateway_of_gemini_alone_gets_an_identity_to_check_prompts_with() -> None:
    settings = {"gatewayModels": [MODELS["gatewayModels"][2]], "providerKeys": MODELS["providerKeys"]}
    recording = run({**settings, "contentSafety": SAFE["contentSafety"]})
    assert len(of_models(recording, ROLE_ASSIGNMENT)) == 1
    assert "model-identity-client-id" not in by_id(recording, NAMED_VALUE, "namedValueId"), "no policy names it"


def test_what_is_refused_is_a_setting() -> None:
    settings = {"account": f"{ACCOUNTS}/accounts/Safety", "threshold": 2, "shieldPrompt": False}
    settings["endpoint"] = "https://other.cognitiveservices.azure.com"
    recording = run({**SAFE, "contentSafety": settings})
    policies = {one.inputs["apiId"]: one.inputs["value"] for one in of_models(recording, POLICY)}
    assert policies["models"] == load(ROUTES, CLIENTS, ContentSafety(threshold=2, shield_prompt=False))
    assert pasted(recording)["properties"]["url"] == "https://other.cognitiveservices.azure.com"


def test_nothing_is_checked_where_nobody_asked() -> None:
    assert "<llm-content-safety" not in str([one.inputs for one in with_models().resources])
    assert not [one for one in with_models().of_type(DEPLOYMENT) if "safety" in one.name]


def test_accounts_of_one_name_in_two_subscriptions_are_two() -> None:
    first = f"{ACCOUNTS}/accounts/same"
    second = first.replace("581759f7", "691759f7")
    pooled = {**MODELS["gatewayModels"][0], "deployments": [{"account": first}, {"account": second}]}
    roles = of_models(run({"gatewayModels": [pooled]}), ROLE_ASSIGNMENT)
    assert {role.inputs["scope"] for role in roles} == {first, second}
    assert len({role.inputs["roleDefinitionId"] for role in roles}) == 2, "each in the subscription of its account"


def test_a_gateway_without_clients_serves_nobody() -> None:
    recording = run({"gatewayModels": [MODELS["gatewayModels"][1]], "clients": []})
    assert by_id(recording, NAMED_VALUE, "namedValueId")["model-clients"].inputs["value"] == "none"


def test_there_is_no_identity_where_no_model_needs_one() -> None:
    recording = run({"gatewayModels": [MODELS["gatewayModels"][2]], "providerKeys": MODELS["providerKeys"]})
    assert of_models(recording, IDENTITY) == of_models(recording, ROLE_ASSIGNMENT) == []
    assert recording.one(SERVICE).inputs["identity"] == {"type": "None"}
    assert "model-identity-client-id" not in by_id(recording, NAMED_VALUE, "namedValueId")


def test_the_identity_for_keys_and_the_one_for_models_are_two() -> None:
    service = run({**MODELS, "keyMode": "keyVault"}).one(SERVICE)
    both: dict[str, dict[str, str]] = {"genai-keys-reader-id": {}, "genai-models-identity-id": {}}
    assert service.inputs["identity"]["userAssignedIdentities"] == both


def test_named_values_are_declared_and_waited_for_and_keys_among_them_secret() -> None:
    recording = with_models()
    values = by_id(recording, NAMED_VALUE, "namedValueId")
    ids = {guid("identity-chat"): "chat", guid("identity-batch"): "batch", AZURE_CLI: "users"}
    assert values.keys() == {"gemini-provider-key", "model-clients", "model-identity-client-id"}
    assert dict(pair.split(":") for pair in values["model-clients"].inputs["value"].split(",")) == ids
    key = values["gemini-provider-key"]
    assert (key.inputs["secret"], plain(key.inputs["value"])) == (True, f"Bearer {KEY}")
    assert isinstance(key.inputs["value"], Secret)
    assert key.urn in by_id(recording, BACKEND, "backendId")["model-gemini-2-5-flash-1"].dependencies


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_no_key_stands_in_plain_text_anywhere(*, preview: bool) -> None:
    recording = with_models(preview=preview)
    assert KEY.startswith(GENERATED)
    for resource in recording.resources:
        assert not [text for text in plaintext(resource.inputs) if GENERATED in text], resource.urn
    assert not [text for text in plaintext(recording.outputs) if GENERATED in text]
    assert KEY in plain(by_id(recording, NAMED_VALUE, "namedValueId")["gemini-provider-key"].inputs["value"])


def test_a_key_that_no_model_takes_is_kept_out_of_azure() -> None:
    recording = run({**MODELS, "providerKeys": {**MODELS["providerKeys"], "other": "5ec2e7-not-needed"}})
    assert "other-provider-key" not in by_id(recording, NAMED_VALUE, "namedValueId")


def test_nothing_is_named_for_the_whole_world() -> None:
    """What is inside the gateway has fixed names; the gateway's own is new each morning, and so is the group's."""
    for one in with_models().resources:
        if one.name.startswith("genai-models") and one.type.startswith("azure-native:"):
            own: dict[str, Any] = {key: one.inputs.get(key) for key in ("resourceName", "roleAssignmentName")}
            assert set(own.values()) == {None}, one.urn
            assert one.deleted_with == "", one.urn
