"""What a virtual key may do, asked of LiteLLM itself with a PostgreSQL; `make test-litellm` installs both."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from charts.litellm import allowed_routes
from charts.shapes import Model
from tests.http_server import Answer, Request, serve
from tests.ops.verify import litellm_server
from tests.ops.verify.litellm_server import MASTER_KEY

pytestmark = [
    pytest.mark.litellm,
    pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed here: run `make test-litellm`"),
]
MINE, OTHERS = "mine", "others"
KEY = "sk-limited-0123456789abcdef"
"""A key as the program makes it, for `MINE` alone."""
WIDE_ROUTES = "sk-routes-0123456789abcdef"
"""A key for `MINE` alone, made in LiteLLM's UI: without `allowed_routes`."""
NEIGHBOUR = "sk-neighbour-0123456789abcdef"
MESSAGES = [{"role": "user", "content": "ping"}]

called: list[str] = []
"""The models that the provider was asked for."""
asked: list[str] = []
"""The paths that Langfuse was asked for."""
spans: list[bytes] = []
away = False
"""Whether Langfuse is restarting."""


def provider(request: Request) -> Answer:
    if request.method == "GET":
        return Answer(200, {"data": []})  # LiteLLM asks for the provider's models as it starts
    body = request.body if isinstance(request.body, Mapping) else json.loads(request.body)
    called.append(body["model"])
    call, usage = str(uuid.uuid4()), {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    if "responses" in request.path:
        content = [{"type": "output_text", "text": "pong", "annotations": []}]
        output = [{"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": content}]
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        more = {"object": "response", "created_at": 1, "status": "completed", "model": body["model"], "tools": []}
        more |= {"parallel_tool_calls": True, "tool_choice": "auto", "temperature": 1, "top_p": 1}
        return Answer(200, {"id": f"resp_{call}", **more, "output": output, "usage": usage})
    if "embeddings" in request.path:
        data = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
        return Answer(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
    if body.get("stream"):
        choice["delta"] = {"role": "assistant", "content": "pong"}
        chunk = json.dumps({"id": call, "object": "chat.completion.chunk", "choices": [choice]})
        return Answer(200, iter([f"data: {chunk}\n\ndata: [DONE]\n\n"]), {"Content-Type": "text/event-stream"})
    answer = {"text": "pong"} if "chat" not in request.path else {"message": {"role": "assistant", "content": "pong"}}
    return Answer(200, {"id": call, "object": "chat.completion", "choices": [choice | answer], "usage": usage})


def langfuse(request: Request) -> Answer:
    asked.append(request.path)
    if away:
        return Answer(503)
    spans.append(request.body)
    return Answer(200)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if program := litellm_server.missing_program():
        reason = f"{program}, which runs Prisma's engine, is not on PATH"
        pytest.fail(reason) if os.environ.get("GENAI_REQUIRE_ALL") == "1" else pytest.skip(reason)
    with ExitStack() as stack:
        base = f"{stack.enter_context(serve(provider))}/v1"
        models = tuple(Model(name=name, model=f"openai/{name}", params={"api_base": base}) for name in (MINE, OTHERS))
        folder = tmp_path_factory.mktemp("litellm")
        url = stack.enter_context(litellm_server.litellm_with_database(folder, models, langfuse))
        for key, allowed, routes in (
            (KEY, [MINE], allowed_routes([MINE])),
            (WIDE_ROUTES, [MINE], []),
            (NEIGHBOUR, [OTHERS], allowed_routes([OTHERS])),
        ):
            body = {"key": key, "key_alias": f"alias-of-{key}", "models": allowed, "allowed_routes": routes}
            httpx.post(f"{url}/key/generate", json=body, headers={"x-litellm-api-key": MASTER_KEY}).raise_for_status()
        yield url


def post(url: str, key: str, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
    called.clear()
    return httpx.post(f"{url}{path}", json=body, headers={"Authorization": f"Bearer {key}", **headers}, timeout=60)


CHAT = {"model": MINE, "messages": MESSAGES}
HONEST: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "chat": ("/v1/chat/completions", CHAT),
    "chat without /v1": ("/chat/completions", CHAT),
    "a stream": ("/v1/chat/completions", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}),
    "tools": (
        "/v1/chat/completions",
        {**CHAT, "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"},
    ),
    "an Azure client": (f"/openai/deployments/{MINE}/chat/completions?api-version=2026-01-01", CHAT),
    "an Azure client's path alone": (f"/openai/deployments/{MINE}/chat/completions", {"messages": MESSAGES}),
    "an engine": (f"/engines/{MINE}/chat/completions", {"messages": MESSAGES}),
    "metadata, user and a knob of the model": (
        "/v1/chat/completions",
        {**CHAT, "metadata": {"session_id": "s", "tags": ["t"]}, "user": "u", "top_k": 5, "reasoning_effort": "low"},
    ),
    "completions": ("/v1/completions", {"model": MINE, "prompt": "ping"}),
    "embeddings": ("/v1/embeddings", {"model": MINE, "input": "ping", "encoding_format": "float"}),
    "responses": ("/v1/responses", {"model": MINE, "input": "ping", "store": False}),
    "Anthropic's messages": ("/v1/messages", {**CHAT, "max_tokens": 5}),
}


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES, MASTER_KEY])
@pytest.mark.parametrize("call", HONEST)
def test_an_honest_call_is_served(url: str, call: str, key: str) -> None:
    path, body = HONEST[call]
    answer = post(url, key, path, body)
    assert answer.status_code == 200, answer.text
    assert called == [MINE]


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
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/completions": {"prompt": "ping"},
    "/v1/embeddings": {"input": "ping"},
    "/v1/responses": {"input": "ping"},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 5},
    "/v1/images/generations": {"prompt": "ping"},
    "/v1/moderations": {"input": "ping"},
    "/v1/audio/speech": {"input": "ping", "voice": "alloy"},
}


