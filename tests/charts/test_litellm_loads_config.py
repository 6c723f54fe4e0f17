"""LiteLLM itself, as a process, with the configuration that the chart would mount; `make test-litellm` installs it."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import pytest

from catalogue.pins import LITELLM_IMAGE
from charts.litellm import proxy_config
from charts.shapes import Model
from tests.http_server import Answer, Request
from tests.litellm_process import litellm

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


RECEIVED: list[Request] = []
"""What Langfuse got."""


def langfuse(request: Request) -> Answer:
    RECEIVED.append(request)
    return Answer(200)


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
    config = proxy_config(MODELS, region="us-east-1", vpc_cidr="10.0.0.0/16")
    environment = {"LITELLM_MASTER_KEY": MASTER_KEY, "PROVIDER_KEY_AZURE": "azure-key"}
    with litellm(tmp_path_factory.mktemp("litellm"), config, langfuse, environment) as url:
        yield url


def test_the_version_under_test_is_the_pinned_one() -> None:
    assert version("litellm") == LITELLM_IMAGE.version.removeprefix("v")


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
    while not RECEIVED and time.monotonic() < deadline:
        time.sleep(0.5)
    credentials = base64.b64encode(b"pk-lf-1:sk-lf-1").decode()
    assert RECEIVED[0].path == "/api/public/otel/v1/traces"
    assert RECEIVED[0].headers["Authorization"] == f"Basic {credentials}"
