"""LiteLLM's providers that are asked for by name, and what each needs. A test holds them to the pinned LiteLLM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelProvider:
    """One provider. A model of it is called `word/id`, as in LiteLLM."""

    word: str
    title: str
    asks: str
    """What the part behind the slash is."""
    example: str
    """Such a part."""
    params: Mapping[str, str]
    """Parameters that LiteLLM cannot do without, each with an example."""
    key: str
    """Where its key is had; empty for a provider that needs none."""
    base_model: bool = False
    """Whether the name does not tell which model it is, and so which price applies."""


PROVIDERS: Mapping[str, ModelProvider] = {
    provider.word: provider
    for provider in (
        ModelProvider(
            word="azure",
            title="Azure OpenAI",
            asks="name of your deployment",
            example="my-deployment",
            params={"api_base": "https://my-resource.openai.azure.com"},
            key="portal.azure.com, your Azure OpenAI resource, Keys and Endpoint",
            base_model=True,
        ),
        ModelProvider(
            word="gemini",
            title="Google Gemini",
            asks="model",
            example="gemini-3.1-flash-lite",
            params={},
            key="aistudio.google.com/apikey",
        ),
        ModelProvider(
            word="openai",
            title="OpenAI",
            asks="model",
            example="gpt-6-luna",
            params={},
            key="platform.openai.com/api-keys",
        ),
        ModelProvider(
            word="bedrock",
            title="Amazon Bedrock",
            asks="id of a model or an inference profile",
            example="us.amazon.nova-2-lite-v1:0",
            params={},
            key="",
        ),
    )
}
"""By word."""


def word_of(model: str) -> str:
    """The provider's word in LiteLLM's id of a model; empty when it names none."""
    return model.partition("/")[0] if "/" in model else ""
