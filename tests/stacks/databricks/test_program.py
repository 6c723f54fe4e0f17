"""The Databricks stack: what it makes, in which order it comes and goes, and what it tells."""

from __future__ import annotations

from typing import Any

import pytest

from components.databricks.payload_storage import BLOB_CONTRIBUTOR
from ops.model.recorder import Recording, Secret, plain
from policies.apim.models import OPENAI_USER
from tests.databricks_program import ACCOUNT, GEMINI, GPT, IDENTITY, KEYS, SPARE, VARIANTS, recorded, run
from tests.program import ancestors, plaintext

PROVIDER = "databricks:index/aiGatewayModelProviderService:AiGatewayModelProviderService"
SERVICE = "databricks:index/aiGatewayModelService:AiGatewayModelService"
ENDPOINT = "databricks:index/modelServing:ModelServing"
GRANT = "databricks:index/grant:Grant"
ROLE = "azure-native:authorization:RoleAssignment"
WORKSPACE = "azure-native:databricks:Workspace"
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def config(recording: Recording, token: str, name: str = "") -> Any:
    return plain(recording.one(token, name).inputs)["config"]


def test_a_serverless_workspace_has_no_managed_resource_group_and_a_hybrid_one_has() -> None:
    serverless, hybrid = (recorded(variant).one(WORKSPACE).inputs for variant in ("service", "hybrid"))
    assert (serverless["computeMode"], serverless["sku"]) == ("Serverless", {"name": "premium"})
    assert not {"managedResourceGroupId", "parameters", "defaultCatalog", "accessConnector"} & serverless.keys()
    assert hybrid["managedResourceGroupId"].endswith("/resourceGroups/genai-databricks1a2b3c4d-managed")


def test_calls_are_split_as_the_shares_say_and_a_model_without_a_share_is_the_fallback() -> None:
    routing = config(recorded(), SERVICE)["routing"]
    assert [(one["name"], one["trafficPercentage"]) for one in routing["destinations"]] == [("gpt", 50), ("gemini", 50)]
    assert [one["name"] for one in routing["fallback"]["destinations"]] == ["spare"]
    endpoint = plain(recorded("endpoint").one(ENDPOINT).inputs)
    routes = endpoint["config"]["trafficConfig"]["routes"]
    assert [(one["servedModelName"], one["trafficPercentage"]) for one in routes] == [
        ("gpt", 50),
        ("gemini", 50),
        ("spare", 0),
    ]
    assert endpoint["aiGateway"]["fallbackConfig"] == {"enabled": True}


def test_without_a_model_of_share_0_there_is_no_fallback() -> None:
    one = {**GPT, "share": 100}
    assert "fallback" not in config(run({"servedModels": [one]}), SERVICE)["routing"]
    endpoint = run({"servedModels": [one], "gateway": "endpoint"}).one(ENDPOINT)
    assert endpoint.inputs["aiGateway"]["fallbackConfig"] == {"enabled": False}


@pytest.mark.parametrize(
    ("limits", "service", "endpoint"),
    [
        ({}, None, None),
        ({"requestsPerMinute": 7}, [{"requests": 7}], [{"calls": 7}]),
        ({"tokensPerMinute": 9}, [{"tokens": 9}], [{"tokens": 9}]),
        (
            {"requestsPerMinute": 7, "tokensPerMinute": 9},
            [{"requests": 7, "tokens": 9}],
            [{"calls": 7}, {"tokens": 9}],
        ),
    ],
)
def test_limits_are_those_of_all_callers_in_a_minute(limits: Any, service: Any, endpoint: Any) -> None:
    of_service = {"key": "RATE_LIMIT_KEY_SERVICE", "renewalPeriod": "RATE_LIMIT_RENEWAL_PERIOD_MINUTE"}
    of_endpoint = {"key": "endpoint", "renewalPeriod": "minute"}
    found = config(run(limits), SERVICE).get("rateLimits")
    assert found == (service and [{**of_service, **limit} for limit in service])
    found = run({**limits, "gateway": "endpoint"}).one(ENDPOINT).inputs["aiGateway"].get("rateLimits")
    assert found == (endpoint and [{**of_endpoint, **limit} for limit in endpoint])


