"""What the policies take for granted about LiteLLM, asked of LiteLLM itself; `make test-litellm` installs it."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

from charts.litellm import proxy_config
from charts.shapes import Model
from policies.apim import APIM_ENTRY_HEADER, load
from tests import litellm_process
from tests.http_server import Answer, Request
from tests.policies.apim.cases import BOTH
from tests.policies.apim.world import APIM_ENTRY_KEY, CLIENT_A, CLIENT_B, KEY_A, KEY_B

pytestmark = [
    pytest.mark.litellm,
    pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed here: run `make test-litellm`"),
]

HANDED_OVER = {"x-litellm-api-key": KEY_A, "langfuse_trace_user_id": CLIENT_A, APIM_ENTRY_HEADER: APIM_ENTRY_KEY}
CALLS: Mapping[str, Mapping[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "ping"}]},
    "/v1/responses": {"input": "ping"},
}


class Langfuse:
    """Takes traces; keeps what came, and the attribute user.id of each span that has one."""

    received: ClassVar[list[bytes]] = []
    users: ClassVar[list[str]] = []
    calls = 0

    @classmethod
    def take(cls, request: Request) -> Answer:
        cls.received.append(request.body)
        # Protobuf: the key, then the tag, the length and the text of the value.
        for found in re.finditer(rb"user\.id\x12.\n(.)", request.body, re.DOTALL):
            cls.users.append(request.body[found.end() : found.end() + found[1][0]].decode())
        return Answer(200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where LiteLLM runs."""
    return tmp_path_factory.mktemp("litellm")


@pytest.fixture(scope="module")
def log(folder: Path) -> Path:
    """What LiteLLM writes to its console."""
    return folder / "log"


@pytest.fixture(scope="module")
def litellm(folder: Path) -> Iterator[str]:
    """The URL of a running LiteLLM that traces to `Langfuse`."""
    config = proxy_config(
        (Model(name="echo", model="openai/echo", params={"mock_response": "pong"}),),
        region="us-east-1",
        vpc_cidr="127.0.0.0/8",
    )
    with litellm_process.litellm(folder, config, Langfuse.take, {"LITELLM_MASTER_KEY": KEY_A}) as url:
        yield url


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"the traces so far are of {Langfuse.users}"
        time.sleep(0.5)


def ask(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> int:
    request = urllib.request.Request(
        url,
        data=json.dumps({"model": "echo", **body}).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            response.read()
            Langfuse.calls += 1
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_every_header_litellm_reads_as_a_key_is_deleted() -> None:
    headers = import_module("litellm.types.proxy.auth.special_headers").SpecialHeaders
    for mode in BOTH:
        deleted = {
            name.lower() for name in re.findall('<set-header name="([^"]+)" exists-action="delete" />', load(mode))
        }
        assert headers.litellm_credential_header_names() - {"x-litellm-api-key"} <= deleted


def test_litellm_reads_the_key_the_policy_sets(litellm: str) -> None:
    url, body = f"{litellm}/v1/chat/completions", CALLS["/v1/chat/completions"]
    assert ask(url, HANDED_OVER, body) == 200
    assert ask(url, {**HANDED_OVER, "x-litellm-api-key": KEY_B}, body) in (400, 401)  # 400: this one has no database
    assert ask(url, {"langfuse_trace_user_id": CLIENT_A}, body) == 401


@pytest.mark.parametrize("path", CALLS)
def test_langfuse_shows_the_client_whatever_the_body_says(litellm: str, path: str) -> None:
    forged = {"trace_user_id": CLIENT_B, "langfuse_trace_user_id": CLIENT_B}
    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"user": CLIENT_B},
        {"metadata": forged},
        {"litellm_metadata": forged},
        {"metadata": {"headers": forged, "user_api_key_user_id": CLIENT_B}},
        {"metadata": {"headers": "text"}},
        forged,
    )
    for body in bodies:
        assert ask(litellm + path, HANDED_OVER, {**CALLS[path], **body}) == 200
    wait_for(lambda: len(Langfuse.users) == Langfuse.calls)
    assert set(Langfuse.users) == {CLIENT_A}


