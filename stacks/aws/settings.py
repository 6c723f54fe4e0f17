"""Settings of an AWS stack: one typed, frozen, validated pydantic model, read once.

It is the only source of names, types, defaults and descriptions: `stacks.pulumi_yaml` writes them into `Pulumi.yaml`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pulumi
from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_snake

from catalogue.pins import AURORA_OFFERED, AURORA_VERSION, KUBERNETES, KUBERNETES_VERSION, LANGFUSE_IMAGE, LITELLM_IMAGE
from catalogue.secrets import SECRETS, VIRTUAL_KEY
from charts.shapes import McpServer, Model, VirtualKeySetting, text
from stacks import addresses
from stacks.aws import bedrock, databricks, mcp_servers, model_params, regions
from stacks.configuration import read
from stacks.errors import SettingsError
from stacks.fields import PROVIDER_KEYS, Email, StackSettings, nearest, unique
from stacks.secrets import equal, problem, provider_key_problems, unset


@dataclass(frozen=True, kw_only=True)
class Size:
    """What `size` decides. Replicas are pods of LiteLLM and of Langfuse's worker each; its web is one pod."""

    nat_gateways: Literal["one", "one per zone"]
    aurora_instances: int
    cache_nodes: int
    replicas: int


SIZES: Mapping[str, Size] = {
    "day": Size(nat_gateways="one", aurora_instances=1, cache_nodes=1, replicas=1),
    "team": Size(nat_gateways="one per zone", aurora_instances=2, cache_nodes=2, replicas=2),
}

DEFAULT_REGION = "us-east-1"
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_LONGEST_DOMAIN = 64 - len("litellm.")
"""Characters: the first name of a certificate has at most 64 (ACM API reference, RequestCertificate, DomainName)."""