def test_payloads_go_into_a_table_of_the_schema_which_goes_with_it() -> None:
    for variant in ("service", "endpoint"):
        recording = recorded(variant)
        assert (
            recording.outputs["inferenceTable"]
            == "genaiplatform_databricks_a1b2c3d.genaiplatform_databricks.chat_payload"
        )
        assert recording.one("databricks:index/schema:Schema").inputs["forceDestroy"] is True
    table = config(recorded(), SERVICE)["inferenceTable"]
    assert table == {
        "parent": "schemas/genaiplatform_databricks_a1b2c3d.genaiplatform_databricks",
        "tableNamePrefix": "chat",
    }


def test_without_payloads_there_is_neither_a_table_nor_a_warehouse() -> None:
    recording = recorded("hybrid")
    assert "inferenceTable" not in config(recording, SERVICE)
    assert not recording.of_type("databricks:index/sqlEndpoint:SqlEndpoint")
    assert not {"inferenceTable", "dashboardUrl", "warehouseId"} & recording.outputs.keys()
    endpoint = run({"gateway": "endpoint", "logPayloads": False}).one(ENDPOINT).inputs["aiGateway"]
    assert endpoint["inferenceTableConfig"]["enabled"] is False


def test_keys_of_providers_are_secret_and_an_endpoint_holds_references_alone() -> None:
    for name, key in (("gpt", "azure"), ("gemini", "gemini"), ("spare", "openai")):
        inputs = recorded().one(PROVIDER, name).inputs
        assert KEYS[key] in str(plain(inputs))
        assert KEYS[key] not in list(plaintext(inputs))
    endpoint = recorded("endpoint")
    assert not any(key in str(plain(endpoint.one(ENDPOINT).inputs)) for key in KEYS.values())
    secrets = endpoint.of_type("databricks:index/secret:Secret")
    assert {one.inputs["key"]: one.inputs["stringValue"] for one in secrets} == {
        name: Secret(key) for name, key in KEYS.items()
    }
    assert "{{secrets/genaiplatform/gemini}}" in str(plain(endpoint.one(ENDPOINT).inputs))


@every_variant
@pytest.mark.parametrize("preview", [False, True])
def test_no_secret_stands_in_plain_text_in_what_is_registered_or_told(variant: str, preview: bool) -> None:
    recording = recorded(variant, preview=preview)
    texts = [text for one in recording.resources for text in plaintext(one.inputs)] + list(plaintext(recording.outputs))
    assert not any(key in text for key in KEYS.values() for text in texts)
    assert isinstance(recording.outputs["clientSecret"], Secret) or preview


def test_azure_openai_is_called_without_a_key_by_an_identity_that_may_do_just_that() -> None:
    recording = recorded("managed identity")
    role = recording.one(ROLE, "genai-openai-gpt")  # one, though two models use the account
    assert not any(one.inputs["scope"] == ACCOUNT for one in recording.of_type(ROLE) if one is not role)
    assert role.inputs["scope"] == ACCOUNT
    assert role.inputs["roleDefinitionId"].endswith(OPENAI_USER)
    for provider in recording.of_type(PROVIDER):
        direct = plain(provider.inputs)["config"]["azureOpenai"]["direct"]
        assert direct["serviceCredential"] == {"name": "credentials/genai-databricks-a1b2c3d"}
        assert role.urn in ancestors(recording, provider)


@every_variant
def test_everything_in_the_workspace_goes_before_it_by_its_own_provider(variant: str) -> None:
    recording = recorded(variant)
    workspace, provider = recording.one(WORKSPACE), recording.one("pulumi:providers:databricks")
    inside = [one for one in recording.resources if one.type.startswith("databricks:")]
    assert len(inside) > 5
    for one in inside:
        assert one.provider == provider.urn, one.name
        assert workspace.urn in ancestors(recording, one)


def test_a_model_service_goes_before_its_providers_and_rights_before_what_they_are_about() -> None:
    recording = recorded()
    service = recording.one(SERVICE)
    assert {one.urn for one in recording.of_type(PROVIDER)} <= ancestors(recording, service)
    assert recording.one("databricks:index/schema:Schema").urn in ancestors(recording, service)
    for grant in recording.of_type(GRANT):
        if "modelService" in grant.inputs:
            assert service.urn in ancestors(recording, grant)


