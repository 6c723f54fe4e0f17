"""What the policies take for granted about LiteLLM, asked of LiteLLM itself; `make test-litellm` installs it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import httpx
import pytest

from policies.apim import APIM_ENTRY_HEADER, load
from tests.needs_litellm import NEEDS_LITELLM
from tests.policies.apim.cases import BOTH
from tests.policies.apim.world import APIM_ENTRY_KEY, CLIENT_A, CLIENT_B, KEY_B
from tests.running_litellm import KEY, MASTER_KEY, MINE, RunningLiteLLM

pytestmark = NEEDS_LITELLM

HANDED_OVER = {"x-litellm-api-key": KEY, "langfuse_trace_user_id": CLIENT_A, APIM_ENTRY_HEADER: APIM_ENTRY_KEY}
CHAT = "/v1/chat/completions"
CALLS = {CHAT: "messages", "/v1/responses": "input"}
"""Paths, and where in the body the prompt stands."""


def ask(
    litellm: RunningLiteLLM, headers: Mapping[str, str], prompt: str, path: str = CHAT, **more: Any
) -> httpx.Response:
    body = {"model": MINE, CALLS[path]: [{"role": "user", "content": prompt}], **more}
    return httpx.post(f"{litellm.url}{path}", json=body, headers=headers, timeout=60)


def user(litellm: RunningLiteLLM, headers: Mapping[str, str], path: str = CHAT, **more: Any) -> str:
    """Whom Langfuse shows as the user of such a call."""
    prompt = f"prompt-{uuid.uuid4()}"
    answer = ask(litellm, headers, prompt, path, **more)
    assert answer.status_code == 200, answer.text
    return str(litellm.langfuse.wait_for(prompt)["user.id"])


def test_every_header_litellm_reads_as_a_key_is_deleted() -> None:
    headers = import_module("litellm.types.proxy.auth.special_headers").SpecialHeaders
    for mode in BOTH:
        deleted = {
            name.lower() for name in re.findall('<set-header name="([^"]+)" exists-action="delete" />', load(mode))
        }
        assert headers.litellm_credential_header_names() - {"x-litellm-api-key"} <= deleted


def test_litellm_reads_the_key_the_policy_sets(litellm: RunningLiteLLM) -> None:
    assert ask(litellm, HANDED_OVER, "ping").status_code == 200
    assert ask(litellm, {**HANDED_OVER, "x-litellm-api-key": KEY_B}, "ping").status_code == 401
    assert ask(litellm, {"langfuse_trace_user_id": CLIENT_A}, "ping").status_code == 401


@pytest.mark.parametrize("path", CALLS)
def test_langfuse_shows_the_client_whatever_the_body_says(litellm: RunningLiteLLM, path: str) -> None:
    forged = {"trace_user_id": CLIENT_B, "langfuse_trace_user_id": CLIENT_B}
    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"user": CLIENT_B},
        {"metadata": forged},
        {"litellm_metadata": forged},
        {"metadata": {"headers": forged, "user_api_key_user_id": CLIENT_B}},
        {"metadata": {"headers": "text"}},
    )
    assert {user(litellm, HANDED_OVER, path, **body) for body in bodies} == {CLIENT_A}
    assert ask(litellm, HANDED_OVER, "ping", path, **forged).status_code == 403
    assert user(litellm, {**HANDED_OVER, "x-litellm-api-key": MASTER_KEY}, path, **forged) == CLIENT_A


def test_without_the_header_the_caller_would_choose_the_client(litellm: RunningLiteLLM) -> None:
    assert user(litellm, {"x-litellm-api-key": KEY}, metadata={"trace_user_id": CLIENT_B}) == CLIENT_B


def test_no_trace_and_no_log_holds_a_secret_that_the_policy_sends(litellm: RunningLiteLLM) -> None:
    for path in CALLS:
        user(litellm, {**HANDED_OVER, "x-in-the-trace": f"in-the-trace-of-{path}"}, path)
    for key in ({}, {"x-litellm-api-key": ""}, {"x-litellm-api-key": "sk-wrong"}):
        assert ask(litellm, {APIM_ENTRY_HEADER: APIM_ENTRY_KEY, **key}, "ping").status_code == 401
    litellm.settle()
    for path in CALLS:  # so headers do stand in traces, and any other name would show the secret
        litellm.langfuse.wait_for_header(f"in-the-trace-of-{path}")
    traces = litellm.langfuse.traces().decode(errors="replace")
    assert not [secret for secret in (KEY, APIM_ENTRY_KEY) if secret in traces + litellm.log()]


def test_with_a_trace_context_the_caller_would_join_any_trace_and_yet_not_hide(litellm: RunningLiteLLM) -> None:
    for trace_id, flags in (("ab" * 16, "00"), ("cd" * 16, "01")):
        user(litellm, {**HANDED_OVER, "traceparent": f"00-{trace_id}-{'ef' * 8}-{flags}"})
        assert bytes.fromhex(trace_id) in litellm.langfuse.traces()
