"""Model providers: one call of one token to each configured model. The only check that costs money."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from botocore.exceptions import ClientError

from catalogue.pins import ANTHROPIC_API, AZURE_OPENAI_API
from charts.litellm import provider_key_variable
from ops.checks.check import Check, Outcome, bad, fine, once
from ops.checks.preflight.bedrock import needs_a_profile
from ops.clouds.aws import Aws
from stacks.aws import bedrock

_ASK = [{"role": "user", "content": "Hi"}]


@dataclass(frozen=True, kw_only=True)
class CompletionRequest:
    """An HTTP request for a completion of one token."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def _azure(model: str, key: str, params: Mapping[str, Any]) -> CompletionRequest:
    query = f"api-version={params.get('api_version', AZURE_OPENAI_API.version)}"
    return CompletionRequest(
        url=f"{params['api_base'].rstrip('/')}/openai/deployments/{model}/chat/completions?{query}",
        headers={"api-key": key},
        body={"messages": _ASK, "max_completion_tokens": 1},
    )


def _openai(model: str, key: str, params: Mapping[str, Any]) -> CompletionRequest:
    return CompletionRequest(
        url=f"{params.get('api_base', 'https://api.openai.com/v1').rstrip('/')}/chat/completions",
        headers={"Authorization": f"Bearer {key}"},
        body={"model": model, "messages": _ASK, "max_completion_tokens": 1},
    )


def _anthropic(model: str, key: str, params: Mapping[str, Any]) -> CompletionRequest:
    return CompletionRequest(
        url=f"{params.get('api_base', 'https://api.anthropic.com').rstrip('/')}/v1/messages",
        headers={"x-api-key": key, "anthropic-version": ANTHROPIC_API.version},
        body={"model": model, "messages": _ASK, "max_tokens": 1},
    )


def _gemini(model: str, key: str, params: Mapping[str, Any]) -> CompletionRequest:
    base = params.get("api_base", "https://generativelanguage.googleapis.com/v1beta").rstrip("/")
    return CompletionRequest(
        url=f"{base}/models/{model}:generateContent",
        headers={"x-goog-api-key": key},
        body={"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": {"maxOutputTokens": 1}},
    )


PROVIDERS: Mapping[str, Callable[[str, str, Mapping[str, Any]], CompletionRequest]] = {
    "anthropic": _anthropic,
    "azure": _azure,
    "gemini": _gemini,
    "openai": _openai,
}
"""By LiteLLM's name of a provider, what stands before the slash of a model; Bedrock is called with the AWS SDK."""


def provider_keys(stack: str) -> Mapping[str, str]:
    """The provider keys of the stack, decrypted by the Pulumi CLI. Their values must not be shown."""
    command = ["pulumi", "config", "--show-secrets", "--json", "--stack", stack]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  no shell
    if answer.returncode:
        raise RuntimeError(f"`pulumi config` did not tell the keys: {answer.stderr.strip()}")
    config = json.loads(answer.stdout)
    return dict(json.loads(config.get("genaiplatform:providerKeys", {}).get("value") or "{}"))


def model_checks(aws: Aws, models: Sequence[Mapping[str, Any]], stack: str) -> Mapping[str, Check]:
    """One check for each model (`litellm_params` with `model_name`)."""
    keys = once(lambda: provider_keys(stack))
    return {f"model {model['model_name']}": partial(call, aws, model, keys) for model in models}


def call(aws: Aws, model: Mapping[str, Any], keys: Callable[[], Mapping[str, str]]) -> Outcome:
    """Whether the model answers; `keys` gives the provider keys by name."""
    provider, _, identifier = str(model["model"]).partition("/")
    if called := bedrock.target(str(model["model"]), model, aws.region):
        return _bedrock(aws.elsewhere(called.region), called.identifier)
    if provider not in PROVIDERS:
        raise RuntimeError(f"models of {provider} cannot be called from here, only those of {', '.join(PROVIDERS)}")
    if "api_key" not in model:
        raise RuntimeError("it has no providerKey, so it is called with what stands in LiteLLM's environment")
    by_variable = {f"os.environ/{provider_key_variable(name)}": key for name, key in keys().items()}
    request = PROVIDERS[provider](identifier, by_variable[model["api_key"]], model)
    answer = httpx.post(request.url, headers=dict(request.headers), json=request.body, timeout=30)
    if answer.is_success or _only_too_short(answer):
        return fine("answers")
    match answer.status_code:
        case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
            return bad(f"{provider} refuses the key ({answer.status_code})", "set it anew under providerKeys")
        case httpx.codes.NOT_FOUND:
            return bad(f"{provider} knows no {identifier}", "correct model or params in models")
        case httpx.codes.TOO_MANY_REQUESTS:
            return bad(f"{provider} takes the key, but its quota is used up", "wait, or raise the quota there")
    raise RuntimeError(f"{provider} answered {answer.status_code}: {answer.text[:200]}")


def _only_too_short(answer: httpx.Response) -> bool:
    """OpenAI's reasoning models answer 400 when they could not finish within the tokens allowed: so the key works."""
    return answer.status_code == httpx.codes.BAD_REQUEST and "output limit was reached" in answer.text


def _bedrock(aws: Aws, model: str) -> Outcome:
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    try:
        aws.call("bedrock-runtime", "converse", modelId=model, messages=messages, inferenceConfig={"maxTokens": 1})
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code == "ValidationException" and "on-demand throughput" in message:
            return needs_a_profile(aws, model)
        if code == "ValidationException" and "model identifier is invalid" in message:
            return bad(f"Bedrock knows no {model} in {aws.region}", "correct model or params in models")
        if code in ("AccessDeniedException", "ResourceNotFoundException"):
            return bad(str(error), "ask for access to the model in the Bedrock console, or correct it in models")
        raise
    return fine("answers")