def not_served(answer: httpx.Response) -> None:
    assert answer.status_code in (400, 401, 403, 404), answer.text
    assert OTHERS not in called


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_names_another_target_is_refused_or_without_effect(
    url: str, field: str, stream: bool, key: str
) -> None:
    answer = post(url, key, "/v1/chat/completions", {**CHAT, "stream": stream, field: FIELDS[field]})
    assert OTHERS not in called
    if answer.status_code != 200:  # LiteLLM itself takes some away, and refuses others with 400
        assert answer.status_code in (400, 401, 403), answer.text
        assert field in answer.text or OTHERS in answer.text
    else:
        assert field in {"base_model", "router_settings_override", "model_info"}


def test_a_refusal_has_the_shape_of_openais_errors(url: str) -> None:
    answer = post(url, KEY, "/v1/chat/completions", {**CHAT, "deployment_id": OTHERS})
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("permission_error", "deployment_id", "403")
    assert "'deployment_id'" in error["message"]


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", ["body", "query", "query alone", "list", "field"])
def test_no_route_serves_another_model(url: str, path: str, how: str, key: str) -> None:
    body = {"model": MINE, **PATHS[path]}
    query = f"?model={OTHERS}" if "query" in how else ""
    if how == "query alone":
        del body["model"]
    if how == "field":
        body["deployment_id"] = OTHERS
    not_served(
        post(
            url,
            key,
            path + query,
            body | {"body": {"model": OTHERS}, "list": {"model": f"{MINE},{OTHERS}"}}.get(how, {}),
        )
    )


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
@pytest.mark.parametrize("call", ["chat/completions", "completions", "embeddings", "images/generations"])
@pytest.mark.parametrize("path", ["/openai/deployments", "/engines"])
@pytest.mark.parametrize("model", [OTHERS, "oth%65rs", f"{MINE}/../{OTHERS}", f"openai/{OTHERS}"])
def test_no_path_serves_another_model(url: str, path: str, call: str, model: str, key: str) -> None:
    body = {"model": MINE, "messages": MESSAGES, "prompt": "ping", "input": "ping"}
    not_served(post(url, key, f"{path}/{model}/{call}", body))


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
@pytest.mark.parametrize(
    "header", ["x-litellm-model", "x-litellm-disable-callbacks", "x-litellm-enable-message-redaction"]
)
def test_a_header_that_steers_litellm_is_refused(url: str, header: str, key: str) -> None:
    answer = post(url, key, "/v1/chat/completions", CHAT, **{header: OTHERS})
    assert answer.status_code == 403, answer.text
    assert header in answer.json()["error"]["message"]


SIDEWAYS = [
    *("/v1/files", "/v1/batches", "/v1/fine_tuning/jobs", "/v1/assistants", "/v1/threads", "/v1/vector_stores"),
    *("/v1/rerank", "/v1/ocr", "/v1/videos", "/v1/containers", "/v1/search", "/v1/rag/query", "/v1/realtime/calls"),
    *("/openai/v1/chat/completions", "/openai/deployments/mine/other", "/openai_passthrough/v1/chat/completions"),
    *("/vertex_ai/x", f"/bedrock/model/{OTHERS}/converse", f"/v1beta/models/{OTHERS}:generateContent", "/anthropic/x"),
    *(f"/models/{OTHERS}:generateContent", f"/models/{OTHERS}:countTokens", "/azure/x", "/vllm/x", "/mcp/", "/a2a/x"),
    *("/utils/token_counter", "/v1/responses/input_tokens", "/v1/messages/count_tokens", "/cursor/chat/completions"),
]


