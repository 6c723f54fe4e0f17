"""What Langfuse, the database and the log show of a call, asked of LiteLLM itself; `make test-litellm` installs it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import httpx
import pytest

from policies.apim import APIM_ENTRY_HEADER
from tests.needs_litellm import NEEDS_LITELLM
from tests.running_litellm import (
    KEY,
    MASTER_KEY,
    MINE,
    NOT_SERVED,
    ONE_CALL,
    OTHERS,
    RANKER,
    RANKING,
    RunningLiteLLM,
    alias,
    chat,
)

pytestmark = NEEDS_LITELLM
CHAT = "/v1/chat/completions"
WRONG = "sk-wrong-0123456789abcdef"
PATHS: Mapping[str, Mapping[str, Any]] = {
    CHAT: {
        "messages": [{"role": "user", "content": "PROMPT"}],
        "tools": [{"type": "function", "function": {"name": "PROMPT"}}],
    },
    "/v1/completions": {"prompt": "PROMPT"},
    "/v1/embeddings": {"input": ["PROMPT"]},
    "/v1/responses": {"input": [{"role": "user", "content": "PROMPT"}], "instructions": "PROMPT"},
    "/v1/messages": {"messages": [{"role": "user", "content": "PROMPT"}], "max_tokens": 5, "system": "PROMPT"},
    "/v1/images/generations": {"prompt": "PROMPT"},
    "/v1/moderations": {"input": ["PROMPT"]},
    "/v1/audio/speech": {"input": "PROMPT", "voice": "alloy"},
    "/v1/rerank": {"query": "PROMPT", "documents": ["PROMPT"]},
}
KEY_HEADERS = ("Authorization", "api-key", "x-api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key")
"""Headers in which LiteLLM looks for a key, besides its own."""
CREDENTIALS = (
    *(*KEY_HEADERS, APIM_ENTRY_HEADER, "Proxy-Authorization", "x-mcp-auth", "x-auth-token", "x-vault-token"),
    *("x-amz-security-token", "x-amzn-oidc-data", "x-client-secret", "x-password", "langfuse_secret_key"),
    *("x-functions-key", "x-authorization", "x-credential", "x-session-cookie"),
)


def secrets(names: Iterable[str], of: str) -> dict[str, str]:
    return {name: f"secret-{of}-{name.lower()}-{uuid.uuid4()}" for name in names}


def asked(path: str, prompt: str) -> dict[str, Any]:
    """A call with that prompt wherever the API has a place for one."""

    def filled(value: Any) -> Any:
        match value:
            case dict():
                return {name: filled(inner) for name, inner in value.items()}
            case list():
                return [filled(inner) for inner in value]
        return prompt if value == "PROMPT" else value

    return {"model": RANKER if "rerank" in path else MINE, **filled(PATHS[path])}


def shown(litellm: RunningLiteLLM, texts: Iterable[str]) -> dict[str, list[str]]:
    """Where one of these texts stands, once every call has left its traces, its rows and its lines."""
    litellm.settle()
    told = {**litellm.rows(), "a trace": litellm.langfuse.traces().decode(errors="replace"), "the log": litellm.log()}
    found = {place: [text for text in texts if text in everything] for place, everything in told.items()}
    return {place: those for place, those in found.items() if those}


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
    "no-log, streamed": ({"stream": True, "no-log": True}, {}),
    "traceparent, streamed": ({"stream": True}, {"traceparent": f"00-{'1' * 32}-{'2' * 16}-00"}),
}


@pytest.mark.parametrize("how", HIDING)
def test_no_caller_hides_from_the_log(litellm: RunningLiteLLM, how: str) -> None:
    body, headers = HIDING[how]
    prompt = f"prompt-{uuid.uuid4()}"
    answer = litellm.post(KEY, CHAT, chat(prompt, **body), **headers)
    if answer.status_code == 200:
        litellm.langfuse.wait_for(prompt)
    else:
        assert answer.status_code in (401, 403)  # LiteLLM itself refuses another log with 401
        assert litellm.provider.called == []


def test_traces_survive_a_restart_of_langfuse(litellm: RunningLiteLLM) -> None:
    """OpenTelemetry tries again after 1, 2, 4 and 8 s, more or less a fifth; by default it gives up after 10 s."""
    litellm.langfuse.away = True
    prompt = f"prompt-{uuid.uuid4()}"
    try:
        litellm.post(KEY, CHAT, chat(prompt)).raise_for_status()
        time.sleep(10)
    finally:
        litellm.langfuse.away = False
    litellm.langfuse.wait_for(prompt)


def test_what_is_refused_is_traced_with_its_key_and_reason(litellm: RunningLiteLLM) -> None:
    session = f"session-{uuid.uuid4()}"
    answer = litellm.post(KEY, CHAT, chat(deployment_id=OTHERS, metadata={"session_id": session}))
    assert answer.status_code == 403
    span = litellm.langfuse.wait_for(session)
    assert span["litellm.key_alias"] == alias(KEY)
    assert sha256(KEY.encode()).hexdigest() in span["metadata"]
    assert "'deployment_id'" in span["error.message"]


def test_what_the_provider_refuses_is_traced_with_its_prompt(litellm: RunningLiteLLM) -> None:
    prompt = f"prompt-{uuid.uuid4()}-{NOT_SERVED}"
    assert litellm.post(KEY, CHAT, chat(prompt)).status_code == 400
    assert litellm.provider.called == [MINE]
    assert "refused by the provider" in litellm.langfuse.wait_for(prompt)["error.message"]


REFUSED: Mapping[str, tuple[int, Mapping[str, str], Mapping[str, str]]] = {
    "no key": (401, dict.fromkeys((*KEY_HEADERS, "x-litellm-api-key"), ""), {}),
    "a wrong key": (401, {"x-litellm-api-key": WRONG}, {}),
    "another model": (403, {}, {"model": OTHERS}),
    "a field": (403, {}, {"deployment_id": OTHERS}),
    "a header": (403, {"x-litellm-model": OTHERS}, {}),
    "too many calls": (429, {"x-litellm-api-key": ONE_CALL}, {"model": MINE}),
}
"""The status, and what a refused call has in headers and body."""


def use_up(litellm: RunningLiteLLM, key: str) -> None:
    while litellm.post(key, CHAT, chat()).is_success:
        pass


def test_no_refused_call_leaves_its_prompt_or_a_credential(litellm: RunningLiteLLM) -> None:
    """On any path and for any reason: in no trace, in no table of the database, in no line of the log."""
    said: list[str] = []
    use_up(litellm, ONE_CALL)
    for why, (status, headers, fields) in REFUSED.items():
        beside = secrets(CREDENTIALS, why)
        said += beside.values()
        for path in PATHS:
            key, prompt = RANKING if "rerank" in path else KEY, f"prompt-{why}-{path}-{uuid.uuid4()}"
            sent = {**beside, "x-litellm-api-key": key, **headers}
            answer = litellm.post("", path, {**asked(path, prompt), **fields}, **sent)
            assert answer.status_code == status, (why, path, answer.text)
            assert litellm.provider.called == []
            said.append(prompt)
    assert shown(litellm, said) == {}


@pytest.mark.parametrize("model", ["none", "http://127.0.0.1:9/none"])
def test_no_call_of_a_model_that_does_not_exist_leaves_a_credential(litellm: RunningLiteLLM, model: str) -> None:
    beside = secrets(CREDENTIALS, "no such model")
    answer = litellm.post("", CHAT, chat() | {"model": model}, **beside, **{"x-litellm-api-key": MASTER_KEY})
    assert answer.status_code == 400, answer.text
    assert shown(litellm, beside.values()) == {}


def test_no_prompt_of_a_body_that_cannot_be_read_is_kept(litellm: RunningLiteLLM) -> None:
    prompt = f"prompt-{uuid.uuid4()}"
    for headers in ({}, {"x-litellm-api-key": KEY}):
        content = f'{{"model": "{MINE}", "messages": [{{"role": "user", "content": "{prompt}"'
        headers = {"Content-Type": "application/json", **headers}
        assert httpx.post(f"{litellm.url}{CHAT}", content=content, headers=headers, timeout=60).is_client_error
    assert shown(litellm, [prompt]) == {}


def test_no_credential_of_another_service_is_kept_when_it_is_taken_for_a_key(litellm: RunningLiteLLM) -> None:
    """LiteLLM keeps the SHA-256 of what begins with `sk-`, and anything else as it came."""
    kept = []
    for name in (*KEY_HEADERS, "x-litellm-api-key"):
        for prefix in ("", "Bearer ", "Basic "):
            for secret in (f"eyJ-{name}-{uuid.uuid4()}", f"sk-{name}-{uuid.uuid4()}"):
                answer = httpx.post(f"{litellm.url}{CHAT}", json=chat(), headers={name: prefix + secret}, timeout=60)
                assert answer.status_code == 401, (name, answer.text)
                kept.append(secret)
    assert shown(litellm, kept) == {}


def test_no_header_of_a_served_call_shows_a_credential(litellm: RunningLiteLLM) -> None:
    """In no trace, in no table of the database, in no line of the log; other headers do stand in traces."""
    beside = secrets(CREDENTIALS, "served")
    visible = {path: f"visible-{uuid.uuid4()}" for path in PATHS}
    for path in PATHS:
        for key in (RANKING if "rerank" in path else KEY, MASTER_KEY):
            headers = {**beside, "x-litellm-api-key": key, "x-visible": visible[path]}
            answer = litellm.post(key, path, asked(path, "ping"), **headers)
            assert answer.status_code == 200, (path, answer.text)
    streamed = litellm.post(KEY, CHAT, chat(stream=True), **beside, **{"x-litellm-api-key": KEY})
    assert streamed.status_code == 200
    assert shown(litellm, beside.values()) == {}
    litellm.langfuse.wait_for_header(visible[CHAT])


def test_no_header_shows_the_key_that_it_carries(litellm: RunningLiteLLM) -> None:
    """Among them `api-key`, as Azure's client sends it, without LiteLLM's own header beside it."""
    for name in (*KEY_HEADERS, "x-litellm-api-key"):
        header = {name: f"Bearer {KEY}" if name == "Authorization" else KEY}
        answer = httpx.post(f"{litellm.url}{CHAT}", json=chat(), headers=header, timeout=60)
        assert answer.status_code == 200, (name, answer.text)
    assert shown(litellm, [KEY]) == {}
