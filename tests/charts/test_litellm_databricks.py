"""LiteLLM itself, asked to call a Databricks on this machine; `make test-litellm` installs it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from tests.http_server import Answer, Request, serve
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM

SERVICE, ENDPOINT = "databricks/main.genaiplatform.chat", "databricks/chat"
MESSAGES = [{"role": "user", "content": "Hi"}]
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
PRICES = {"input_cost_per_token": 0.15e-6, "output_cost_per_token": 0.6e-6}
PATHS = {SERVICE: "/ai-gateway/mlflow/v1/chat/completions", ENDPOINT: "/serving-endpoints/chat/completions"}
ANSWERING_MODEL = "gpt-4o-mini-2024-07-18"


class Databricks:
    """A workspace: tokens for the service principal, and completions for whoever has one."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.status = 200

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        if request.path == "/oidc/v1/token":
            return Answer(
                200, {"access_token": f"token-{len(self.tokens)}", "token_type": "Bearer", "expires_in": 3600}
            )
        if self.status != 200:
            return Answer(self.status, {"error_code": "X", "message": "the provider is away"})
        if request.body.get("stream"):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": ANSWERING_MODEL}
            said: dict[str, Any] = {
                **chunk,
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": "pong"}}],
            }
            last: dict[str, Any] = {
                **chunk,
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                "usage": USAGE,
            }
            lines = [f"data: {json.dumps(one)}\n\n" for one in (said, last)]
            return Answer(200, iter([*lines, "data: [DONE]\n\n"]), {"Content-Type": "text/event-stream"})
        message = {"role": "assistant", "content": "pong"}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": ANSWERING_MODEL, "choices": choices}
        return Answer(200, {**answer, "usage": USAGE})

    @property
    def tokens(self) -> list[Request]:
        return [one for one in self.requests if one.path == "/oidc/v1/token"]

    @property
    def calls(self) -> list[Request]:
        return [one for one in self.requests if one.path != "/oidc/v1/token"]


@pytest.fixture
def litellm(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "client")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "secret")
    return import_module("litellm")


@pytest.fixture
def there() -> Iterator[SimpleNamespace]:
    databricks = Databricks()
    with serve(databricks) as url:
        yield SimpleNamespace(databricks=databricks, url=url)


def base(url: str, model: str) -> str:
    """As `stacks.aws.databricks` writes it."""
    return url if model == SERVICE else f"{url}/serving-endpoints"


@pytest.mark.parametrize("model", PATHS)
def test_each_gateway_is_found_under_its_path_and_its_own_name(litellm: Any, there: Any, model: str) -> None:
    answer = litellm.completion(model=model, messages=MESSAGES, api_base=base(there.url, model), **PRICES)
    assert answer.choices[0].message.content == "pong"
    (call,) = there.databricks.calls
    assert call.path == PATHS[model]
    assert call.body["model"] == model.removeprefix("databricks/")


def test_without_its_path_an_endpoint_is_looked_for_in_the_wrong_place(litellm: Any, there: Any) -> None:
    litellm.completion(model=ENDPOINT, messages=MESSAGES, api_base=there.url)
    assert there.databricks.calls[0].path == "/chat/completions"


def test_a_key_is_used_but_the_login_is_still_sent_to_where_the_call_goes(litellm: Any, there: Any) -> None:
    """Why a model with a key of its own may not stand beside one of a Databricks stack."""
    litellm.completion(model=SERVICE, messages=MESSAGES, api_base=there.url, api_key="a-key")
    assert [call.headers["Authorization"] for call in there.databricks.calls] == ["Bearer a-key"]
    assert len(there.databricks.tokens) == 1


def test_the_service_principal_logs_in_before_each_call(litellm: Any, there: Any) -> None:
    for _ in range(2):
        litellm.completion(model=SERVICE, messages=MESSAGES, api_base=there.url)
    login = base64.b64encode(b"client:secret").decode()
    assert [token.headers["Authorization"] for token in there.databricks.tokens] == [f"Basic {login}"] * 2
    assert [call.headers["Authorization"] for call in there.databricks.calls] == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("model", PATHS)
def test_a_stream_arrives_with_its_usage(litellm: Any, there: Any, model: str) -> None:
    chunks = list(
        litellm.completion(
            model=model,
            messages=MESSAGES,
            api_base=base(there.url, model),
            stream=True,
            stream_options={"include_usage": True},
            **PRICES,
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "pong"
    assert [chunk.usage.prompt_tokens for chunk in chunks if getattr(chunk, "usage", None)] == [1000]


def test_spend_is_counted_with_prices_and_not_without(litellm: Any, there: Any) -> None:
    def cost(model: str, **prices: float) -> float | None:
        answer = litellm.completion(model=model, messages=MESSAGES, api_base=there.url, **prices)
        assert answer.model.endswith(ANSWERING_MODEL)
        found: float | None = answer._hidden_params["response_cost"]
        return found

    assert not cost("databricks/main.genaiplatform.unpriced")  # LiteLLM remembers the prices of a name
    assert cost(SERVICE, **PRICES) == pytest.approx(1000 * 0.15e-6 + 100 * 0.6e-6)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_with_its_retries_off_a_failing_gateway_is_called_once(litellm: Any, there: Any, status: int) -> None:
    there.databricks.status = status
    once = {"num_retries": 0, "max_retries": 0}
    router = litellm.Router(
        model_list=[
            {"model_name": "shared", "litellm_params": {"model": SERVICE, "api_base": there.url, **once, **PRICES}}
        ]
    )
    with pytest.raises(Exception, match=r"the provider is away|No deployments"):
        router.completion(model="shared", messages=MESSAGES)
    assert len(there.databricks.calls) == 1
