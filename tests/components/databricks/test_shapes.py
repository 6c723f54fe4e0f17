"""Every shape and enumeration that Databricks is sent is one of its own SDK's.

Pulumi's mocks take any text for an enumeration; the SDK's types drop what they do not know, so whatever comes back from
them unchanged is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from databricks.sdk.service import catalog, dashboards, serving, sql
from pydantic.alias_generators import to_snake

from components.databricks.model import PROVIDERS
from ops.model.recorder import Recording, plain
from tests.databricks_program import GPT, VARIANTS, recorded, run

PREFIX = "databricks:index/"
CUSTOM: Mapping[str, Any] = {
    "name": "own",
    "provider": "custom",
    "deployment": "llama",
    "share": 0,
    "endpoint": "https://llm.example.com/v1",
    "providerKey": "openai",
}
"""With the others of the settings under test every provider is there."""


def snake(value: Any) -> Any:
    """Keys as Databricks' API spells them."""
    if isinstance(value, Mapping):
        return {to_snake(key): snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value


def programs() -> list[Recording]:
    more = run({"servedModels": [{**GPT, "share": 100}, CUSTOM]})
    endpoint = run({"servedModels": [{**GPT, "share": 100}, CUSTOM], "gateway": "endpoint"})
    return [*(recorded(variant) for variant in VARIANTS), more, endpoint]


def inputs_of(token: str) -> list[dict[str, Any]]:
    found = [snake(plain(one.inputs)) for recording in programs() for one in recording.of_type(f"{PREFIX}{token}")]
    assert found
    return found


def unchanged(type_: Any, value: Any) -> None:
    assert type_.from_dict(value).as_dict() == value


def test_provider_services_of_every_provider() -> None:
    configs = [one["config"] for one in inputs_of("aiGatewayModelProviderService:AiGatewayModelProviderService")]
    for config in configs:
        unchanged(catalog.ModelProviderServiceConfig, config)
    assert {config["provider_type"] for config in configs} == {rule.type for rule in PROVIDERS.values()}


def test_model_services_with_split_fallback_table_and_limits() -> None:
    configs = [one["config"] for one in inputs_of("aiGatewayModelService:AiGatewayModelService")]
    for config in configs:
        unchanged(catalog.ModelServiceConfig, config)
    assert any("rate_limits" in config and "fallback" in config["routing"] for config in configs)


def test_serving_endpoints_of_every_provider_and_their_gateway() -> None:
    for endpoint in inputs_of("modelServing:ModelServing"):
        unchanged(serving.EndpointCoreConfigInput, endpoint["config"])
        unchanged(serving.AiGatewayConfig, endpoint["ai_gateway"])


def test_rights_on_every_kind_of_thing() -> None:
    for grant in inputs_of("grant:Grant"):
        assert [catalog.Privilege(right).value for right in grant["privileges"]] == grant["privileges"]
    for permissions in inputs_of("permissions:Permissions"):
        for control in permissions["access_controls"]:
            unchanged(serving.ServingEndpointAccessControlRequest, control)


def test_the_warehouse_the_dashboard_the_catalogue_and_the_credentials() -> None:
    for warehouse in inputs_of("sqlEndpoint:SqlEndpoint"):
        unchanged(sql.EndpointInfo, warehouse)
    for dashboard in inputs_of("dashboard:Dashboard"):
        sent = {key: value for key, value in dashboard.items() if key != "embed_credentials"}
        unchanged(dashboards.Dashboard, sent)
    for made in inputs_of("storageCredential:StorageCredential"):
        unchanged(catalog.AzureManagedIdentityRequest, made["azure_managed_identity"])
    for location in inputs_of("externalLocation:ExternalLocation"):
        unchanged(catalog.ExternalLocationInfo, {key: location[key] for key in ("name", "url", "credential_name")})
    for made in inputs_of("catalog:Catalog"):
        unchanged(catalog.CatalogInfo, {key: made[key] for key in ("name", "comment", "storage_root")})
    for credential in inputs_of("credential:Credential"):
        assert catalog.CredentialPurpose(credential["purpose"])
        unchanged(catalog.AzureManagedIdentity, credential["azure_managed_identity"])


@pytest.mark.parametrize(
    ("type_", "wrong"),
    [
        (catalog.ModelServiceConfig, {"routing": {"destinations": [{"name": "a", "destination_type": "EXTERNAL"}]}}),
        (catalog.ModelProviderServiceConfig, {"provider_type": "AZURE_OPENAI"}),
        (catalog.ModelServiceConfig, {"rate_limits": [{"key": "service", "renewal_period": "minute"}]}),
        (serving.AiGatewayConfig, {"rate_limits": [{"key": "service", "renewal_period": "minute"}]}),
    ],
)
def test_a_wrong_word_does_not_come_back(type_: Any, wrong: Any) -> None:
    assert type_.from_dict(wrong).as_dict() != wrong
