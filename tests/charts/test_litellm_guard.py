"""What a virtual key may not do, asked of LiteLLM itself; `make test-litellm` installs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.needs_litellm import NEEDS_LITELLM
from tests.running_litellm import (
    KEY,
    MASTER_KEY,
    MINE,
    NEIGHBOUR,
    OTHERS,
    RANKER,
    RANKING,
    WIDE_ROUTES,
    RunningLiteLLM,
    alias,
    chat,
)

pytestmark = NEEDS_LITELLM
CHAT = "/v1/chat/completions"
MESSAGES = chat()["messages"]
TARGETS = [
    *(
        "deployment_id",
        "deployment",
        "engine",
        "model_id",
        "model_group",
        "models",
        "specific_deployment",
        "base_model",
    ),
    *("api_base", "base_url", "api_key", "custom_llm_provider", "litellm_credential_name", "azure", "organization"),
    *("router_settings_override", "silent_model", "prompt_id", "aws_bedrock_runtime_endpoint", "region_name"),
    *("target_model_names", "aws_role_name", "vertex_project", "adaptive_router_default_model"),
]
FIELDS: Mapping[str, Any] = {
    **dict.fromkeys(TARGETS, OTHERS),
    "extra_body": {"model": OTHERS},
    "extra_headers": {"x-model": OTHERS},
    "extra_query": {"model": OTHERS},
    "headers": {"x-model": OTHERS},
    "fallbacks": [OTHERS],
    "context_window_fallback_dict": {MINE: OTHERS},
    "model_alias_map": {MINE: OTHERS},
    "model_list": [{"model_name": MINE, "litellm_params": {"model": f"openai/{OTHERS}"}}],
    "user_config": {"model_list": [{"model_name": MINE, "litellm_params": {"model": f"openai/{OTHERS}"}}]},
    "model_info": {"id": OTHERS},
    "litellm_params": {"model": OTHERS},
}
PATHS: Mapping[str, Mapping[str, Any]] = {
    CHAT: {"messages": MESSAGES},
    "/v1/completions": {"prompt": "ping"},
    "/v1/embeddings": {"input": "ping"},
    "/v1/responses": {"input": "ping"},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 5},
    "/v1/images/generations": {"prompt": "ping"},
    "/v1/moderations": {"input": "ping"},
    "/v1/audio/speech": {"input": "ping", "voice": "alloy"},
    "/v1/rerank": {"query": "ping", "documents": ["ping"]},
}
FORMS: Mapping[str, str] = {"/v1/images/edits": "image", "/v1/audio/transcriptions": "file"}
"""Paths that take a form, and the name of the file in it."""
CHANNELS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "body": ("", {"model": OTHERS}),
    "query": (f"?model={OTHERS}", {"model": MINE}),
    "query alone": (f"?model={OTHERS}", {}),
    "list": ("", {"model": f"{MINE},{OTHERS}"}),
    "field": ("", {"model": MINE, "deployment_id": OTHERS}),
}


def not_served(litellm: RunningLiteLLM, answer: httpx.Response) -> None:
    assert answer.status_code in (400, 401, 403, 404), answer.text  # the client would try again after 500
    assert OTHERS not in litellm.provider.called


def refused_or_without_effect(litellm: RunningLiteLLM, field: str, answer: httpx.Response) -> None:
    assert OTHERS not in litellm.provider.called
    if answer.status_code != 200:  # LiteLLM itself takes some away, and refuses others with 400
        assert answer.status_code in (400, 401, 403), answer.text
        assert field in answer.text or OTHERS in answer.text
    else:
        assert field in {"base_model", "router_settings_override", "model_info"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_names_another_target_is_refused_or_without_effect(litellm: RunningLiteLLM, field: str) -> None:
    answer = litellm.post(WIDE_ROUTES, CHAT, chat(**{field: FIELDS[field]}))
    refused_or_without_effect(litellm, field, answer)


@pytest.mark.parametrize("field", ["deployment_id", "fallbacks", "extra_body"])
def test_a_stream_makes_no_difference(litellm: RunningLiteLLM, field: str) -> None:
    answer = litellm.post(KEY, CHAT, chat(stream=True, **{field: FIELDS[field]}))
    refused_or_without_effect(litellm, field, answer)


def test_a_refusal_has_the_shape_of_openais_errors(litellm: RunningLiteLLM) -> None:
    answer = litellm.post(KEY, CHAT, chat(deployment_id=OTHERS))
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("permission_error", "deployment_id", "403")
    assert "'deployment_id'" in error["message"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_route_serves_another_model(litellm: RunningLiteLLM, path: str, channel: str) -> None:
    query, body = CHANNELS[channel]
    not_served(litellm, litellm.post(WIDE_ROUTES, path + query, {**PATHS[path], **body}))


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_form_serves_another_model(litellm: RunningLiteLLM, path: str, channel: str) -> None:
    query, fields = CHANNELS[channel]
    litellm.provider.called.clear()
    answer = httpx.post(
        f"{litellm.url}{path}{query}",
        data={"prompt": "ping", **fields},
        files={FORMS[path]: ("file.wav", b"RIFF")},
        headers={"Authorization": f"Bearer {WIDE_ROUTES}"},
        timeout=60,
    )
    not_served(litellm, answer)


def test_a_ranking_key_ranks_with_its_model_alone(litellm: RunningLiteLLM) -> None:
    for query, body in CHANNELS.values():
        asked = {**PATHS["/v1/rerank"], **body, **({"model": RANKER} if body.get("model") == MINE else {})}
        not_served(litellm, litellm.post(RANKING, f"/v1/rerank{query}", asked))


@pytest.mark.parametrize(
    "path",
    [
        *(f"/openai/deployments/{OTHERS}/{call}" for call in ("chat/completions", "completions", "embeddings")),
        *(f"/openai/deployments/{OTHERS}/images/{call}" for call in ("generations", "edits")),
        *(f"/engines/{OTHERS}/{call}" for call in ("chat/completions", "completions", "embeddings")),
        *(f"/openai/deployments/{model}/chat/completions" for model in ("oth%65rs", f"openai/{OTHERS}")),
        *(f"/{start}/{MINE}/../{OTHERS}/chat/completions" for start in ("openai/deployments", "engines")),
    ],
)
@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
def test_no_path_serves_another_model(litellm: RunningLiteLLM, path: str, key: str) -> None:
    not_served(litellm, litellm.post(key, path, chat(prompt="ping", input="ping")))


@pytest.mark.parametrize(
    "header", ["x-litellm-model", "x-litellm-disable-callbacks", "litellm-enable-message-redaction"]
)
def test_a_header_that_steers_litellm_is_refused(litellm: RunningLiteLLM, header: str) -> None:
    answer = litellm.post(WIDE_ROUTES, CHAT, chat(), **{header: OTHERS})
    assert answer.status_code == 403, answer.text
    assert header in answer.json()["error"]["message"]


def test_a_query_that_no_client_sends_is_refused(litellm: RunningLiteLLM) -> None:
    answer = litellm.post(WIDE_ROUTES, f"{CHAT}?region_name=elsewhere", chat())
    assert answer.status_code == 403, answer.text
    assert "'region_name'" in answer.json()["error"]["message"]


SIDEWAYS = [
    *("/v1/files", "/v1/batches", "/v1/fine_tuning/jobs", "/v1/assistants", "/v1/threads", "/v1/vector_stores"),
    *("/v1/ocr", "/v1/videos", "/v1/containers", "/v1/search", "/v1/rag/query", "/v1/realtime/calls"),
    *("/openai/v1/chat/completions", "/openai/deployments/mine/other", "/openai_passthrough/v1/chat/completions"),
    *("/vertex_ai/x", f"/bedrock/model/{OTHERS}/converse", f"/v1beta/models/{OTHERS}:generateContent", "/anthropic/x"),
    *(f"/models/{OTHERS}:generateContent", f"/models/{OTHERS}:countTokens", "/azure/x", "/vllm/x", "/mcp/", "/a2a/x"),
    *("/utils/token_counter", "/v1/responses/input_tokens", "/v1/messages/count_tokens", "/cursor/chat/completions"),
]


@pytest.mark.parametrize("path", SIDEWAYS)
def test_a_route_without_our_hook_serves_no_other_model(litellm: RunningLiteLLM, path: str) -> None:
    body = {"model": OTHERS, "input": "ping", "messages": MESSAGES, "contents": []}
    not_served(litellm, litellm.post(KEY, path, body))


@pytest.mark.parametrize("path", ["/v1/batches", "/v1/vector_stores", "/v1/videos", "/openai/v1/chat/completions"])
def test_a_key_of_the_ui_makes_no_other_call(litellm: RunningLiteLLM, path: str) -> None:
    answer = litellm.post(WIDE_ROUTES, path, {**chat(), "prompt": "ping", "input_file_id": "f", "endpoint": CHAT})
    assert answer.status_code == 403, answer.text
    assert "A virtual key may not make this call" in answer.text


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
def test_no_key_reads_langfuse_through_litellm(litellm: RunningLiteLLM, key: str) -> None:
    answer = httpx.get(f"{litellm.url}/langfuse/api/public/traces", auth=("any", key), timeout=60)
    assert answer.status_code in (401, 403), answer.text
    assert {request.method for request in litellm.langfuse.received} <= {"POST"}


def test_a_key_reads_nothing_of_others_by_any_route(litellm: RunningLiteLLM) -> None:
    """Every GET and every list or information call of LiteLLM's own description."""
    paths = httpx.get(f"{litellm.url}/openapi.json", timeout=60).json()["paths"]
    secret = {NEIGHBOUR, WIDE_ROUTES, MASTER_KEY, alias(NEIGHBOUR), alias(WIDE_ROUTES)}
    assert len(paths) > 500
    # It takes its key from `Authorization` alone, drops the connection without, and has a test of its own.
    paths = {path: methods for path, methods in paths.items() if not path.startswith("/langfuse/")}
    leaks: dict[str, list[str]] = {}
    open_routes: set[str] = set()
    with httpx.Client(base_url=litellm.url, headers={"x-litellm-api-key": KEY}, timeout=60) as http:
        for path, methods in paths.items():
            filled = re.sub(r"\{[^}]*\}", OTHERS, path)
            for method in {"get", "post"} & set(methods):
                answer = http.post(filled, json={}) if method == "post" else http.get(filled)
                if answer.is_success:
                    open_routes.add(path)
                    leaks[path] = [text for text in secret if text in answer.text]
    assert {path: found for path, found in leaks.items() if found} == {}
    managed = re.compile(
        r"^/(key|user|team|organization|customer|end_user|spend|global|budget|config|model|credentials)/"
    )
    assert {path for path in open_routes if managed.match(path)} == set()


@pytest.mark.parametrize("path", ["/key/info", "/v2/key/info", f"/key/info?key={NEIGHBOUR}", "/key/list", "/user/info"])
def test_a_key_reads_no_key_or_user(litellm: RunningLiteLLM, path: str) -> None:
    answer = httpx.get(f"{litellm.url}{path}", headers={"x-litellm-api-key": KEY}, timeout=60)
    assert answer.status_code in (401, 403, 405)
