"""Everything configurable about the AWS day: one typed, frozen, validated model, read once.

`Pulumi.yaml` documents the same keys; a test holds the two together.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pulumi
from pydantic import Field, field_validator, model_validator
from pydantic.alias_generators import to_snake

from catalogue.pins import AURORA_VERSION, KUBERNETES, KUBERNETES_VERSION, LANGFUSE_IMAGE, LITELLM_IMAGE
from charts.litellm import Model
from stacks import bedrock, public_address
from stacks.configuration import Frozen, Name, SettingsError, StackSettings, TagValue, nearest, read, text, unique
from stacks.kinds import other_settings
from stacks.secrets import FIXABLE, PROVIDER_KEY, VIRTUAL_KEY, problem

SERVICE_RANGES = ("10.100.0.0/16", "172.20.0.0/16")
"""EKS takes the cluster's service addresses from one of these (EKS user guide, "View networking requirements")."""


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

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")

ImageTag = Annotated[str, text(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", "an image tag: set one such as v1.108.14")]
Capacity = Annotated[float, Field(ge=0.5, le=256, multiple_of=0.5)]


class ModelSetting(Frozen):
    """One public model name and the LiteLLM parameters behind it."""

    name: Name
    model: str = Field(min_length=1)
    params: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    provider_key: str | None = None
    base_model: str | None = None

    @field_validator("params")
    @classmethod
    def _no_secrets(cls, params: Mapping[str, Any]) -> Mapping[str, Any]:
        for name in params:
            if re.search(r"key|secret|token|password|credential", name, re.IGNORECASE):
                raise ValueError(
                    f"{name} would stand in a ConfigMap: put the value under providerKeys "
                    "(`pulumi config set --secret --path providerKeys.<name>`) and name it in providerKey"
                )
        return params


class VirtualKeySetting(Frozen):
    """A LiteLLM virtual key that exists from the first minute of the day."""

    alias: Name
    models: tuple[str, ...] = ()
    max_budget: float | None = Field(default=None, gt=0)
    duration: Annotated[str, text(r"[1-9][0-9]*(s|m|h|d)", "a duration: set one such as 30m, 12h or 7d")] | None = None


class Settings(StackSettings):
    """The settings of an AWS stack. Field descriptions live in `Pulumi.yaml`."""

    KIND = "the AWS day"
    SECRET = ("fixedSecrets", "providerKeys")

    size: Literal["day", "team"] = "day"
    owner: TagValue = "genaiplatform"
    domain: str = ""
    allowed_cidrs: tuple[str, ...] = ("auto",)
    open_to_the_world: bool = False
    front_door: bool = False
    vpc_cidr: str = "10.0.0.0/16"
    availability_zones: int = 2
    kubernetes_version: str = KUBERNETES_VERSION
    aurora_version: Annotated[
        str, text(r"1[67]\.[0-9]+", "a version of Aurora PostgreSQL 16 or 17: set one such as 17.7")
    ] = AURORA_VERSION
    aurora_min_capacity: Capacity = 0.5
    aurora_max_capacity: Capacity = 2
    litellm_image_tag: ImageTag = LITELLM_IMAGE.version
    langfuse_image_tag: ImageTag = LANGFUSE_IMAGE.version
    langfuse_email: Annotated[
        str, text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address: set one such as you@example.com")
    ] = "admin@example.com"
    models: tuple[ModelSetting, ...] = Field(default=(), validate_default=True)
    provider_keys: Mapping[str, str] = Field(default_factory=dict, repr=False)
    virtual_keys: tuple[VirtualKeySetting, ...] = (VirtualKeySetting(alias="demo"),)
    fixed_secrets: Mapping[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def sizing(self) -> Size:
        """The numbers behind `size`."""
        return SIZES[self.size]

    @field_validator("models")
    @classmethod
    def _models_of_the_region(cls, models: tuple[ModelSetting, ...]) -> tuple[ModelSetting, ...]:
        return models or (
            ModelSetting(name="nova-lite", model=bedrock.default_model(region())),
            ModelSetting(name="echo", model="openai/echo", params={"mock_response": "pong"}),
        )

    @field_validator("domain")
    @classmethod
    def _domain_is_a_name(cls, domain: str) -> str:
        if domain and not _DOMAIN.fullmatch(domain):
            raise ValueError(f"{domain!r} is no domain name: set one in lower case such as genai.example.com")
        return domain

    @field_validator("vpc_cidr")
    @classmethod
    def _vpc_holds_the_subnets(cls, cidr: str) -> str:
        network = _network(cidr)
        if network.prefixlen > 20 or network.prefixlen < 16:
            size = "too small" if network.prefixlen > 20 else "larger than a VPC may be"
            raise ValueError(f"{cidr} is {size}: set a range from /16 to /20")
        for services in SERVICE_RANGES:
            if network.overlaps(ipaddress.IPv4Network(services)):
                raise ValueError(
                    f"{cidr} overlaps {services}, where EKS may put its service addresses: set another, "
                    "such as 10.0.0.0/16"
                )
        return cidr

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
                f"{version} is not in standard support by EKS (extended support costs six times as much): "
                f"set one of {', '.join(usable)}"
            )
        return version

    @model_validator(mode="after")
    def _allowed_cidrs_are_meant(self) -> Settings:
        networks = [_network(cidr) for cidr in self.allowed_cidrs if cidr != "auto"]
        for position, network in enumerate(networks):
            if network.prefixlen == 0 and not self.open_to_the_world:
                raise ValueError(
                    "allowedCidrs lets the whole world in: name your own ranges, or confirm with "
                    "`pulumi config set openToTheWorld true`"
                )
            for other in networks[:position]:
                if network.overlaps(other):
                    raise ValueError(f"allowedCidrs: {network} overlaps {other}: keep the wider one only")
        if not self.allowed_cidrs:
            raise ValueError("allowedCidrs is empty, nobody could enter: set `auto` or your own ranges")
        return self

    @model_validator(mode="after")
    def _capacities_are_a_range(self) -> Settings:
        if self.aurora_min_capacity > self.aurora_max_capacity:
            raise ValueError(
                f"auroraMinCapacity {self.aurora_min_capacity} is above auroraMaxCapacity {self.aurora_max_capacity}: "
                "set it at most as high"
            )
        return self

    @model_validator(mode="after")
    def _names_refer_to_something(self) -> Settings:
        unique("models", "name", (model.name for model in self.models))
        unique("virtualKeys", "alias", (key.alias for key in self.virtual_keys))
        names = [model.name for model in self.models]
        for model in self.models:
            if model.provider_key is not None and model.provider_key not in self.provider_keys:
                raise ValueError(
                    f"models: {model.name} refers to the provider key {model.provider_key!r}, which is not set: "
                    f"`pulumi config set --secret --path providerKeys.{model.provider_key}`"
                )
        for key in self.virtual_keys:
            for name in key.models:
                if name not in names:
                    raise ValueError(
                        f"virtualKeys: {key.alias} may use {name!r}, which is no model: use one of {', '.join(names)}"
                    )
        return self

    @model_validator(mode="after")
    def _bedrock_models_can_be_called(self) -> Settings:
        problems = []
        for setting in self.models:
            try:
                bedrock.invokable_arns(Model(**dict(setting)), region())
            except ValueError as error:
                problems.append(f"models: {setting.name}: {error}")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @model_validator(mode="after")
    def _secrets_can_be_carried(self) -> Settings:
        problems = [
            problem(f"providerKeys.{name}", value, PROVIDER_KEY) for name, value in self.provider_keys.items()
        ] + [
            f"providerKeys.{name} is no name: use lower-case letters, digits and -, such as azure"
            for name in self.provider_keys
            if not re.fullmatch(r"[a-z][a-z0-9-]*", name)
        ]
        virtual = self.fixed_secrets.get("virtualKeys", {})
        aliases = [key.alias for key in self.virtual_keys]
        for alias, value in virtual.items() if isinstance(virtual, Mapping) else ():
            if alias not in aliases:
                problems.append(
                    f"fixedSecrets.virtualKeys.{alias} belongs to no entry of virtualKeys: {nearest(alias, aliases)}"
                )
            problems.append(problem(f"fixedSecrets.virtualKeys.{alias}", value, VIRTUAL_KEY))
        for name, value in self.fixed_secrets.items():
            if name in FIXABLE:
                problems.append(problem(f"fixedSecrets.{name}", value, FIXABLE[name]))
            elif name != "virtualKeys":
                problems.append(
                    f"fixedSecrets.{name} is no secret of the day: {nearest(name, [*FIXABLE, 'virtualKeys'])}"
                )
        if found := [line for line in problems if line]:
            raise ValueError("\n".join(found))
        return self

    def key_models(self, key: VirtualKeySetting) -> tuple[str, ...]:
        """The models a virtual key may use; the first configured one when it names none."""
        return key.models or (self.models[0].name,)

    def litellm_models(self) -> tuple[Model, ...]:
        """`models` as the LiteLLM chart takes them."""
        return tuple(bedrock.in_its_region(Model(**dict(model)), region()) for model in self.models)

    def fixed_credentials(self) -> Mapping[str, str]:
        """`fixedSecrets` but the virtual keys, by attribute name of `Credentials`."""
        return {to_snake(name): value for name, value in self.fixed_secrets.items() if name != "virtualKeys"}

    def entry_cidrs(self) -> tuple[str, ...]:
        """`allowedCidrs` with `auto` replaced by the public address of whoever runs this, looked up now."""
        try:
            return tuple(f"{public_address.look_up()}/32" if cidr == "auto" else cidr for cidr in self.allowed_cidrs)
        except public_address.PublicAddressError as error:
            raise SettingsError(str(error)) from error


def _network(cidr: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(f"{cidr!r} is no IPv4 range ({error}): write one like 198.51.100.0/24") from error


def load() -> Settings:
    """Read the settings of an AWS stack; SettingsError tells everything that is wrong with them."""
    return read(Settings, other_settings(Settings))


def region() -> str:
    """`aws:region`, us-east-1 when not set."""
    region = pulumi.Config("aws").get("region") or "us-east-1"
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[1-9]", region):
        raise SettingsError(f"aws:region: {region!r} is no region of AWS: set one such as us-east-1")
    return region
