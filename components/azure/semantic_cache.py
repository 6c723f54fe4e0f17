"""Azure Managed Redis as the cache in which API Management finds answers to questions that mean the same."""

from __future__ import annotations

from dataclasses import dataclass

from policies.apim.models import SemanticCache


@dataclass(frozen=True, kw_only=True)
class EmbeddingsService:
    """An Azure OpenAI account that is there already, the address of its deployment, and when an answer is given again.

    The embedding of a question says what it means.
    """

    account: str
    url: str
    cache: SemanticCache
