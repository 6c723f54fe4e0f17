"""Settings of an Azure stack: one typed, frozen, validated pydantic model, read once.

It is the only source of names, types, defaults and descriptions: `stacks.pulumi_yaml` writes them into `Pulumi.yaml`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pydantic import Field, field_validator, model_validator

from catalogue.api_management import region_problem, tier_problem
from catalogue.limits import LONGEST_SECRET_DAYS
from charts.shapes import Frozen, Name, text
from policies import apim
from stacks import commands
from stacks.configuration import read
from stacks.errors import SettingsError
from stacks.fields import StackSettings, Users, unique

OptionalEmail = Annotated[
    str, text(r"([^@\s]+@[^@\s]+\.[^@\s]+)?", "an e-mail address: set one such as you@example.com")
]


class ClientSetting(Frozen):
    """A client application. Keys are aliases of LiteLLM virtual keys."""

    name: Name
    key: Name | None = None
    keys: tuple[Name, ...] = ()

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
        "optionally apimEntryCertificate (public or self-signed). Refused when all of it is in plain text",
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
        "and, for mode header, keys (aliases of the only keys it may use, which then serve no other client)",
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
    def _clients_can_be_told_apart(self) -> AzureSettings:
        unique("clients", "name", (client.name for client in self.clients))
        # The real client ids are known only after `up`, but they are as long as these.
        apim.key_bindings(
            {str(uuid.UUID(int=index)): client.keys for index, client in enumerate(self.clients) if client.keys}
        )
        return self


def load() -> AzureSettings:
    """Read the settings of an Azure stack; SettingsError tells everything that is wrong with them."""
    location()
    return read(AzureSettings)


def location() -> str:
    """`azure-native:location`, a region that offers the gateway."""
    region = pulumi.Config("azure-native").get("location")
    if not region:
        command = commands.for_stack(pulumi.get_stack(), commands.set_config("azure-native:location eastus2"))
        raise SettingsError(f"azure-native:location is not set: {command}")
    if problem := region_problem(region):
        raise SettingsError(f"azure-native:location: {problem}")
    return region
