"""Semantic cache of the answers of `gatewayModels` (`semanticCache`): its settings."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from charts.shapes import Frozen
from components.azure.semantic_cache import EmbeddingsService
from policies.apim.models import PROVIDERS, SemanticCache
from stacks.azure.gateway_models import Endpoint, ShortDuration, UpstreamModel, account_name, seconds
from stacks.fields import OpenAIAccountId

_AZURE_OPENAI = PROVIDERS["azureOpenAI"]


class SemanticCacheSetting(Frozen):
    """Where embeddings come from, and what counts as the same question; no account means that no answer is kept."""

    account: OpenAIAccountId | None = None
    model: UpstreamModel | None = None
    """Name of the account's deployment of embeddings."""
    endpoint: Endpoint | None = None
    """Address of the account; None for the usual one."""
    score_threshold: float = Field(default=0.05, ge=0.001, le=0.2)
    """How far apart two questions may be, 0 being the same. "Score threshold above 0.2 may lead to cache mismatch"
    (learn.microsoft.com, "llm-semantic-cache-lookup policy")."""
    duration: ShortDuration = "5m"
    """How long an answer is kept."""

    @model_validator(mode="after")
    def _embeddings_are_named(self) -> SemanticCacheSetting:
        for name in ("account", "model"):
            if self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} is missing: name the Azure OpenAI account, and its deployment of embeddings")
        if self.endpoint and not re.fullmatch(f"https://{_AZURE_OPENAI.hosts}", self.endpoint):
            raise ValueError(
                f"endpoint {self.endpoint} is no address of Azure OpenAI: set one such as {_AZURE_OPENAI.example}"
            )
        return self

    @property
    def service(self) -> EmbeddingsService | None:
        """The account as the component takes it; None when no answer is kept."""
        if self.account is None:
            return None
        base = self.endpoint or _AZURE_OPENAI.endpoint.format(account=account_name(self.account))
        return EmbeddingsService(
            account=self.account,
            url=f"{base}/openai/deployments/{self.model}/embeddings",
            cache=SemanticCache(score_threshold=self.score_threshold, seconds=seconds(self.duration)),
        )
