"""One-token calls, against providers on this machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from ops.checks.check import State, fine
from ops.checks.preflight import model_calls
from ops.clouds.aws import Aws
from tests.ops.preflight.stand_in import Server, aws_answers, serve, state_of

KEY = "sk-provider-key"

CALLS: Mapping[str, tuple[str, dict[str, str], str]] = {
    "azure/my-deployment": ("/openai/deployments/my-deployment/chat/completions", {"api-key": KEY}, "messages"),
    "openai/gpt-5": ("/chat/completions", {"Authorization": f"Bearer {KEY}"}, "messages"),
    "anthropic/claude": ("/v1/messages", {"x-api-key": KEY}, "messages"),
    "gemini/gemini-3": ("/models/gemini-3:generateContent", {"x-goog-api-key": KEY}, "contents"),
}
"""By model: where it is called, with which headers, and what the body holds."""


@pytest.fixture
def provider() -> Iterator[Server]:
    with serve() as server:
        yield server


def keys() -> Mapping[str, str]:
    return {"the-key": KEY}


def _model(server: Server, model: str) -> dict[str, Any]:
    return {
        "model_name": "m",
        "model": model,
        "api_base": server.url,
        "api_version": "2025-04-01-preview",
        "api_key": "os.environ/PROVIDER_KEY_THE_KEY",
    }


def test_every_provider_is_tested() -> None:
    assert {model.partition("/")[0] for model in CALLS} == model_calls.PROVIDERS.keys()


@pytest.mark.parametrize("model", CALLS)
def test_a_model_is_asked_for_one_token_with_its_key(aws: Aws, provider: Server, model: str) -> None:
    path, headers, content = CALLS[model]
    provider.answers[f"POST {path}"] = (200, {}, {})
    assert model_calls.call(aws, _model(provider, model), keys) == fine("answers")
    (asked,) = provider.asked
    assert {name: asked.headers[name] for name in headers} == headers
    body = asked.body
    assert content in body
    assert 1 in (
        body.get("max_tokens"),
        body.get("max_completion_tokens"),
        body.get("generationConfig", {}).get("maxOutputTokens"),
    )
    assert ("api-version=2025-04-01-preview" in asked.target) == model.startswith("azure/")


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (400, {"error": {"message": "Could not finish: max_tokens or model output limit was reached."}}, State.FINE),
        (401, {}, State.BAD),
        (403, {}, State.BAD),
        (404, {}, State.BAD),
        (429, {}, State.BAD),
        (400, {"error": {"message": "unknown parameter"}}, State.COULD_NOT_LOOK),
        (500, {}, State.COULD_NOT_LOOK),
    ],
)
def test_an_answer_is_read_as(aws: Aws, provider: Server, status: int, body: Any, state: State) -> None:
    path = CALLS["openai/gpt-5"][0]
    provider.answers[f"POST {path}"] = (status, {}, body)
    assert state_of(partial(model_calls.call, aws, _model(provider, "openai/gpt-5"), keys)) == state


def test_what_cannot_be_called_is_could_not_look(aws: Aws, provider: Server) -> None:
    away = {**_model(provider, "openai/gpt-5"), "api_base": "http://127.0.0.1:9"}
    keyless = {key: value for key, value in _model(provider, "openai/gpt-5").items() if key != "api_key"}
    for model in (away, keyless, _model(provider, "mistral/large")):
        assert state_of(partial(model_calls.call, aws, model, keys)) == State.COULD_NOT_LOOK


def test_no_key_is_shown(aws: Aws, provider: Server) -> None:
    for status in (401, 404, 429):
        for model, (path, _, _) in CALLS.items():
            provider.answers[f"POST {path}"] = (status, {}, {})
            outcome = model_calls.call(aws, _model(provider, model), keys)
            assert KEY not in outcome.says + outcome.fix


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"output": {}}, State.FINE),
        ("AccessDeniedException", State.BAD),
        ("ResourceNotFoundException", State.BAD),
        ("ThrottlingException", State.COULD_NOT_LOOK),
    ],
)
def test_bedrock_is_called_with_the_rights_of_whoever_runs_this(aws: Aws, answer: Any, state: State) -> None:
    asked: list[Any] = []

    def converse(parameters: dict[str, Any]) -> Any:
        asked.append(parameters)
        return answer

    given = converse if isinstance(answer, dict) else answer
    model = {"model_name": "m", "model": "bedrock/converse/amazon.nova-lite-v1:0", "aws_region_name": "us-west-2"}
    with aws_answers({"Converse": given}):
        assert state_of(partial(model_calls.call, aws, model, keys)) == state
    assert all(call["modelId"] == "amazon.nova-lite-v1:0" for call in asked)
    assert all(call["inferenceConfig"] == {"maxTokens": 1} for call in asked)


def test_a_model_that_needs_a_profile_is_bad_with_the_profile_to_set(aws: Aws) -> None:
    def refuse(message: str) -> Any:
        def converse(parameters: dict[str, Any]) -> Any:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Converse")

        return converse

    nova = "amazon.nova-lite-v1:0"
    profile = {"inferenceProfileId": f"apac.{nova}", "models": [{"modelArn": f"arn:aws:bedrock:x::y/{nova}"}]}
    listed = {"ListInferenceProfiles": {"inferenceProfileSummaries": [profile]}}
    check = partial(model_calls.call, aws, {"model_name": "m", "model": f"bedrock/{nova}"}, keys)
    with aws_answers(
        {"Converse": refuse(f"Invocation of model ID {nova} with on-demand throughput isn’t supported.")} | listed
    ):
        outcome = check()
    assert (outcome.state, outcome.fix) == (State.BAD, f"set in models: bedrock/apac.{nova}")
    with aws_answers({"Converse": refuse("The provided model identifier is invalid.")}):
        assert check().state is State.BAD
    with aws_answers({"Converse": refuse("This action doesn't support the model that you provided.")}):
        assert state_of(check) == State.COULD_NOT_LOOK


def test_bedrock_is_asked_for_what_litellm_will_call(aws: Aws) -> None:
    asked: list[str] = []

    def converse(parameters: dict[str, Any]) -> Any:
        asked.append(parameters["modelId"])
        return {"output": {}}

    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
    with aws_answers({"Converse": converse}):
        for model in (
            {"model": f"bedrock/converse/{arn}"},
            {"model": "bedrock/us.amazon.nova-lite-v1:0", "model_id": arn, "aws_region_name": "eu-west-1"},
            {"model": "bedrock/nova/" + arn.replace("application-inference-profile", "custom-model-deployment")},
        ):
            assert model_calls.call(aws, {"model_name": "m", **model}, keys) == fine("answers")
    assert asked == [arn, arn, arn.replace("application-inference-profile", "custom-model-deployment")]


def test_the_keys_are_read_with_the_pulumi_cli_and_only_when_a_model_needs_one(aws: Aws, provider: Server) -> None:
    value = {"value": json.dumps({"the-key": KEY}), "secret": True}
    answer = subprocess.CompletedProcess(["pulumi"], 0, stdout=json.dumps({"genaiplatform:providerKeys": value}))
    provider.answers["POST /chat/completions"] = (200, {}, {})
    models = [_model(provider, "openai/gpt-5"), {"model_name": "other", "model": "bedrock/amazon.nova-lite-v1:0"}]
    with mock.patch("subprocess.run", return_value=answer) as run:
        checks = model_calls.model_checks(aws, models, "dev")
        assert list(checks) == ["model m", "model other"]
        with aws_answers({"Converse": {}}):
            assert checks["model other"]() == fine("answers")
        run.assert_not_called()
        assert checks["model m"]() == fine("answers")
    assert run.call_args[0][0] == ["pulumi", "config", "--show-secrets", "--json", "--stack", "dev"]


def test_keys_that_cannot_be_decrypted_are_could_not_look(aws: Aws, provider: Server) -> None:
    answer = subprocess.CompletedProcess(["pulumi"], 255, stdout="", stderr="error: incorrect passphrase")
    with mock.patch("subprocess.run", return_value=answer):
        checks = model_calls.model_checks(aws, [_model(provider, "openai/gpt-5")], "dev")
        assert state_of(checks["model m"]) == State.COULD_NOT_LOOK
