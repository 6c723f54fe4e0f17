"""LiteLLM's table of providers: which names may stand before a model, and who takes no call without key or address.

A test holds it against the pinned release (`make test-litellm`).
"""

from __future__ import annotations

import difflib
import re

from charts.shapes import Model
from stacks import commands
from stacks.aws.credential_names import is_credential_parameter

PROVIDERS = frozenset(
    """
    a2a a2a_agent abliteration ai21 ai21_chat aihubmix aiml aiohttp_openai amazon_nova anthropic anthropic_text
    apertis assemblyai auto_router aws_polly aws_textract azure azure_ai azure_speech azure_text baseten bedrock
    bedrock_mantle bespoke black_forest_labs bytez cerebras charity_engine chatgpt chutes clarifai cloudflare
    codestral cognition cohere cohere_chat cometapi compactifai coralbricks cortecs crusoe cursor custom
    custom_openai darkbloom dashscope databricks databricks_agent datarobot deepgram deepinfra deepseek
    docker_model_runner dotprompt edenai elevenlabs empiriolabs empower fal_ai featherless_ai fireworks_ai
    friendliai galadriel gdc gemini gigachat github github_copilot gmi gradient_ai groq helicone heroku hosted_vllm
    huggingface humanloop hyperbolic inception inferenceapis infinity jina_ai lambda_ai langflow langfuse langgraph
    laya lemonade libertai litellm_agent litellm_proxy llamafile llamagate lm_studio manus maritalk meta meta_llama
    microsoft_365_copilot milvus minimax mistral modelscope mongodb moonshot morph nadir nano-gpt nebius neosantara
    nlp_cloud novita nscale nvidia_nim nvidia_riva oci ollama ollama_chat oobabooga openai openai_like openrouter
    ovhcloud parasail perplexity petals pg_vector pinstripes poe predibase prism publicai qwen_ai_platform qwencloud
    ragflow recraft reducto reka replicate runwayml s3_vectors sagemaker sagemaker_chat sagemaker_nova sail
    sambanova sap sarvam scaledown scaleway scx-ai snowflake soniox stability strands_decider synthetic tencent
    tensormesh text-completion-codestral text-completion-inception text-completion-openai together_ai topaz
    transcribe triton typesafe v0 valkey veniceai vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage
    wandb watsonx watsonx_text xai xiaomi_mimo xinference zai
    """.split()  # noqa: SIM905  a list would have a line for each
)
"""What LiteLLM takes for a provider before the slash (`litellm.provider_list`, and its providers that are JSON)."""

NEED_A_KEY = frozenset(
    """
    abliteration ai21 ai21_chat aihubmix anthropic apertis assemblyai azure baseten cerebras charity_engine chutes
    cloudflare codestral cognition cohere coralbricks cortecs crusoe darkbloom dashscope datarobot deepinfra
    deepseek edenai empiriolabs featherless_ai fireworks_ai gemini gmi groq helicone huggingface inception
    inferenceapis infinity libertai llamagate meta mistral modelscope moonshot nadir nano-gpt nebius neosantara
    nlp_cloud novita nvidia_nim openai openrouter parasail perplexity pinstripes poe prism publicai qwen_ai_platform
    qwencloud reka replicate sail sarvam scaleway scx-ai synthetic tencent tensormesh text-completion-codestral
    text-completion-inception together_ai veniceai vercel_ai_gateway volcengine voyage wandb xai xiaomi_mimo
    """.split()  # noqa: SIM905  a list would have a line for each
)
"""Those for which LiteLLM names a key that must be there (`litellm.validate_environment`, `api_key_env` of its JSON).
The services of AWS are not among them: it calls those as its role."""

NEED_AN_ADDRESS = frozenset({"azure", "azure_ai", "azure_text"})
"""Those that have an address for each customer, without which LiteLLM raises."""
_ADDRESSES = ("api_base", "base_url")

_ANSWERED_HERE = ("mock_response", "mock_tool_calls")
"""With one of these LiteLLM answers itself and calls nobody."""


def provider_problem(model: Model) -> str | None:
    """What keeps LiteLLM from calling a model of that id and these parameters; None when nothing does."""
    first, slash, _ = model.model.partition("/")
    if "custom_llm_provider" in model.params:
        first = str(model.params["custom_llm_provider"])
    elif not slash:
        return f"{model.model} names no provider: write it in front, such as openai/{model.model}"
    if first not in PROVIDERS:
        return f"{first} is no provider of LiteLLM's: {_instead(first)}"
    if slash and not model.model.rpartition("/")[2]:
        return f"{model.model} names no model: write it behind the slash"
    if any(name in _ANSWERED_HERE for name in model.params):
        return None
    if first in NEED_A_KEY and not model.provider_key and not any(map(is_credential_parameter, model.params)):
        return _without_key(first)
    if first in NEED_AN_ADDRESS and not any(model.params.get(name) for name in _ADDRESSES):
        host = "services.ai.azure.com" if first == "azure_ai" else "openai.azure.com"
        return (
            f"{first} takes no call without its address: write params: {{api_base: https://my-resource.{host}}}, that "
            "of your resource, into the entry of models"
        )
    return None


def _without_key(first: str) -> str:
    name = re.sub("[^a-z0-9-]", "-", first)
    return (
        f"{first} takes no call without a key: {commands.set_secret(f'providerKeys.{name}')}, and write "
        f"`providerKey: {name}` into the entry of models"
    )


def _instead(provider: str) -> str:
    near = difflib.get_close_matches(provider, PROVIDERS, n=1)
    return f"did you mean {near[0]}?" if near else "write openai/<model> with an api_base for a service that speaks so"
