"""The steps about LiteLLM against LiteLLM itself with a PostgreSQL; `make test-litellm` installs both."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from charts.litellm import Model
from components.kubernetes.cluster_api import ClusterApi, RefusedError
from ops.checks.check import Outcome, State
from ops.checks.verify.administrator import PROXY, Administrator
from ops.checks.verify.completions import Completions
from ops.checks.verify.http import client
from ops.checks.verify.litellm import LiteLLM
from ops.checks.verify.step import attempt
from ops.checks.verify.temporary_keys import TemporaryKeys
from ops.stack.running import Day
from tests.http_server import Answer, Request, serve
from tests.ops.verify import litellm_server
from tests.ops.verify.litellm_server import MASTER_KEY

pytestmark = [
    pytest.mark.litellm,
    pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed here: run `make test-litellm`"),
]
DEMO_KEY, WIDE_KEY = "sk-demo-0123456789abcdef", "sk-wide-0123456789abcdef"
IN_URL = "other model refused in query and path"
SESSION = "genai-verify-0123456789"


def provider(request: Request) -> Answer:
    """A model provider that streams slowly."""
    call = str(uuid.uuid4())  # LiteLLM keeps one spend row for an id

    def chunk(delta: Mapping[str, str]) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        return f"data: {json.dumps({'id': call, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"

    def stream() -> Iterator[str]:
        for word in ("one", " two", " three"):
            yield chunk({"role": "assistant", "content": word})
            time.sleep(0.05)
        yield f"{chunk({})}data: [DONE]\n\n"

    if request.method == "GET":
        return Answer(200, {"data": []})  # LiteLLM asks for the provider's models as it starts
    if request.body.get("stream"):
        return Answer(200, stream(), {"Content-Type": "text/event-stream"})
    message = {"role": "assistant", "content": "Yes."}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return Answer(200, {"id": call, "object": "chat.completion", "choices": choices, "usage": usage})


spans: list[bytes] = []


def keep_spans(request: Request) -> Answer:
    spans.append(request.body)
    return Answer(200)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A LiteLLM with two models and two keys, one of which may use both."""
    if program := litellm_server.missing_program():
        reason = f"{program}, which runs Prisma's engine, is not on PATH"
        pytest.fail(reason) if os.environ.get("GENAI_REQUIRE_ALL") == "1" else pytest.skip(reason)
    with ExitStack() as stack:
        models = (
            Model(name="slow", model="openai/slow", params={"api_base": stack.enter_context(serve(provider))}),
            Model(name="echo", model="openai/echo", params={"mock_response": "pong"}),
        )
        folder = tmp_path_factory.mktemp("litellm")
        url = stack.enter_context(litellm_server.litellm_with_database(folder, models, keep_spans))
        for key, allowed in ((DEMO_KEY, ["slow"]), (WIDE_KEY, ["slow", "echo"])):
            body = {"key": key, "key_alias": key[:7], "models": allowed}
            httpx.post(f"{url}/key/generate", json=body, headers={"x-litellm-api-key": MASTER_KEY}).raise_for_status()
        yield url


def day(url: str, keys: Mapping[str, tuple[str, tuple[str, ...]]], models: tuple[str, ...] = ("slow", "echo")) -> Day:
    anything = (
        "langfuseUrl",
        "langfusePublicKey",
        "langfuseSecretKey",
        "langfuseBucket",
        "clickhouseBucket",
        "clusterName",
        "region",
    )
    return Day.model_validate(
        {
            **dict.fromkeys(anything, ""),
            "litellmUrl": url,
            "litellmMasterKey": MASTER_KEY,
            "virtualKeys": {alias: key for alias, (key, _) in keys.items()},
            "models": models,
            "mocks": ["echo"],
            "keyModels": {alias: allowed for alias, (_, allowed) in keys.items()},
        }
    )


class ServiceProxy(ClusterApi):
    """Hands requests on to LiteLLM as the Kubernetes API does."""

    def __init__(self, url: str) -> None:
        self._url = url

    def request(
        self, method: str, path: str, body: object | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        answer = httpx.request(method, f"{self._url}{path.removeprefix(PROXY)}", json=body, headers=headers)
        if answer.is_error:
            raise RefusedError(answer.status_code, answer.json())
        return answer.json()


def prove(day: Day) -> tuple[dict[str, Outcome], set[str]]:
    """What each step about LiteLLM came to, and the temporary keys that were made."""
    outcomes: dict[str, Outcome] = {}
    hidden: set[str] = set()
    administrator = Administrator(day.litellm_master_key, lambda: ServiceProxy(day.litellm_url))
    with client() as http, TemporaryKeys(administrator, hidden) as keys:
        completions = Completions(day, http, administrator, keys, SESSION)
        for step in [*LiteLLM(day, http, administrator).steps(), *completions.steps(), keys.step()]:
            outcomes[step.name] = attempt(step, outcomes, day.secrets | hidden)
    return outcomes, hidden


def unproved(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: outcome.says for name, outcome in outcomes.items() if outcome.state != State.FINE}


KEYS: Mapping[str, tuple[Mapping[str, tuple[str, tuple[str, ...]]], int]] = {
    "another model is there": ({"demo": (DEMO_KEY, ("slow",))}, 0),
    "the key may use every model": ({"wide": (WIDE_KEY, ("slow", "echo"))}, 1),
    "no virtual key": ({}, 1),
}


@pytest.mark.parametrize("keys", KEYS)
def test_litellm_is_proved_and_keeps_no_temporary_key(url: str, keys: str) -> None:
    configured, made = KEYS[keys]
    outcomes, temporary = prove(day(url, configured))
    assert unproved(outcomes) == {}
    assert outcomes[IN_URL].state == State.FINE
    assert len(temporary) == made
    for key in temporary:
        assert httpx.get(f"{url}/v1/models", headers={"x-litellm-api-key": key}).status_code == 401


def test_the_completion_is_traced_under_its_session(url: str) -> None:
    prove(day(url, {"demo": (DEMO_KEY, ("slow",))}))
    deadline = time.monotonic() + 30
    while not any(b"session.id" in span and SESSION.encode() in span for span in spans):
        assert time.monotonic() < deadline, f"{len(spans)} batches of spans, none of the session"
        time.sleep(0.5)


def test_a_key_that_may_use_more_than_it_should_is_found(url: str) -> None:
    outcomes, _ = prove(day(url, {"demo": (WIDE_KEY, ("slow",))}))
    assert set(unproved(outcomes)) == {"virtual keys", "other model refused", IN_URL}


def test_a_model_and_a_key_that_litellm_does_not_know_are_found(url: str) -> None:
    outcomes, _ = prove(day(url, {"demo": ("sk-none-0123456789abcdef", ("slow",))}, ("slow", "echo", "gpt")))
    failed = {"models", "virtual keys", "completion", "other model refused", IN_URL}
    assert set(unproved(outcomes)) == {*failed, "stream", "spend row"}
    assert "but not gpt" in outcomes["models"].says
    assert "token_not_found_in_db" in outcomes["completion"].says