def test_without_the_header_the_caller_would_choose_the_client(litellm: str) -> None:
    body = {**CALLS["/v1/chat/completions"], "metadata": {"trace_user_id": CLIENT_B}}
    assert ask(f"{litellm}/v1/chat/completions", {"x-litellm-api-key": KEY_A}, body) == 200
    wait_for(lambda: CLIENT_B in Langfuse.users)


def test_no_trace_and_no_log_holds_a_secret_of_a_header(litellm: str, log: Path) -> None:
    for path, body in CALLS.items():
        assert ask(litellm + path, {**HANDED_OVER, "x-in-the-trace": path}, body) == 200
    # So headers do stand in traces, and any other name would show the secret.
    wait_for(
        lambda: all(
            any(b"x-in-the-trace" in spans and path.encode() in spans for spans in Langfuse.received) for path in CALLS
        )
    )
    told = {"traces": b"".join(Langfuse.received), "log": log.read_bytes()}
    for secret in (KEY_A, APIM_ENTRY_KEY):
        assert not [place for place, text in told.items() if secret.encode() in text]


CREDENTIALS = (
    *("Authorization", "api-key", "x-api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key", "Proxy-Authorization"),
    *("x-amz-security-token", "x-amzn-oidc-data", "x-auth-token", "x-vault-token", "x-client-secret", "x-password"),
)


def test_no_trace_and_no_log_holds_a_credential_that_a_caller_sends_beside_the_key(litellm: str, log: Path) -> None:
    secrets = {name: f"secret-of-{name.lower()}-0123456789" for name in CREDENTIALS}
    chat, responses = (litellm + path for path in CALLS)
    handed_over = {**HANDED_OVER, **secrets, "x-beside": "in the trace"}
    for url, body, status in (
        (chat, CALLS["/v1/chat/completions"], 200),
        (chat, {**CALLS["/v1/chat/completions"], "stream": True}, 200),
        (chat, {**CALLS["/v1/chat/completions"], "model": "none"}, 400),
        (responses, CALLS["/v1/responses"], 200),
    ):
        assert ask(url, handed_over, body) == status
    wait_for(lambda: b"x-beside" in b"".join(Langfuse.received))
    time.sleep(6)  # OpenTelemetry sends what it has every 5 s
    told = b"".join(Langfuse.received) + log.read_bytes()
    assert [name for name, secret in secrets.items() if secret.encode() in told] == []


@pytest.mark.parametrize("key", [{}, {"x-litellm-api-key": ""}, {"x-litellm-api-key": "sk-wrong"}])
def test_no_trace_and_no_log_of_a_refused_call_holds_the_apim_entry_secret(
    litellm: str, log: Path, key: Mapping[str, str]
) -> None:
    body = CALLS["/v1/chat/completions"]
    assert ask(f"{litellm}/v1/chat/completions", {APIM_ENTRY_HEADER: APIM_ENTRY_KEY, **key}, body) in (400, 401)
    time.sleep(6)
    assert APIM_ENTRY_KEY.encode() not in b"".join(Langfuse.received) + log.read_bytes()


def test_with_a_trace_context_the_caller_would_join_any_trace_and_yet_not_hide(litellm: str) -> None:
    url, body = f"{litellm}/v1/chat/completions", CALLS["/v1/chat/completions"]
    not_sampled, sampled = bytes.fromhex("ab" * 16), bytes.fromhex("cd" * 16)
    for trace_id, flags in ((not_sampled, "00"), (sampled, "01")):
        assert ask(url, {**HANDED_OVER, "traceparent": f"00-{trace_id.hex()}-{'ef' * 8}-{flags}"}, body) == 200
    wait_for(lambda: all(any(trace_id in spans for spans in Langfuse.received) for trace_id in (not_sampled, sampled)))
