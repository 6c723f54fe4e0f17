"""What the policies take for granted about LiteLLM, asked of LiteLLM itself; `make test-litellm` installs it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

from policies.apim import load
from tests.policies.apim.cases import BOTH
from tests.policies.apim.world import CLIENT_A, CLIENT_B, KEY_A, KEY_B

pytestmark = [
    pytest.mark.litellm,
    pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed here: run `make test-litellm`"),
]

CONFIG = {
    "model_list": [{"model_name": "echo", "litellm_params": {"model": "openai/echo", "mock_response": "pong"}}],
    "litellm_settings": {"callbacks": ["langfuse_otel"]},
    "general_settings": {"master_key": KEY_A},
}
HANDED_OVER = {"x-litellm-api-key": KEY_A, "langfuse_trace_user_id": CLIENT_A}
CALLS: Mapping[str, Mapping[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "ping"}]},
    "/v1/responses": {"input": "ping"},
}


class Langfuse(BaseHTTPRequestHandler):
    """Takes traces; keeps what came, and the attribute user.id of each span that has one."""

    received: ClassVar[list[bytes]] = []
    users: ClassVar[list[str]] = []
    calls = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(body)
        # Protobuf: the key, then the tag, the length and the text of the value.
        for found in re.finditer(rb"user\.id\x12.\n(.)", body, re.DOTALL):
            self.users.append(body[found.end() : found.end() + found[1][0]].decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running LiteLLM that traces to `Langfuse`."""
    folder = tmp_path_factory.mktemp("litellm")
    (folder / "config.yaml").write_text(json.dumps(CONFIG))
    langfuse = HTTPServer(("127.0.0.1", 0), Langfuse)
    threading.Thread(target=langfuse.serve_forever, daemon=True).start()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LANGFUSE_OTEL_HOST": f"http://127.0.0.1:{langfuse.server_port}",
        "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
        "LANGFUSE_SECRET_KEY": "sk-lf-1",
        "OPENAI_API_KEY": "none",
    }
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                Path(sys.executable).with_name("litellm"),
                "--config",
                "config.yaml",
                "--port",
                str(port),
                "--host",
                "127.0.0.1",
            ],
            cwd=folder,
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(180):
            try:
                urllib.request.urlopen(f"{url}/health/liveliness", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, log.read_text()
                time.sleep(1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)
        langfuse.shutdown()


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


def test_with_a_trace_context_the_caller_would_join_any_trace_or_hide_from_langfuse(litellm: str) -> None:
    url, body = f"{litellm}/v1/chat/completions", CALLS["/v1/chat/completions"]
    hidden, joined = bytes.fromhex("ab" * 16), bytes.fromhex("cd" * 16)
    for trace_id, sampled in ((hidden, "00"), (joined, "01")):
        assert ask(url, {**HANDED_OVER, "traceparent": f"00-{trace_id.hex()}-{'ef' * 8}-{sampled}"}, body) == 200
    wait_for(lambda: any(joined in spans for spans in Langfuse.received))
    assert not any(hidden in spans for spans in Langfuse.received)
