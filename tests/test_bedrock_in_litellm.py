"""What LiteLLM itself calls on Bedrock, against what its role may call; `make test-litellm` installs it."""

from __future__ import annotations

import fnmatch
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from charts.litellm import proxy_config
from charts.shapes import Model
from stacks.aws.bedrock import default_model, in_its_region, invokable_arns
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM

ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_EC2_METADATA_DISABLED": "true",
}
WEST = "arn:aws:bedrock:us-west-2:123456789012"
PROFILE = f"{WEST}:application-inference-profile/abc"
MESSAGES = [{"role": "user", "content": "Hi"}]


@pytest.fixture(scope="module")
def sent() -> Iterator[list[httpx.Request]]:
    """Every request of LiteLLM's to AWS; nothing leaves the process."""
    requests: list[httpx.Request] = []

    def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if ".amazonaws.com" in request.url.host or ".api.aws" in request.url.host:
            requests.append(request)
        return httpx.Response(400, json={"message": "refused by the test"}, request=request)

    with mock.patch.dict(os.environ, ENVIRONMENT), mock.patch.object(httpx.Client, "send", send):
        yield requests


def _litellm() -> Any:
    return import_module("litellm")


def _ways(model: str) -> Mapping[str, Callable[..., Any]]:
    litellm = _litellm()
    litellm.suppress_debug_info = True
    if "embed" in model:
        return {"embedding": lambda **to: litellm.embedding(input=["Hi"], **to)}
    if re.search(r"stability|canvas|image-generator", model):
        return {"image": lambda **to: litellm.image_generation(prompt="Hi", **to)}
    return {
        "chat": lambda **to: litellm.completion(messages=MESSAGES, num_retries=0, **to),
        "stream": lambda **to: litellm.completion(messages=MESSAGES, stream=True, num_retries=0, **to),
        "responses": lambda **to: litellm.responses(input="Hi", **to),
    }


def _action_and_resource(request: httpx.Request) -> tuple[str, str]:
    """What IAM asks for: the action, and the ARN of what is called (Service Authorization Reference)."""
    service, region, *_ = request.url.host.split(".")
    assert service == "bedrock-runtime", request.url
    assert f"/{region}/bedrock/aws4_request" in request.headers["Authorization"]
    path = urlsplit(str(request.url)).path
    if path in ("/openai/v1/chat/completions", "/openai/v1/responses"):
        body = json.loads(request.content)
        streams, called = bool(body.get("stream")), str(body["model"])
    else:
        found = re.fullmatch(r"/model/(.+)/(converse|invoke)(-stream|-with-response-stream)?", path)
        assert found, request.url
        streams, called = bool(found[3]), unquote(found[1])
    action = "bedrock:InvokeModelWithResponseStream" if streams else "bedrock:InvokeModel"
    if called.startswith("arn:"):
        return action, called
    partition = "aws-us-gov" if region.startswith("us-gov") else "aws-cn" if region.startswith("cn-") else "aws"
    profile = re.match(r"(global|apac|us-gov|[a-z]{2})\.", called)
    kind = "123456789012:inference-profile" if profile else ":foundation-model"
    return action, f"arn:{partition}:bedrock:{region}:{kind}/{called}"


def _calls(model: Model, region: str, sent: list[httpx.Request]) -> Iterator[tuple[str, str]]:
    """Action and resource of each call that LiteLLM makes with the configuration that the program writes."""
    configured = in_its_region(model, region)
    (entry,) = proxy_config([configured], region=region, vpc_cidr="10.0.0.0/16")["model_list"]
    for way in _ways(model.model).values():
        sent.clear()
        try:
            way(**entry["litellm_params"])
        except Exception as error:  # noqa: BLE001  the test refuses every call; what matters is what was sent
            said = str(error)
        assert sent, f"{model.model} is accepted, but LiteLLM calls nothing: {said[:300]}"
        yield from map(_action_and_resource, sent)


def _price_list() -> Iterator[tuple[str, str]]:
    """Each id of LiteLLM's price list that leads to AWS, as it stands there and behind `bedrock/`, with a region."""
    with mock.patch.dict(os.environ, ENVIRONMENT):
        litellm = _litellm()
    for name, row in litellm.model_cost.items():
        provider = str(row.get("litellm_provider"))
        if not provider.startswith(("bedrock", "sagemaker", "aws_polly")):
            continue
        region = "us-gov-west-1" if "us-gov" in name else "ap-northeast-1"
        yield name, region
        if not name.startswith(("bedrock", "sagemaker", "aws_polly")):
            yield f"bedrock/{name}", region