def test_litellm_and_the_named_callers_may_call_and_nobody_elses_rights_change() -> None:
    recording = recorded()
    held: dict[str, set[str]] = {}
    for grant in recording.of_type(GRANT):
        held.setdefault(grant.inputs["principal"], set()).update(grant.inputs["privileges"])
    litellm = recording.outputs["clientId"]
    assert held == {
        key: {"USE_CATALOG", "USE_SCHEMA", "EXECUTE"} for key in (litellm, "someone@example.com", "analysts")
    }
    assert not recording.of_type("databricks:index/grants:Grants")
    controls = recorded("endpoint").one("databricks:index/permissions:Permissions").inputs["accessControls"]
    assert controls == [
        {"servicePrincipalName": litellm, "permissionLevel": "CAN_QUERY"},
        {"userName": "someone@example.com", "permissionLevel": "CAN_QUERY"},
        {"groupName": "analysts", "permissionLevel": "CAN_QUERY"},
    ]


def test_the_secret_of_litellm_lives_as_many_days_as_the_setting_says() -> None:
    token = "databricks:index/servicePrincipalSecret:ServicePrincipalSecret"
    assert recorded().one(token).inputs["lifetime"] == "172800s"
    assert run({"callerSecretDays": 30}).one(token).inputs["lifetime"] == "2592000s"


def test_system_tables_are_asked_for_only_where_the_setting_says_so() -> None:
    token = "databricks:index/systemSchema:SystemSchema"
    assert not recorded().of_type(token)
    assert recorded("managed identity").one(token).inputs["schema"] == "ai_gateway"
    assert run({"gateway": "endpoint", "systemTables": True}).one(token).inputs["schema"] == "serving"


def test_the_outputs_tell_the_mean_price_by_share_or_none_when_one_is_not_known() -> None:
    assert recorded().outputs["costs"] == {"input": pytest.approx(0.225), "output": pytest.approx(1.55)}
    free = {key: value for key, value in GEMINI.items() if not key.endswith("Cost")}
    assert "costs" not in run({"servedModels": [GPT, free]}).outputs
    assert "costs" in run({"servedModels": [GPT, GEMINI, SPARE]}).outputs  # a fallback counts for nothing


def test_payloads_lie_in_storage_of_the_stack_since_none_is_logged_to_default_storage() -> None:
    recording = recorded()
    account = recording.one("azure-native:storage:StorageAccount")
    assert account.inputs["isHnsEnabled"] is True
    assert (account.inputs["allowBlobPublicAccess"], account.inputs["allowSharedKeyAccess"]) == (False, False)
    role = recording.one(ROLE)
    assert role.inputs["roleDefinitionId"].endswith(BLOB_CONTRIBUTOR)
    catalog = recording.one("databricks:index/catalog:Catalog")
    assert catalog.inputs["storageRoot"] == "abfss://genaipayloads1a2b3c4d@genaipayloads1a2b3c4d.dfs.core.windows.net/"
    assert {account.urn, role.urn} <= ancestors(recording, catalog)
    assert catalog.urn in ancestors(recording, recording.one(SERVICE))


def test_a_catalogue_that_is_named_is_used_and_no_storage_is_made() -> None:
    recording = run({"catalog": "main"})
    assert recording.one("databricks:index/schema:Schema").inputs["catalogName"] == "main"
    assert not recording.of_type("azure-native:storage:StorageAccount")
    assert not recording.of_type("databricks:index/catalog:Catalog")


def test_a_role_on_what_is_others_tells_whose_it_is() -> None:
    role = recorded("managed identity").one(ROLE, "genai-openai-gpt")
    assert "Project=genaiplatform; Environment=databricks; " in role.inputs["description"]


def test_an_account_that_is_written_in_two_ways_gets_one_role() -> None:
    other = {**IDENTITY, "name": "gpt_2", "account": ACCOUNT.replace("example", "Example")}
    roles = run({"servedModels": [IDENTITY, other]}).of_type(ROLE)
    assert len([role for role in roles if "CognitiveServices" in role.inputs["scope"]]) == 1
