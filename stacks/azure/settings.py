"""Settings of an Azure stack: one typed, frozen, validated pydantic model, read once.

It is the only source of names, types, defaults and descriptions: `stacks.pulumi_yaml` writes them into `Pulumi.yaml`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from catalogue.api_management import region_problem, tier_problem
from catalogue.limits import LONGEST_SECRET_DAYS
from catalogue.secrets import HEADER_KEY
from charts.shapes import Frozen, Name, text
from policies import apim
from policies.apim import models
from stacks.azure import gateway_models
from stacks.azure.content_safety import ContentSafetySetting
from stacks.azure.gateway_models import GatewayModel
from stacks.azure.semantic_cache import SemanticCacheSetting
from stacks.configuration import place, read
from stacks.fields import StackSettings, Users, unique
from stacks.mcp.addresses import RedirectUris
from stacks.secrets import provider_key_problems

OptionalEmail = Annotated[
    str, text(r"([^@\s]+@[^@\s]+\.[^@\s]+)?", "an e-mail address: set one such as you@example.com")
]


class ClientSetting(Frozen):
    """A client application. Keys are aliases of LiteLLM virtual keys."""

    name: Name
    key: Name | None = None
    keys: tuple[Name, ...] = ()
    models: tuple[str, ...] = ()
    """Names of `gatewayModels` that it may use; none means all."""
    tokens_per_minute: int | None = Field(default=None, ge=1, le=2**31 - 1)
    tokens_per_day: int | None = Field(default=None, ge=1, le=2**31 - 1)

    @property
    def key_alias(self) -> str:
        """The key it gets in mode keyVault: `key`, or the one that is called like the client."""
        return self.key or self.name


class AzureSettings(StackSettings):
    """The settings of an Azure stack."""

    aws_stack: str = Field(
        default="",
        description="Full name of the AWS stack that LiteLLM runs in, such as organization/genaiplatform/dev",
    )
    aws_outputs: Mapping[str, Any] = Field(
        default_factory=dict,
        repr=False,
        description="In place of awsStack, what it would tell. apimEntryUrl, apimEntryKey, virtualKeys.<alias> and "
        "optionally apimEntryCertificate (public or self-signed), mcpServers and personalKeys. Refused when all of it "
        "is in plain text",
    )
    insecure_backend: bool = Field(
        default=False,
        description="Accepts an entry for API Management whose certificate nobody vouches for (an AWS day without a "
        "domain), or one without TLS",
    )
    key_mode: apim.Mode = Field(
        default="header",
        description="Where LiteLLM's key comes from. `header`, the caller sends it in x-litellm-api-key; `keyVault`, "
        "the gateway looks it up by client",
    )
    gateway_tier: str = Field(default="BasicV2", description="Tier of API Management, BasicV2 or StandardV2")
    publisher_email: OptionalEmail = Field(
        default="",
        description="Address that API Management writes to. Empty means that of whoever runs `up`, as Entra ID knows "
        "it",
    )
    clients: tuple[ClientSetting, ...] = Field(
        default=(ClientSetting(name="demo"),),
        description="Client applications. Each has name, optionally key (alias of its virtual key, default the name) "
        "and, for mode header, keys (aliases of the only keys it may use, which then serve no other client); and for "
        "gatewayModels optionally models (names of the only ones it may use), tokensPerMinute and tokensPerDay",
    )
    gateway_models: tuple[GatewayModel, ...] = Field(
        default=(),
        description="Models that the gateway serves without LiteLLM. Each has name (what callers ask for), provider "
        "(azureOpenAI or gemini), optionally model (what the provider calls it), deployments (one or more, each with "
        "account, or key, a name under providerKeys; optionally model, and in a pool priority and weight) and "
        "optionally circuitBreaker (failures, interval, tripDuration). See docs/model-gateway.md",
    )
    content_safety: ContentSafetySetting = Field(
        default=ContentSafetySetting(),
        description="Azure AI Content Safety that prompts to gatewayModels go through first. Has account, and "
        "optionally endpoint, threshold (2, 4 or 6, the severity from which on a prompt is refused, default 4) and "
        "shieldPrompt (default true). Sends every prompt to that account. See docs/model-gateway.md",
    )
    semantic_cache: SemanticCacheSetting = Field(
        default=SemanticCacheSetting(),
        description="Keeps answers of gatewayModels in an Azure Managed Redis, and gives them again to the same caller "
        "for a question that means the same. Has account (Azure OpenAI) and model (its deployment of embeddings), and "
        "optionally endpoint, scoreThreshold (how far apart the questions may be, 0.001 to 0.2, default 0.05) and "
        "duration (at most 1d, default 5m). Can answer wrongly. See docs/model-gateway.md",
    )
    provider_keys: Mapping[str, str] = Field(
        default_factory=dict,
        repr=False,
        description="Keys of model providers by name. Secret, refused in plain text. Set with `pulumi config set "
        "-s <stack> --secret --path providerKeys.<name>`",
    )
    client_secret_days: int = Field(
        default=7,
        ge=1,
        le=LONGEST_SECRET_DAYS,
        description=f"Days that a client secret lives, 1 to {LONGEST_SECRET_DAYS}. Another number makes new secrets",
    )
    users: Users = Field(
        default=(),
        description="User principal names of people who may call with a token of their own",
    )
    redirect_uris: RedirectUris = Field(
        default=("http://localhost",),
        description="Where MCP clients take the code of a login, each in full. http://localhost is `genai mcp login`, "
        "on any port",
    )
    log_prompts: bool = Field(default=False, description="Logs prompts and completions too")

    @field_validator("aws_stack")
    @classmethod
    def _stack_is_named_in_full(cls, aws_stack: str) -> str:
        if aws_stack and (aws_stack.count("/") != 2 or not all(aws_stack.split("/"))):
            raise ValueError(
                f"{aws_stack!r} is no full name of a stack: write organization/project/stack, such as "
                "organization/genaiplatform/dev (with a backend of your own the organization is called organization)"
            )
        return aws_stack

    @field_validator("gateway_tier")
    @classmethod
    def _tier_can_do_it(cls, tier: str) -> str:
        if problem := tier_problem(tier):
            raise ValueError(problem)
        return tier

    @model_validator(mode="after")
    def _one_source_of_outputs(self) -> AzureSettings:
        if self.aws_stack and self.aws_outputs:
            raise ValueError("awsStack and awsOutputs are both set, and both say where LiteLLM is: take one out")
        return self

    @model_validator(mode="after")
    def _models_can_be_served(self) -> AzureSettings:
        unique("gatewayModels", "name", (model.name for model in self.gateway_models))
        limited = [one.name for one in self.clients if one.tokens_per_minute or one.tokens_per_day]
        problems = [
            *gateway_models.problems(
                self.gateway_models, self.provider_keys, {one.name: one.models for one in self.clients}, limited
            ),
            *provider_key_problems(self.provider_keys, HEADER_KEY),
        ]
        if self.content_safety.account and not self.gateway_models:
            problems.append("contentSafety checks what goes to gatewayModels, and there are none: take it out")
        if self.semantic_cache.account and not self.gateway_models:
            problems.append("semanticCache keeps answers of gatewayModels, and there are none: take it out")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @model_validator(mode="after")
    def _clients_can_be_told_apart(self) -> AzureSettings:
        unique("clients", "name", (client.name for client in self.clients))
        # The real client ids are known only after `up`, but they are as long as these.
        apim.key_bindings(
            {str(uuid.UUID(int=index)): client.keys for index, client in enumerate(self.clients) if client.keys}
        )
        if self.gateway_models:
            models.model_clients({str(uuid.UUID(int=index)): name for index, name in enumerate(self.client_names)})
        return self

    @property
    def model_accounts(self) -> Sequence[str]:
        """Ids of the Azure OpenAI accounts of all models, once each: Azure compares ids without regard to case."""
        accounts = (one.account for model in self.gateway_models for one in model.deployments if one.account)
        return list({account.lower(): account for account in accounts}.values())

    @property
    def client_names(self) -> Sequence[str]:
        """The clients as the model gateway knows them: those of the settings, and the people."""
        return [*(client.name for client in self.clients), *([models.USERS] if self.users else [])]


def load() -> AzureSettings:
    """Read the settings of an Azure stack; SettingsError tells everything that is wrong with them."""
    location()
    return read(AzureSettings)


def location() -> str:
    """`azure-native:location`, a region that offers the gateway."""
    return place("azure-native", "location", "eastus2", region_problem)