@pytest.mark.parametrize("path", SIDEWAYS)
def test_a_route_without_our_hook_serves_no_other_model(url: str, path: str) -> None:
    not_served(post(url, KEY, path, {"model": OTHERS, "input": "ping", "messages": MESSAGES, "contents": []}))


@pytest.mark.parametrize("key", [KEY, WIDE_ROUTES])
def test_no_key_reads_langfuse_through_litellm(url: str, key: str) -> None:
    answer = httpx.get(f"{url}/langfuse/api/public/traces", auth=("any", key), timeout=60)
    assert answer.status_code in (401, 403), answer.text
    assert not [path for path in asked if path.startswith("/api/public/traces")]


def wait_for_spans(text: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not any(text.encode() in span for span in spans):
        assert time.monotonic() < deadline, f"{len(spans)} batches of spans, none with {text}"
        time.sleep(0.5)


HIDING: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {
    "no-log": ({"no-log": True}, {}),
    "no-log in metadata": ({"metadata": {"no-log": True}}, {}),
    "traceparent": ({}, {"traceparent": f"00-{'1' * 32}-{'2' * 16}-00"}),
    "callbacks": ({"litellm_disabled_callbacks": ["langfuse_otel"]}, {}),
    "callbacks in metadata": ({"metadata": {"litellm_disabled_callbacks": ["langfuse_otel"]}}, {}),
    "another log": ({"langfuse_host": "http://127.0.0.1:9", "langfuse_public_key": "pk", "langfuse_secret": "s"}, {}),
    "another log in metadata": (
        {"metadata": {"langfuse_host": "http://127.0.0.1:9", "langfuse_public_key": "pk", "langfuse_secret_key": "s"}},
        {},
    ),
    "redaction": ({"turn_off_message_logging": True}, {}),
    "redaction in metadata": ({"metadata": {"turn_off_message_logging": True}}, {}),
    "redaction by header": ({}, {"litellm-enable-message-redaction": "true"}),
    "masks": ({"metadata": {"mask_input": True, "mask_output": True}}, {}),
    "masks by header": ({}, {"langfuse_mask_input": "true"}),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("how", HIDING)
def test_no_caller_hides_from_the_log(url: str, how: str, stream: bool) -> None:
    body, headers = HIDING[how]
    marker = f"marker-{uuid.uuid4()}"
    messages = [{"role": "user", "content": marker}]
    answer = post(url, KEY, "/v1/chat/completions", {**CHAT, "messages": messages, "stream": stream, **body}, **headers)
    if answer.status_code == 200:
        wait_for_spans(marker)
    else:
        assert answer.status_code in (401, 403)  # LiteLLM itself refuses another log with 401
        assert called == []


def test_traces_survive_a_restart_of_langfuse(url: str) -> None:
    """20 s, which is longer than OpenTelemetry tries by default."""
    global away
    away = True
    marker = f"marker-{uuid.uuid4()}"
    try:
        post(url, KEY, "/v1/chat/completions", {**CHAT, "messages": [{"role": "user", "content": marker}]})
        time.sleep(20)
    finally:
        away = False
    wait_for_spans(marker, 90)


def test_a_key_reads_nothing_of_others_by_any_route(url: str) -> None:
    """Every GET and every list or information call of LiteLLM's own description."""
    paths = httpx.get(f"{url}/openapi.json", timeout=60).json()["paths"]
    secret = {NEIGHBOUR, WIDE_ROUTES, MASTER_KEY, f"alias-of-{NEIGHBOUR}", f"alias-of-{WIDE_ROUTES}"}
    assert len(paths) > 500
    # It takes its key from `Authorization` alone, drops the connection without, and has a test of its own.
    paths = {path: methods for path, methods in paths.items() if not path.startswith("/langfuse/")}
    leaks: dict[str, list[str]] = {}
    open_routes: set[str] = set()
    with httpx.Client(base_url=url, headers={"x-litellm-api-key": KEY}, timeout=60) as http:
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
def test_a_key_reads_no_key_or_user(url: str, path: str) -> None:
    assert httpx.get(f"{url}{path}", headers={"x-litellm-api-key": KEY}).status_code in (401, 403, 405)
