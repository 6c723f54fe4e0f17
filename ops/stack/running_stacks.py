"""Pulumi outputs of running stacks as pydantic models: URLs, models and keys of a stack of each kind.

Without Pulumi, so that the checks also run beside LiteLLM in an environment of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Secret = Field(repr=False)


class RunningStack(BaseModel):
    """The outputs of a stack that is up."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, hide_input_in_errors=True)


class RunningAwsStack(RunningStack):
    """An AWS stack. URLs have no slash at their end."""

    stack: str
    """What it is called."""
    litellm_url: str
    litellm_master_key: str = Secret
    virtual_keys: Mapping[str, str] = Secret
    """LiteLLM's virtual keys by alias."""
    langfuse_url: str
    langfuse_public_key: str = Secret
    langfuse_secret_key: str = Secret
    langfuse_bucket: str
    clickhouse_bucket: str
    cluster_name: str
    apim_entry_url: str | None = None
    apim_entry_certificate: Literal["public", "self-signed"] = "public"

    region: str
    models: tuple[str, ...]
    mocks: frozenset[str]
    """Models that LiteLLM answers for itself, at once."""
    key_models: Mapping[str, tuple[str, ...]]
    """The models that each of `virtual_keys` may use, by alias, in the order of the settings."""

    personal_keys: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """Those of one person each, by alias."""
    mcp_servers: tuple[str, ...] = ()
    key_mcp_servers: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """The MCP servers that each virtual key may use, by alias, where it may use one."""

    @property
    def secrets(self) -> set[str]:
        """What must not be shown."""
        return {
            self.litellm_master_key,
            self.langfuse_public_key,
            self.langfuse_secret_key,
            *self.virtual_keys.values(),
            *self.personal_keys.values(),
        }


class RunningMcpGateway(RunningStack):
    """An MCP stack, as a user comes to it."""

    stack: str
    gateway_url: str
    gateway_id: str
    tenant_id: str
    client_id: str
    """Of the public client that people log in with."""
    scope: str
    return_url: str
    callback_urls: Mapping[str, str]
    """What each provider must know as a redirect address, by target."""

    region: str


class RunningMcpApis(RunningStack):
    """An Azure stack in front of MCP servers, as a user comes to them."""

    stack: str
    mcp_urls: Mapping[str, str] = Field(min_length=1)
    """What an MCP client is told, by server."""
    mcp_client_id: str
    """Of the public client that people log in with."""
    tenant_id: str
    scope: str


class RunningGateway(RunningStack):
    """An Azure stack, as one client application comes through it."""

    stack: str
    """What it is called."""
    gateway_url: str
    key_mode: Literal["header", "keyVault"]
    tenant_id: str
    scope: str
    client_ids: Mapping[str, str]
    client_secrets: Mapping[str, str] = Secret

    client: str
    """Name of the application."""
    key_alias: str
    """Alias of the virtual key that its calls carry."""

    gateway_id: str = ""
    """Of API Management, in Azure Resource Manager."""
    logs_workspace_id: str = ""
    model_apis: Mapping[str, str] = Field(default_factory=dict)
    """What an OpenAI client takes for `base_url`, by API; empty where the gateway serves no models by itself."""
    gateway_models: Sequence[Mapping[str, Any]] = ()
    """Each with its name and the backends of its deployments."""
    models: Sequence[str] = ()
    """The models of the gateway that the application may use."""
    other_models: Sequence[str] = ()
    """Those that it may not."""
    content_safety: bool = False
    """Whether prompts to them are checked."""
    semantic_cache_id: str = ""
    """Of the Redis with their answers, in Azure Resource Manager; empty where no answer is kept."""

    @property
    def models_url(self) -> str:
        """Where the API of all models is, without the version: paths begin with `/v1`."""
        return self.model_apis["models"].removesuffix("/v1")

    @property
    def secrets(self) -> set[str]:
        """What must not be shown."""
        return set(self.client_secrets.values())


class RunningDatabricks(RunningStack):
    """A Databricks stack. `served_model` is what callers ask for, `workspace_url` has no slash at its end."""

    stack: str
    workspace_url: str
    gateway: Literal["service", "endpoint"]
    served_model: str
    shares: Mapping[str, int]
    """Per cent of the calls, by name of a served model."""
    answers_as: Mapping[str, str]
    """What answers call each of these models."""
    client_id: str
    client_secret: str = Secret
    inference_table: str = ""
    """Full name; empty where payloads are not logged."""
    warehouse_id: str = ""

    @property
    def fallbacks(self) -> Sequence[str]:
        """The models that answer only for another one."""
        return [name for name, share in self.shares.items() if not share]

    @property
    def secrets(self) -> set[str]:
        """What must not be shown."""
        return {self.client_secret}
