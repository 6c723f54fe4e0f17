"""Settings of a Databricks stack: one typed, frozen, validated pydantic model, read once.

It is the only source of names, types, defaults and descriptions: `stacks.pulumi_yaml` writes them into `Pulumi.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from catalogue import databricks
from charts.shapes import text
from stacks.configuration import place, read
from stacks.databricks.served_model import CatalogName, ServedModelSetting
from stacks.fields import PROVIDER_KEYS, StackSettings, named_once, unique
from stacks.secrets import provider_key_problems, unset

Caller = Annotated[
    str,
    text(
        # No id of a service principal, which a serving endpoint would take for the name of a group.
        r"(?!(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$)(?!.*[\x00-\x1f\x7f])"
        r"([^\s@,;]+@[^\s@,;]+\.[^\s@,;]+|[^\s@,;]([^@,;\n]*[^\s@,;])?)",
        "a name: write the e-mail address of one user, or the name of one group, as Databricks shows it",
    ),
]
Catalog = Annotated[
    str,
    text(
        r"(?!(system|samples|hive_metastore)$)([a-z][a-z0-9_]{0,62})?",
        "a catalogue on storage of yours that SQL takes as it is: use lower-case letters, digits and _, at most 63, "
        "with a letter first, none of Databricks' own, or leave it empty",
    ),
]
Limit = Annotated[int, Field(ge=0, le=10**9)]
LONGEST_SECRET_DAYS = 730
"""The longest life of a secret of a service principal (databricks-sdk, CreateServicePrincipalSecretRequest)."""


class DatabricksSettings(StackSettings):
    """The settings of a Databricks stack."""

    served_models: tuple[ServedModelSetting, ...] = Field(
        default=(),
        description="Models behind the one that callers ask for. Each has name, provider (azureOpenai, openai, gemini "
        "or custom), deployment (the provider's name of the model) and share (per cent of the calls; 0 serves when "
        "another fails), optionally endpoint, providerKey (a name under providerKeys), account (in place of a key, the "
        "resource id of the Azure OpenAI account), baseModel, inputCost and outputCost (USD for a million tokens)",
    )
    provider_keys: Mapping[str, str] = Field(default_factory=dict, repr=False, description=PROVIDER_KEYS)
    model_name: CatalogName = Field(default="chat", description="Name of the model that callers ask for")
    gateway: Literal["service", "endpoint"] = Field(
        default="service",
        description="What answers. `service`, a model service of the AI Gateway in Unity Catalog; `endpoint`, the "
        "older model serving endpoint",
    )
    compute_mode: Literal["Serverless", "Hybrid"] = Field(
        default="Serverless",
        description="Kind of workspace. `Hybrid` brings a managed resource group, which outlives the workspace "
        "(docs/databricks.md)",
    )
    catalog: Catalog = Field(
        default="",
        description="Catalogue of Unity Catalog in which the schema is made, on storage of your own: the gateway makes "
        "no inference table on Databricks' default storage. Empty makes a storage account and a catalogue in it",
    )
    log_payloads: bool = Field(
        default=True,
        description="Writes every request and answer, prompts included, into the inference table. The dashboard needs "
        "it",
    )
    requests_per_minute: Limit = Field(default=0, description="Most requests a minute of all callers; 0 is no limit")
    tokens_per_minute: Limit = Field(default=0, description="Most tokens a minute of all callers; 0 is no limit")
    callers: Annotated[tuple[Caller, ...], AfterValidator(named_once)] = Field(
        default=(),
        description="Users (e-mail addresses) and groups of Databricks that may call, beside LiteLLM",
    )
    caller_secret_days: int = Field(
        default=2,
        ge=1,
        le=LONGEST_SECRET_DAYS,
        description=f"Days that the secret lives with which LiteLLM calls, 1 to {LONGEST_SECRET_DAYS}",
    )
    system_tables: bool = Field(
        default=False,
        description="Enables the system tables with everybody's usage. Needs an administrator of the account",
    )

    @model_validator(mode="after")
    def _models_share_the_calls(self) -> DatabricksSettings:
        models = self.served_models
        if not models:
            raise ValueError(
                "servedModels is empty, so nobody would answer: write at least one model with name, provider, "
                "deployment and share: 100"
            )
        unique("servedModels", "name", (model.name for model in models))
        if self.model_name in (model.name for model in models):
            raise ValueError(
                f"modelName is {self.model_name!r}, as one of servedModels is called, and they share one namespace: "
                "give one of them another name"
            )
        shares = {model.name: model.share for model in models}
        total, said = sum(shares.values()), ", ".join(f"{name} {share}" for name, share in shares.items())
        if not total:
            raise ValueError(f"servedModels: nobody has a share ({said}), and a fallback alone gets no call: set 100")
        if total != 100:
            raise ValueError(f"servedModels: the shares are {total} per cent together ({said}): let them be 100")
        for what, number, most in (
            ("with a share", sum(bool(share) for share in shares.values()), databricks.MOST_DESTINATIONS),
            ("with share 0", sum(not share for share in shares.values()), databricks.MOST_FALLBACKS),
        ):
            if number > most:
                raise ValueError(f"servedModels: {number} models {what}, the gateway takes {most}: take some out")
        return self

    @model_validator(mode="after")
    def _models_can_be_called(self) -> DatabricksSettings:
        problems = list(provider_key_problems(self.provider_keys))
        for model in self.served_models:
            if model.provider_key is not None and model.provider_key not in self.provider_keys:
                problems.append(f"servedModels: {model.name} refers to the provider key {unset(model.provider_key)}")
            if model.account and self.gateway == "endpoint":
                problems.append(
                    f"servedModels: {model.name} has account, and a serving endpoint cannot call as a managed "
                    "identity: set providerKey in its place, or gateway to service"
                )
        if problems:
            raise ValueError("\n".join(problems))
        return self


def load() -> DatabricksSettings:
    """Read the settings of a Databricks stack; SettingsError tells everything that is wrong with them."""
    config = read(DatabricksSettings)
    location(config)
    return config


def location(config: DatabricksSettings) -> str:
    """`azure-native:location`, a region that offers such a workspace."""

    def problem(region: str) -> str | None:
        if config.compute_mode == "Serverless":
            return databricks.region_problem(region)
        known = re.fullmatch("[a-z]+[0-9]?", region.replace(" ", "").lower())
        return None if known else f"{region!r} is no region of Azure: set one such as eastus2"

    return place("azure-native", "location", "eastus2", problem)
