"""LiteLLM itself, as a process, with the configuration that the chart would mount; `make test-litellm` installs it."""

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from charts.litellm import Model, proxy_config, values
from charts.versions import LITELLM_IMAGE_TAG

pytestmark = [
    pytest.mark.litellm,
    pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed here: run `make test-litellm`"),
]

MASTER_KEY = "sk-master-0123456789"
MODELS = (
    Model(name="nova-lite", model="bedrock/amazon.nova-lite-v1:0"),
    Model(name="echo", model="openai/echo", params={"mock_response": "pong"}),
    Model(
        name="gpt",
        model="azure/deployment",
        params={"api_base": "https://example.openai.azure.com"},
        provider_key="azure",
        base_model="azure/gpt-6-luna",
    ),
)


class LangfuseStandIn(BaseHTTPRequestHandler):
    """Takes whatever is posted; keeps path and credentials."""

    received: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        self.received.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ask(url: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"x-litellm-api-key": MASTER_KEY, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running LiteLLM without database and with an unreachable cache; yields its URL."""
    folder = tmp_path_factory.mktemp("litellm")
    config = proxy_config(MODELS, region="us-east-1", vpc_cidr="10.0.0.0/16")
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    chart = values(config, image_tag="", replicas=1, database_host="", cache_host="", secrets_checksum="")
    langfuse = HTTPServer(("127.0.0.1", 0), LangfuseStandIn)
    threading.Thread(target=langfuse.serve_forever, daemon=True).start()
    port = free_port()
    arguments = f"--config config.yaml --host 127.0.0.1 --port {port}".split()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("litellm"), *arguments],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                **{variable["name"]: variable["value"] for variable in chart["gateway"]["extraEnv"]},
                "LITELLM_MASTER_KEY": MASTER_KEY,
                "LANGFUSE_OTEL_HOST": f"http://127.0.0.1:{langfuse.server_port}",
                "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
                "LANGFUSE_SECRET_KEY": "sk-lf-1",
                "PROVIDER_KEY_AZURE": "azure-key",
                "REDIS_HOST": "127.0.0.1",
                "REDIS_PORT": str(free_port()),
                "REDIS_PASSWORD": "none",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(180):
            try:
                ask(f"{url}/health/readiness")
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(1)
        else:
            pytest.fail((folder / "log").read_text())
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)
        langfuse.shutdown()


def test_the_version_under_test_is_the_pinned_one() -> None:
    assert version("litellm") == LITELLM_IMAGE_TAG.removeprefix("v")


def test_litellm_serves_the_configured_models(proxy: str) -> None:
    assert [model["id"] for model in ask(f"{proxy}/v1/models")["data"]] == ["nova-lite", "echo", "gpt"]


def test_litellm_reads_the_parameters_of_a_model(proxy: str) -> None:
    models = {entry["model_name"]: entry for entry in ask(f"{proxy}/model/info")["data"]}
    assert models["nova-lite"]["litellm_params"]["aws_region_name"] == "us-east-1"
    assert models["gpt"]["litellm_params"]["api_base"] == "https://example.openai.azure.com"
    assert models["gpt"]["model_info"]["base_model"] == "azure/gpt-6-luna"


def test_echo_answers_and_the_call_is_traced_in_our_langfuse(proxy: str) -> None:
    question = {"model": "echo", "messages": [{"role": "user", "content": "ping"}]}
    answer = ask(f"{proxy}/v1/chat/completions", question)
    assert answer["choices"][0]["message"]["content"] == "pong"
    deadline = time.monotonic() + 30
    while not LangfuseStandIn.received and time.monotonic() < deadline:
        time.sleep(0.5)
    credentials = base64.b64encode(b"pk-lf-1:sk-lf-1").decode()
    assert LangfuseStandIn.received[0] == ("/api/public/otel/v1/traces", f"Basic {credentials}")
