"""Providers of models as Databricks calls them: by a model provider service, or by an entity of a serving endpoint.

Shapes and enumerations are those of `databricks.sdk.service.catalog` and `.serving`; a test parses what is built here
with them, since Pulumi takes any text for an enumeration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from catalogue.pins import AZURE_OPENAI_API

CHAT = "openai/v1/chat/completions"
"""The native API of every provider here; the gateway translates to it."""


@dataclass(frozen=True, kw_only=True)
class DestinationModel:
    """A provider's model behind the gateway.

    `share` is per cent of the calls, 0 for a fallback. `key` names a provider key; without one, `account` is the
    resource id of the Azure OpenAI account that a managed identity may call. `answers_as` is what answers call the
    model, with or without a version behind it. Costs are USD for a million tokens, None where they are not known.
    """

    name: str
    provider: str
    deployment: str
    share: int
    endpoint: str
    key: str | None
    account: str | None
    answers_as: str
    input_cost: float | None
    output_cost: float | None


@dataclass(frozen=True, kw_only=True)
class Credential:
    """How a provider is called: with a key, or as a service credential of Unity Catalog by its name."""

    key: pulumi.Input[str] | None = field(default=None, repr=False)
    service_credential: pulumi.Input[str] | None = None

    def as_input(self) -> dict[str, Any]:
        """For a model provider service."""
        if self.key is not None:
            return {"api_key": {"plaintext": pulumi.Output.secret(self.key)}}
        return {"service_credential": {"name": pulumi.Output.concat("credentials/", self.service_credential or "")}}


@dataclass(frozen=True, kw_only=True)
class ProviderRule:
    """What is said of a provider: its address (None: each has its own), and how Databricks is told of it.

    `reference` is `{{secrets/scope/key}}`: a serving endpoint holds no key itself.
    """

    type: str
    block: str
    external: Callable[[DestinationModel, pulumi.Input[str]], dict[str, Any]]
    endpoint: str | None = None
    own_endpoint: bool = True
    managed_identity: bool = False
    example: str = ""


def _azure_openai(model: DestinationModel, reference: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "provider": "openai",
        "openai_config": {
            "openai_api_type": "azure",
            "openai_api_base": model.endpoint,
            "openai_api_version": AZURE_OPENAI_API.version,
            "openai_deployment_name": model.deployment,
            "openai_api_key": reference,
        },
    }


def _openai(_model: DestinationModel, reference: pulumi.Input[str]) -> dict[str, Any]:
    return {"provider": "openai", "openai_config": {"openai_api_key": reference}}


def _custom(model: DestinationModel, reference: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "provider": "custom",
        "custom_provider_config": {
            # The whole URL here; a model provider service takes it without the path.
            "custom_provider_url": f"{model.endpoint}/chat/completions",
            "bearer_token_auth": {"token": reference},
        },
    }


PROVIDERS: Mapping[str, ProviderRule] = {
    "azureOpenai": ProviderRule(
        type="EXTERNAL_MODEL_PROVIDER_TYPE_AZURE_OPENAI",
        block="azure_openai",
        external=_azure_openai,
        managed_identity=True,
        example="https://example.openai.azure.com",
    ),
    "openai": ProviderRule(
        type="EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI",
        block="openai",
        external=_openai,
        endpoint="https://api.openai.com/v1",
        own_endpoint=False,
    ),
    # A key of Google AI Studio: Databricks has no provider for it, but Gemini speaks OpenAI's language there
    # (ai.google.dev, "OpenAI compatibility").
    "gemini": ProviderRule(
        type="EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
        block="custom",
        external=_custom,
        endpoint="https://generativelanguage.googleapis.com/v1beta/openai",
        own_endpoint=False,
    ),
    "custom": ProviderRule(
        type="EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
        block="custom",
        external=_custom,
        example="https://llm.example.com/v1",
    ),
}
"""By the name that the settings give them."""


def provider_service(model: DestinationModel, credential: Credential) -> dict[str, Any]:
    """`config` of a model provider service for that one model."""
    rule = PROVIDERS[model.provider]
    # A provider with one address for all is told none.
    address = {"base_url": model.endpoint} if rule.own_endpoint or rule.block == "custom" else {}
    target: dict[str, Any] = {"model": model.deployment, "native_api_types": [CHAT]}
    if rule.block == "custom":
        target["endpoint_route"] = "chat/completions"
    return {
        "provider_type": rule.type,
        "targets": [target],
        rule.block: {"direct": {**address, **credential.as_input()}},
    }


def destination(model: DestinationModel, provider_service_name: pulumi.Input[str]) -> dict[str, Any]:
    """One destination of a model service; a fallback has no share."""
    share = {"traffic_percentage": model.share} if model.share else {}
    return {
        "name": model.name,
        "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
        "external_model_config": {
            "model_provider_service": provider_service_name,
            "target": {"model": model.deployment},
        },
        **share,
    }


def served_entity(model: DestinationModel, reference: pulumi.Input[str]) -> dict[str, Any]:
    """One entity of a serving endpoint; `reference` is that of its key."""
    external = PROVIDERS[model.provider].external(model, reference)
    return {
        "name": model.name,
        "external_model": {"name": model.deployment, "task": "llm/v1/chat", **external},
    }