def test_whatever_litellm_calls_for_its_price_list_is_granted_or_refused(sent: list[httpx.Request]) -> None:
    problems, accepted, refused = [], 0, 0
    for name, region in _price_list():
        model = Model(name="m", model=name)
        try:
            granted = invokable_arns(model, region)
        except ValueError:
            refused += 1
            continue
        accepted += 1
        try:
            for _, resource in _calls(model, region, sent):
                if not any(fnmatch.fnmatchcase(resource, arn) for arn in granted):
                    problems.append(f"{name}: {resource} is called, {granted} is granted")
        except AssertionError as error:
            problems.append(f"{name}: {str(error).splitlines()[0]}")
    assert not problems, "\n".join(problems)
    assert accepted > 250
    assert refused > 250


@pytest.mark.parametrize(
    ("model", "params"),
    [
        (f"bedrock/{PROFILE}", {}),
        (f"bedrock/converse/{PROFILE}", {}),
        ("bedrock/us.anthropic.claude-sonnet-5", {"model_id": PROFILE}),
        ("bedrock/invoke/us.anthropic.claude-sonnet-5", {"model_id": PROFILE}),
        ("bedrock/us.xai.grok-4.6", {"model_id": PROFILE}),
        ("bedrock/cohere.embed-english-v3", {"model_id": PROFILE}),
        ("bedrock/anthropic.claude-sonnet-5", {"model_id": f"{WEST}:provisioned-model/abc"}),
        ("bedrock/amazon.nova-lite-v1:0", {"aws_region_name": "eu-west-1"}),
        ("bedrock/invoke/amazon.nova-lite-v1:0", {}),
        ("bedrock/chat_completions/openai.gpt-oss-20b-1:0", {}),
        (f"bedrock/{WEST}:inference-profile/us.amazon.nova-lite-v1:0", {}),
        (f"bedrock/converse/{WEST}:provisioned-model/abc", {}),
        (f"bedrock/nova/{WEST}:custom-model-deployment/abc", {}),
        (f"bedrock/nova-2/{WEST}:custom-model-deployment/abc", {}),
        *((f"bedrock/{family}/{WEST}:imported-model/abc", {}) for family in ("llama", "deepseek_r1", "qwen2")),
        *((f"bedrock/{family}/{WEST}:imported-model/abc", {}) for family in ("qwen3", "moonshot", "openai")),
        (f"bedrock/invoke/llama/{WEST}:imported-model/abc", {}),
    ],
)
def test_what_is_called_by_another_name_is_granted(
    sent: list[httpx.Request], model: str, params: Mapping[str, Any]
) -> None:
    setting = Model(name="m", model=model, params=params, base_model="us.amazon.nova-lite-v1:0")
    granted = invokable_arns(setting, "us-east-1")
    for _, resource in _calls(setting, "us-east-1", sent):
        assert any(fnmatch.fnmatchcase(resource, arn) for arn in granted), (resource, granted)


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "ap-northeast-1", "ap-northeast-3", "eu-west-1"])
def test_litellm_calls_the_default_model_as_granted_and_knows_its_price(sent: list[httpx.Request], region: str) -> None:
    litellm = _litellm()
    model = Model(name="nova-lite", model=default_model(region))
    actions = set()
    for action, resource in _calls(model, region, sent):
        actions.add(action)
        assert any(fnmatch.fnmatchcase(resource, arn) for arn in invokable_arns(model, region))
    assert actions == {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
    assert litellm.get_model_info(model.model)["input_cost_per_token"]


def test_a_region_in_the_id_does_not_reach_every_call(sent: list[httpx.Request]) -> None:
    """Why such ids are refused: LiteLLM sends the region as part of the id, or to another region."""
    litellm = _litellm()
    with pytest.raises(litellm.exceptions.BadRequestError):
        litellm.completion(
            model="bedrock/eu-west-3/mistral.mistral-7b-instruct-v0:2", messages=MESSAGES, aws_region_name="eu-west-3"
        )
    assert sent[-1].url.path.startswith("/model/eu-west-3/")