ImageTag = Annotated[str, text(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", "an image tag: set one such as v1.108.14")]
MinCapacity = Annotated[float, Field(ge=0.5, le=256, multiple_of=0.5)]
MaxCapacity = Annotated[float, Field(ge=1, le=256, multiple_of=0.5)]
"""Aurora capacity units (Aurora user guide, "Choosing the maximum Aurora Serverless v2 capacity setting")."""


class AwsSettings(StackSettings):
    """The settings of an AWS stack."""

    size: Literal["day", "team"] = Field(
        default="day",
        description="How much of everything. `day` is the cheapest that works; `team` has a NAT gateway per zone, two "
        "Aurora instances, two cache nodes with failover and two pods of LiteLLM and of Langfuse's worker",
    )
    domain: str = Field(
        default="",
        description="Serve HTTPS at litellm.<domain> and langfuse.<domain>. Needs a public Route 53 hosted zone for it "
        "or a parent. Empty means HTTP on the load balancer's own name",
    )
    allowed_cidrs: tuple[str, ...] = Field(
        default=("auto",),
        description="IPv4 ranges that may enter the load balancer. `auto` is the public address of whoever runs `up`",
    )
    open_to_the_world: bool = Field(default=False, description="Confirms that 0.0.0.0/0 in allowedCidrs is meant")
    apim_entry: bool = Field(
        default=False,
        description="One more HTTPS port, 8443, for API Management. Open to the world, but forwards only user paths "
        "that carry a secret header",
    )
    vpc_cidr: str = Field(default="10.0.0.0/16", description="IPv4 range of the VPC, /16 to /20")
    availability_zones: int = Field(default=2, description="Zones to spread over, 2 or 3")
    kubernetes_version: str = Field(
        default=KUBERNETES_VERSION,
        description="EKS version; quote it. Refused once it leaves standard support",
    )
    aurora_version: str = Field(
        default=AURORA_VERSION,
        description="Aurora PostgreSQL version; quote it. 17.7 is a long-term support minor",
    )
    aurora_min_capacity: MinCapacity = Field(
        default=0.5,
        description="Least Aurora capacity units (ACU), in steps of 0.5; this is what an idle day pays for",
    )
    aurora_max_capacity: MaxCapacity = Field(default=2, description="Most Aurora capacity units (ACU), in steps of 0.5")
    litellm_image_tag: ImageTag = Field(
        default=LITELLM_IMAGE.version,
        description="Image tag of LiteLLM, pinned to a release of the long-term support line",
    )
    langfuse_image_tag: ImageTag = Field(
        default=LANGFUSE_IMAGE.version,
        description="Image tag of Langfuse, pinned apart from its chart",
    )
    langfuse_email: Email = Field(
        default="admin@example.com",
        description="E-mail address of the first Langfuse user. Refused when changed on a running stack",
    )
    models: tuple[Model, ...] = Field(
        default=(),
        validate_default=True,
        description="Models that LiteLLM serves. Empty means nova-lite, Amazon Nova Lite on Bedrock in the way that "
        "the region offers it, and echo, which answers pong. Each has name and model (LiteLLM's id), optionally "
        "params (litellm_params), providerKey (a name under providerKeys), baseModel (whose price "
        "applies; of an application inference profile of Bedrock, the model it was made from) and databricksStack "
        "(full name of the Databricks stack that serves it, as databricks/<modelName>)",
    )
    provider_keys: Mapping[str, str] = Field(default_factory=dict, repr=False, description=PROVIDER_KEYS)
    virtual_keys: tuple[VirtualKeySetting, ...] = Field(
        default=(VirtualKeySetting(alias="demo"),),
        description="LiteLLM virtual keys. Each has alias, optionally models (default the first configured), maxBudget "
        "(USD), duration (such as 12h), mcpServers (names) and user (the e-mail address of the one person who has it)",
    )
    mcp_servers: tuple[McpServer, ...] = Field(
        default=(),
        description="MCP servers that LiteLLM offers to the virtual keys that name them. Each has name and url, "
        "optionally auth (none, or oauth2, each user's own data), clientId, providerKey (whose value is the client "
        "secret), scopes, authorizationUrl and tokenUrl (Google's by default)",
    )
    fixed_secrets: Mapping[str, Any] = Field(
        default_factory=dict,
        repr=False,
        description="Secrets to keep the same every morning instead of generating them, by name (such as "
        "litellmMasterKey, langfusePassword, virtualKeys.<alias>). Refused in plain text. Those that "
        "Langfuse and LiteLLM read at their first start only (docs/operations.md) are refused when changed "
        "on a running stack",
    )

    @property
    def sizing(self) -> Size:
        """The numbers behind `size`."""
        return SIZES[self.size]

    @field_validator("models")
    @classmethod
    def _models_of_the_region(cls, models: tuple[Model, ...], info: ValidationInfo) -> tuple[Model, ...]:
        return models or (
            Model(name="nova-lite", model=bedrock.default_model(_region_of(info))),
            Model(name="echo", model="openai/echo", params={"mock_response": "pong"}),
        )

    @field_validator("domain")
    @classmethod
    def _domain_is_a_name(cls, domain: str) -> str:
        if domain and not _DOMAIN.fullmatch(domain):
            raise ValueError(f"{domain!r} is no domain name: set one in lower case such as genai.example.com")
        if len(domain) > _LONGEST_DOMAIN:
            raise ValueError(
                f"{domain} has {len(domain)} characters, and with litellm. before it the certificate takes "
                f"{_LONGEST_DOMAIN}: set a shorter one"
            )
        return domain

    @field_validator("vpc_cidr")
    @classmethod
    def _vpc_can_be_made(cls, cidr: str) -> str:
        addresses.check_vpc(cidr)
        return cidr

    @field_validator("aurora_version")
    @classmethod
    def _version_is_offered(cls, version: str) -> str:
        if version not in AURORA_OFFERED:
            raise ValueError(
                f"{version!r} is not a version of Aurora PostgreSQL 16 or 17 that AWS has: set one of "
                f"{', '.join(AURORA_OFFERED)}"
            )
        return version

    @field_validator("availability_zones")
    @classmethod
    def _zones_are_enough(cls, zones: int) -> int:
        if zones not in (2, 3):
            raise ValueError(f"{zones} is not possible: EKS and Aurora need two zones, a region has three; set 2 or 3")
        return zones

    @field_validator("kubernetes_version")
    @classmethod
    def _version_is_supported(cls, version: str) -> str:
        today = datetime.datetime.now(datetime.UTC).date()
        usable = [known for known, pin in KUBERNETES.items() if pin.supported(today)]
        if version not in usable:
            raise ValueError(
                f"{version or 'no text'} is not in standard support by EKS (extended support costs six times as much): "
                f"set one of {', '.join(usable)}"
            )
        return version

    @model_validator(mode="after")
    def _allowed_cidrs_are_meant(self) -> AwsSettings:
        addresses.check_allowed(
            self.allowed_cidrs,
            rules_per_range=2,  # a port each for LiteLLM and Langfuse, or 80 and 443 with a domain
            other_rules=1 if self.apim_entry else 0,
            open_to_the_world=self.open_to_the_world,
        )
        return self

    @model_validator(mode="after")
    def _capacities_are_a_range(self) -> AwsSettings:
        if self.aurora_min_capacity > self.aurora_max_capacity:
            raise ValueError(
                f"auroraMinCapacity {self.aurora_min_capacity} is above auroraMaxCapacity {self.aurora_max_capacity}: "
                "set it at most as high"
            )
        return self

    @model_validator(mode="after")
    def _names_refer_to_something(self) -> AwsSettings:
        unique("models", "name", (model.name for model in self.models))
        unique("virtualKeys", "alias", (key.alias for key in self.virtual_keys))
        names = [model.name for model in self.models]
        for model in self.models:
            if model.provider_key is not None and model.provider_key not in self.provider_keys:
                raise ValueError(f"models: {model.name} refers to the provider key {unset(model.provider_key)}")
        for key in self.virtual_keys:
            for name in key.models:
                if name not in names:
                    raise ValueError(
                        f"virtualKeys: {key.alias} may use {name!r}, which is no model: use one of {', '.join(names)}"
                    )
        return self

    @model_validator(mode="after")
    def _bedrock_models_can_be_called(self, info: ValidationInfo) -> AwsSettings:
        problems = []
        for model in self.models:
            try:
                bedrock.invokable_arns(model, _region_of(info))
            except ValueError as error:
                problems.append(f"models: {model.name}: {error}")
        if problems:
            raise ValueError("\n".join(problems))
        try:
            bedrock.role_arns(self.models, _region_of(info))
        except ValueError as error:
            raise ValueError(f"models: {error}") from error
        return self

    @model_validator(mode="after")
    def _models_on_databricks_have_one_login(self) -> AwsSettings:
        if found := list(databricks.problems(self.models)):
            raise ValueError("\n".join(found))
        return self

    @model_validator(mode="after")
    def _models_hold_no_credentials(self) -> AwsSettings:
        if found := list(model_params.problems(self.models, self.provider_keys)):
            raise ValueError("\n".join(found))
        return self

    @model_validator(mode="after")
    def _mcp_servers_keep_users_apart(self) -> AwsSettings:
        found = mcp_servers.problems(self.mcp_servers, self.virtual_keys, self.provider_keys, self.domain)
        if wrong := list(found):
            raise ValueError("\n".join(wrong))
        return self

    @model_validator(mode="after")
    def _secrets_can_be_carried(self) -> AwsSettings:
        problems: list[str | None] = [*provider_key_problems(self.provider_keys)]
        fixed_keys = self.fixed_secrets.get("virtualKeys", {})
        virtual = fixed_keys if isinstance(fixed_keys, Mapping) else {}
        if virtual is not fixed_keys:
            problems.append("fixedSecrets.virtualKeys must be an object: the key of each alias")
        aliases = [key.alias for key in self.virtual_keys]
        for alias, value in virtual.items():
            if alias not in aliases:
                problems.append(
                    f"fixedSecrets.virtualKeys.{alias} belongs to no entry of virtualKeys: {nearest(alias, aliases)}"
                )
            problems.append(problem(f"fixedSecrets.virtualKeys.{alias}", value, VIRTUAL_KEY))
        for name, value in self.fixed_secrets.items():
            if name in SECRETS:
                problems.append(problem(f"fixedSecrets.{name}", value, SECRETS[name]))
            elif name != "virtualKeys":
                problems.append(
                    f"fixedSecrets.{name} is no secret of the day: {nearest(name, [*SECRETS, 'virtualKeys'])}"
                )
        fixed = {
            **{f"fixedSecrets.{name}": value for name, value in self.fixed_secrets.items()},
            **{f"fixedSecrets.virtualKeys.{alias}": value for alias, value in virtual.items()},
        }
        problems += equal(fixed, {f"providerKeys.{name}": value for name, value in self.provider_keys.items()})
        if found := [line for line in problems if line]:
            raise ValueError("\n".join(found))
        return self

    def key_models(self, key: VirtualKeySetting) -> tuple[str, ...]:
        """The models a virtual key may use; the first configured one when it names none."""
        return key.models or (self.models[0].name,)

    def litellm_models(self, region: str) -> tuple[Model, ...]:
        """`models` as the LiteLLM chart takes them, for a stack in that AWS region."""
        return tuple(bedrock.in_its_region(model, region) for model in self.models)

    def fixed_credentials(self) -> Mapping[str, str]:
        """`fixedSecrets` but the virtual keys, by attribute name of `Credentials`."""
        return {to_snake(name): value for name, value in self.fixed_secrets.items() if name != "virtualKeys"}

    def entry_cidrs(self, caller_address: Callable[[], str]) -> tuple[str, ...]:
        """`allowedCidrs` with `auto` replaced by the public address that `caller_address` tells now."""
        return addresses.with_own(self.allowed_cidrs, caller_address() if "auto" in self.allowed_cidrs else "")


def _region_of(info: ValidationInfo) -> str:
    return str((info.context or {}).get("region", DEFAULT_REGION))


def load() -> AwsSettings:
    """Read the settings of an AWS stack; SettingsError tells everything that is wrong with them."""
    return read(AwsSettings, region=region())


def region() -> str:
    """`aws:region`, us-east-1 when not set."""
    region = pulumi.Config("aws").get("region")
    if region is None:
        return DEFAULT_REGION
    if problem := regions.problem(region):
        raise SettingsError(f"aws:region: {problem}")
    return region
