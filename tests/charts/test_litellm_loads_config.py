"""LiteLLM itself with the configuration that the chart would mount; `make test-litellm` installs it."""

import base64
from importlib.metadata import version
from typing import Any

import httpx

from catalogue.pins import LITELLM_IMAGE
from tests.needs_litellm import NEEDS_LITELLM
from tests.running_litellm import ECHO, KEY, MASTER_KEY, MINE, OTHERS, RANKER, TWO_MODELS, RunningLiteLLM, chat

pytestmark = NEEDS_LITELLM


def get(litellm: RunningLiteLLM, path: str, key: str = MASTER_KEY) -> Any:
    return httpx.get(f"{litellm.url}{path}", headers={"x-litellm-api-key": key}, timeout=30).raise_for_status().json()


def test_the_version_under_test_is_the_pinned_one() -> None:
    assert version("litellm") == LITELLM_IMAGE.version.removeprefix("v")


def test_litellm_serves_the_configured_models(litellm: RunningLiteLLM) -> None:
    configured = [MINE, OTHERS, ECHO, RANKER, "nova-lite", "gpt"]
    assert [model["id"] for model in get(litellm, "/v1/models")["data"]] == configured
    assert [model["id"] for model in get(litellm, "/v1/models", KEY)["data"]] == [MINE]


def test_litellm_reads_the_parameters_of_a_model(litellm: RunningLiteLLM) -> None:
    models = {entry["model_name"]: entry for entry in get(litellm, "/model/info")["data"]}
    assert models["nova-lite"]["litellm_params"]["aws_region_name"] == "us-east-1"
    assert models["gpt"]["litellm_params"]["api_base"] == "https://example.openai.azure.com"
    assert models["gpt"]["model_info"]["base_model"] == "azure/gpt-6-luna"


def test_echo_answers_and_the_call_is_traced_in_our_langfuse(litellm: RunningLiteLLM) -> None:
    answer = litellm.post(TWO_MODELS, "/v1/chat/completions", chat("ping of echo") | {"model": ECHO})
    assert answer.json()["choices"][0]["message"]["content"] == "pong"
    litellm.langfuse.wait_for("ping of echo")
    credentials = base64.b64encode(b"pk-lf-1:sk-lf-1").decode()
    assert {request.path for request in litellm.langfuse.received} == {"/api/public/otel/v1/traces"}
    assert {request.headers["Authorization"] for request in litellm.langfuse.received} == {f"Basic {credentials}"}
