"""The Databricks program, recorded."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ops.model.recorder import Recording, record
from stacks.databricks import program as databricks
from tests.azure_program import config

ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/ai/providers/"
    "Microsoft.CognitiveServices/accounts/example"
)
GPT: Mapping[str, Any] = {
    "name": "gpt",
    "provider": "azureOpenai",
    "deployment": "gpt-4o-mini",
    "share": 50,
    "endpoint": "https://example.openai.azure.com",
    "providerKey": "azure",
    "inputCost": 0.15,
    "outputCost": 0.6,
}
GEMINI: Mapping[str, Any] = {
    "name": "gemini",
    "provider": "gemini",
    "deployment": "gemini-2.5-flash",
    "share": 50,
    "providerKey": "gemini",
    "inputCost": 0.3,
    "outputCost": 2.5,
}
SPARE: Mapping[str, Any] = {
    "name": "spare",
    "provider": "openai",
    "deployment": "gpt-4o",
    "share": 0,
    "providerKey": "openai",
}
IDENTITY: Mapping[str, Any] = {**{key: value for key, value in GPT.items() if key != "providerKey"}, "account": ACCOUNT}
KEYS: Mapping[str, str] = {name: f"provider-key-of-{name}" for name in ("azure", "gemini", "openai")}
SETTINGS: Mapping[str, Any] = {
    "azure-native:location": "eastus2",
    "servedModels": [GPT, GEMINI, SPARE],
    "providerKeys": KEYS,
}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "service": {"callers": ["someone@example.com", "analysts"], "requestsPerMinute": 60, "tokensPerMinute": 100_000},
    "endpoint": {
        "gateway": "endpoint",
        "callers": ["someone@example.com", "analysts"],
        "requestsPerMinute": 60,
        "tokensPerMinute": 100_000,
    },
    "managed identity": {"servedModels": [IDENTITY, {**IDENTITY, "name": "gpt_2"}], "systemTables": True},
    "hybrid": {"computeMode": "Hybrid", "catalog": "main", "logPayloads": False},
}


def run(settings: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """The Databricks program with these settings."""
    values = {key: value for key, value in {**SETTINGS, **(settings or {})}.items() if value is not None}
    return record(
        lambda: databricks.build("databricks"),
        stack="databricks",
        config=config(values),
        secret_keys=["genaiplatform:providerKeys"],
        preview=preview,
    )


@functools.cache
def recorded(variant: str = "service", *, preview: bool = False) -> Recording:
    """The program in one of `VARIANTS`; cached, so treat it as read-only."""
    return run(VARIANTS[variant], preview=preview)
