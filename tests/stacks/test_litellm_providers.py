"""The tables of providers are those of the pinned LiteLLM; `make test-litellm` installs it."""

from __future__ import annotations

import os
import re
from unittest import mock

import pytest

from charts.shapes import Model
from stacks.aws.litellm_providers import NEED_A_KEY, NEED_AN_ADDRESS, PROVIDERS, provider_problem
from tests.needs_litellm import needs_litellm

AT = {"api_base": "https://my-resource.openai.azure.com"}
AWS = {"bedrock", "sagemaker"}
"""LiteLLM calls them as its role."""


@needs_litellm
def test_the_providers_are_those_that_it_takes_before_the_slash() -> None:
    import litellm
    from litellm.llms.openai_like.json_loader import JSONProviderRegistry

    names = {str(getattr(provider, "value", provider)) for provider in litellm.provider_list}
    assert names | set(JSONProviderRegistry.list_providers()) == PROVIDERS


@needs_litellm
def test_those_that_need_a_key_are_those_of_which_it_says_so() -> None:
    import litellm
    from litellm.llms.openai_like.json_loader import JSONProviderRegistry

    def keys(provider: str) -> list[str]:
        missing = litellm.validate_environment(model=f"{provider}/some-model")["missing_keys"]
        known = JSONProviderRegistry.get(provider)
        return [*missing, *([known.api_key_env] if known else [])]

    with mock.patch.dict(os.environ, clear=True):
        found = {provider for provider in PROVIDERS if any(re.search("KEY|TOKEN", key) for key in keys(provider))}
    assert found - AWS == NEED_A_KEY


@needs_litellm
@pytest.mark.parametrize("word", sorted(NEED_AN_ADDRESS))
def test_those_that_need_an_address_are_not_called_without(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import litellm

    for variable in ("AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT", "AZURE_AI_API_BASE"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(Exception, match=r"api_base|base_url"):
        litellm.completion(model=f"{word}/x", api_key="k", messages=[{"role": "user", "content": "Hi"}], max_retries=0)


@needs_litellm
@pytest.mark.parametrize("model", ["my-deployment", "claude-sonnet", "azur/my-deployment"])
def test_it_does_not_know_where_to_send_a_model_that_is_refused(model: str) -> None:
    import litellm

    with pytest.raises(litellm.exceptions.BadRequestError, match="LLM Provider NOT provided"):
        litellm.get_llm_provider(model)
    assert provider_problem(Model(name="x", model=model))


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Model(name="x", model="gpt-4o-mini"), "gpt-4o-mini names no provider: write it in front, such as openai/gpt-"),
        (Model(name="x", model="azur/x"), "azur is no provider of LiteLLM's: did you mean azure?"),
        (Model(name="x", model="zzzzzzzz/x"), "zzzzzzzz is no provider of LiteLLM's: write openai/<model> with an api"),
        (Model(name="x", model="azure/x"), "azure takes no call without a key: `pulumi config set "),
        (Model(name="x", model="azure/x", params={"api_base": "https://x"}), "azure takes no call without a key"),
        (Model(name="x", model="x", params={"custom_llm_provider": "gemini"}), "gemini takes no call without a key"),
        *(
            (Model(name="x", model=f"{word}/x", provider_key="k"), f"{word} takes no call without its address: write")
            for word in sorted(NEED_AN_ADDRESS)
        ),
        (Model(name="x", model="azure/x", provider_key="k", params={"api_base": None}), "without its address"),
        (Model(name="x", model="openai/", provider_key="k"), "openai/ names no model: write it behind the slash"),
        (Model(name="x", model="together_ai/x"), "providerKeys.together-ai`, and write `providerKey: together-ai`"),
    ],
)
def test_a_model_that_cannot_be_called_is_refused(model: Model, says: str) -> None:
    assert says in (provider_problem(model) or "")


@pytest.mark.parametrize(
    "model",
    [
        Model(name="x", model="azure/x", provider_key="azure", params=AT),
        Model(name="x", model="azure/x", params={"api_key": "os.environ/PROVIDER_KEY_AZURE", **AT}),
        Model(name="x", model="azure/x", params={"azure_ad_token": "os.environ/PROVIDER_KEY_TOKEN", **AT}),
        Model(name="x", model="azure/x", provider_key="azure", params={"base_url": AT["api_base"]}),
        Model(name="x", model="x", provider_key="k", params={"custom_llm_provider": "openai"}),
        Model(name="x", model="openai/echo", params={"mock_response": "pong"}),
        Model(name="x", model="bedrock/amazon.nova-lite-v1:0"),
        Model(name="x", model="ollama/llama3", params={"api_base": "http://ollama"}),
        Model(name="x", model="hosted_vllm/x", params={"api_base": "http://vllm"}),
    ],
)
def test_a_model_that_can_be_called_is_taken(model: Model) -> None:
    assert provider_problem(model) is None
