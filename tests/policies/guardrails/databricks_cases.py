"""For each rule about Databricks the defects that must trip it, and the good twins that must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi_databricks as databricks
from pulumi_azure_native import storage

from tests.policies.guardrails.good import TAGS

Program = Callable[[], Any]


def schema(**changes: Any) -> None:
    databricks.Schema("schema", **{"catalog_name": "main", "force_destroy": True, **changes})


def warehouse(**changes: Any) -> None:
    databricks.SqlEndpoint("warehouse", **{"cluster_size": "2X-Small", "auto_stop_mins": 5, **changes})


def endpoint(**key: str) -> None:
    external: Any = {"name": "gpt-4o", "provider": "openai", "task": "llm/v1/chat", "openai_config": key}
    databricks.ModelServing("endpoint", config={"served_entities": [{"name": "gpt", "external_model": external}]})


def secret(**changes: Any) -> None:
    databricks.ServicePrincipalSecret("secret", **{"service_principal_id": "1", "lifetime": "172800s", **changes})


def account(**changes: Any) -> None:
    closed = {"allow_blob_public_access": False, "allow_shared_key_access": False}
    kind: Any = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "resource_group_name": "g"}
    storage.StorageAccount("account", **{**kind, "tags": TAGS, **closed, **changes})


DEFECTS: Mapping[str, Mapping[str, Program]] = {
    "schemas-go-with-their-tables": {
        "a schema that keeps its tables": lambda: schema(force_destroy=False),
        "a schema that says nothing of them": lambda: schema(force_destroy=None),
        "a catalogue that keeps its schemas": lambda: databricks.Catalog("catalog"),
    },
    "warehouses-stop-by-themselves": {
        "one that never stops": lambda: warehouse(auto_stop_mins=0),
        "one that stops after two hours, the default": lambda: warehouse(auto_stop_mins=None),
        "one that waits for an hour": lambda: warehouse(auto_stop_mins=60),
    },
    "endpoints-refer-to-their-keys": {
        "a key in plain text": lambda: endpoint(openai_api_key_plaintext="hunter2"),
        "a secret of Entra ID": lambda: endpoint(microsoft_entra_client_secret_plaintext="hunter2"),
    },
    "callers-are-named": {
        "everybody of the account": lambda: databricks.Grant(
            "grant", schema="main.a", principal="account users", privileges=["EXECUTE"]
        ),
        "everybody of the account, among others": lambda: databricks.Grants(
            "grants",
            schema="main.a",
            grants=[
                {"principal": "me@example.com", "privileges": ["EXECUTE"]},
                {"principal": "account users", "privileges": ["EXECUTE"]},
            ],
        ),
        "everybody of the workspace": lambda: databricks.Permissions(
            "permissions",
            serving_endpoint_id="1",
            access_controls=[{"group_name": "users", "permission_level": "CAN_QUERY"}],
        ),
    },
    "storage-lets-nobody-in-without-a-name": {
        "containers that may be public": lambda: account(allow_blob_public_access=True),
        "a key, which is the default": lambda: account(allow_shared_key_access=None),
    },
    "secrets-of-service-principals-end": {
        "two years, the default": lambda: secret(lifetime=None),
    },
}

GOOD: Mapping[str, Program] = {
    "a schema that goes with its tables": schema,
    "a warehouse that stops": warehouse,
    "an endpoint with a reference": lambda: endpoint(openai_api_key="{{secrets/scope/key}}"),
    "a storage account for those who have a role": account,
    "a secret of two days": secret,
    "a named caller": lambda: databricks.Grant(
        "grant", schema="main.a", principal="someone@example.com", privileges=["EXECUTE"]
    ),
}
