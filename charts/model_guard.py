"""LiteLLM's pre-call hook that keeps a virtual key to its models and every call in Langfuse.

LiteLLM compares the body's `model` with the key's list and then serves what the query, the path or another field of the
body names (litellm#41810). Here the model that will be called is compared, and whatever OpenAI's API does not know is
refused: what can name another target, another account or another log changes with every version of LiteLLM.

Traces show no credential, and nothing of what a refused caller said.

This file runs inside LiteLLM, beside config.yaml. An administrator's key may do all.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from litellm.constants import LITELLM_LOGGING_NO_UPSTREAM_LLM_CALL
from litellm.integrations.custom_logger import CustomLogger
from litellm.litellm_core_utils.redact_messages import perform_redaction
from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth
from litellm.proxy.auth.auth_checks import can_key_call_model
from litellm.types.llms.anthropic import AnthropicMessagesRequest
from litellm.types.rerank import RerankRequest
from openai.types import (
    completion_create_params,
    embedding_create_params,
    image_edit_params,
    image_generate_params,
    moderation_create_params,
)
from openai.types.audio import speech_create_params, transcription_create_params
from openai.types.chat import completion_create_params as chat_create_params
from openai.types.responses import response_create_params

CALLS = {
    "acompletion": chat_create_params.CompletionCreateParamsStreaming,
    "atext_completion": completion_create_params.CompletionCreateParamsStreaming,
    "aembedding": embedding_create_params.EmbeddingCreateParams,
    "aresponses": response_create_params.ResponseCreateParamsStreaming,
    "acompact_responses": response_create_params.ResponseCreateParamsStreaming,
    "anthropic_messages": AnthropicMessagesRequest,
    "moderation": moderation_create_params.ModerationCreateParams,
    "image_generation": image_generate_params.ImageGenerateParamsStreaming,
    "aimage_edit": image_edit_params.ImageEditParamsStreaming,
    "rerank": RerankRequest,
    "aspeech": speech_create_params.SpeechCreateParams,
    "transcription": transcription_create_params.TranscriptionCreateParamsStreaming,
}
"""LiteLLM's names of the calls a key may make, and the fields that the API of each knows."""

ANSWERS = {"aget_responses", "adelete_responses", "acancel_responses", "alist_input_items"}
"""Calls about an earlier answer. They name no model; LiteLLM's hook `responses_id_security` sees to whose it is."""

TOOL_CALL = "call_mcp_tool"
"""A call of a tool of an MCP server. It names no model; LiteLLM lets a key reach the servers of its object permission
alone, and the arguments are those of the tool."""

MORE_FIELDS = {
    # How a model answers, where OpenAI's API has no name for it.
    *("thinking", "top_k", "min_p", "repetition_penalty", "enable_thinking", "chat_template_kwargs"),
    *("safety_settings", "guardrailConfig", "performanceConfig"),
    # How a call is found again, and how long it is waited for. LiteLLM adds some of them from headers.
    *("metadata", "litellm_metadata", "tags", "litellm_call_id", "litellm_session_id", "litellm_trace_id"),
    *(
        "timeout",
        "stream_timeout",
        "request_timeout",
        "client_side_timeout",
        "num_retries",
        "response_id",
        "api_version",
    ),
}
HEADERS = {
    f"x-litellm-{name}"
    for name in (
        *("api-key", "session-id", "trace-id", "call-id", "tags", "timeout", "stream-timeout", "num-retries"),
        *("customer-id", "end-user-id", "spend-logs-metadata"),
    )
}
QUERY = {"api-version", "after", "before", "include", "include[]", "limit", "order", "starting_after", "stream"}
CREDENTIAL = re.compile("auth|cookie|credential|key$|password|secret|token|^x-amz", re.IGNORECASE)
"""Headers that LiteLLM would write into the trace as they came; the gateway's policies pass none of them on."""
HASH = re.compile("[0-9a-f]{64}")
"""A key as LiteLLM knows it (SHA-256)."""


class ModelGuard(CustomLogger):
    """Refuses, with 403 and the name of what is refused, before a model is called."""

    async def async_pre_call_hook(
        self,
        user_api_key_dict: UserAPIKeyAuth,
        cache: Any,  # noqa: ARG002  # LiteLLM hands it over by name
        data: dict[str, Any],
        call_type: str,
    ) -> None:
        """Let the call pass or raise. `data` is what LiteLLM will call with, and the request as it came."""
        request = data.get("proxy_server_request") or {}
        headers = request.get("headers") or {}
        for shown in (request, data.get("metadata"), data.get("litellm_metadata")):
            hide_credentials(shown)
        if user_api_key_dict.user_role == LitellmUserRoles.PROXY_ADMIN:
            return
        if call_type == TOOL_CALL:
            return
        if call_type not in CALLS and call_type not in ANSWERS:
            raise refusal(f"A virtual key may not make this call ({call_type}).", None)
        for name, _ in parse_qsl(urlsplit(request.get("url", "")).query, keep_blank_values=True):
            if name not in QUERY:
                raise refusal(f"The query parameter {name!r} is not passed on: leave it out.", name)
        for name in headers:
            if name.lower().startswith(("x-litellm-", "litellm-", "litellm_")) and name.lower() not in HEADERS:
                raise refusal(f"The header {name!r} is not passed on: leave it out.", name)
        known = MORE_FIELDS | set(getattr(CALLS.get(call_type), "__annotations__", ()))
        for name in (*(request.get("body") or {}), *(request.get("credential_fields") or ())):
            if name not in known:
                raise refusal(f"The field {name!r} is not part of this API for virtual keys: leave it out.", name)
        if call_type in CALLS:
            # Late: this module is loaded while that one is.
            from litellm.proxy.proxy_server import llm_model_list, llm_router

            await can_key_call_model(data.get("model") or "", llm_model_list, user_api_key_dict, llm_router)

    async def async_log_failure_event(
        self,
        kwargs: dict[str, Any],
        response_obj: object,  # noqa: ARG002  LiteLLM hands all four over by name
        start_time: object,  # noqa: ARG002  the same
        end_time: object,  # noqa: ARG002  the same
    ) -> None:
        """Take out of the trace of a refused call what its caller said, and a key that LiteLLM does not know.

        LiteLLM calls this in the order of `callbacks`: before the one that makes the trace.
        """
        if not kwargs.get(LITELLM_LOGGING_NO_UPSTREAM_LLM_CALL):
            return
        perform_redaction(kwargs, None)
        for part in ("litellm_params", "standard_logging_object"):
            shown = (kwargs.get(part) or {}).get("metadata")
            hide_credentials(shown)
            if shown and not HASH.fullmatch(shown.get("user_api_key_hash") or ""):
                shown["user_api_key_hash"] = None


def hide_credentials(shown: object) -> None:
    """Redact what traces show of the request's headers; what LiteLLM calls with is another copy."""
    if not isinstance(shown, dict):
        return
    headers = shown.get("headers")
    if isinstance(headers, dict):
        headers.update({name: "redacted" for name in headers if CREDENTIAL.search(name)})
    hide_credentials(shown.get("requester_metadata"))


def refusal(message: str, parameter: str | None) -> ProxyException:
    """The error that LiteLLM shows in OpenAI's shape."""
    error = ProxyException(message, "permission_error", parameter, 403)
    error.status_code = 403  # what `audio/transcriptions` looks for; without it the answer would be 500
    return error


guard = ModelGuard()
