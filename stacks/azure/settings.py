"""Everything configurable about the Azure gateway: one typed, frozen, validated model, read once.

`Pulumi.yaml` documents the same keys; a test holds the two together.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import pulumi
from pydantic import Field, field_validator, model_validator

from components.azure.gateway_tiers import region_problem, tier_problem
from policies import apim
from stacks import commands
from stacks.configuration import Frozen, Name, SettingsError, StackSettings, TagValue, text, unique


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
    """The settings of an Azure stack. Field descriptions live in `Pulumi.yaml`."""

    KIND: ClassVar[str] = "the Azure gateway"
    SECRET: ClassVar[tuple[str, ...]] = ("awsOutputs",)

    owner: TagValue = "genaiplatform"
    aws_stack: str = ""
    aws_outputs: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    insecure_backend: bool = False
    key_mode: apim.Mode = "header"
    gateway_tier: str = "BasicV2"
    publisher_email: Annotated[
        str, text(r"([^@\s]+@[^@\s]+\.[^@\s]+)?", "an e-mail address: set one such as you@example.com")
    ] = ""
    clients: tuple[ClientSetting, ...] = (ClientSetting(name="demo"),)
    client_secret_days: int = Field(default=7, ge=1, le=730)
    users: tuple[str, ...] = ()
    log_prompts: bool = False

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

    @field_validator("users")
    @classmethod
    def _users_are_principal_names(cls, users: tuple[str, ...]) -> tuple[str, ...]:
        unique("users", "name", users)
        for user in users:
            if "@" not in user:
                raise ValueError(f"{user!r} is no user principal name: write one such as someone@example.com")
        return users

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


def location() -> str:
    """`azure-native:location`, a region that offers the gateway."""
    region = pulumi.Config("azure-native").get("location")
    if not region:
        raise SettingsError(f"azure-native:location is not set: {commands.set_config('azure-native:location eastus2')}")
    if problem := region_problem(region):
        raise SettingsError(f"azure-native:location: {problem}")
    return region
