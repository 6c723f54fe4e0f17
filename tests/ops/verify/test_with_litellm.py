"""The steps about LiteLLM against LiteLLM itself with a PostgreSQL; `make test-litellm` installs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from tenacity import Retrying, stop_after_delay, wait_fixed

from components.kubernetes.cluster_api import ApiRefusedError, ClusterApi
from ops.checks.check import Outcome, State
from ops.checks.verify.administrator import PROXY, Administrator
from ops.checks.verify.completions import Completions
from ops.checks.verify.http import client
from ops.checks.verify.litellm import LiteLLMSteps
from ops.checks.verify.step import attempt
from ops.checks.verify.temporary_keys import TemporaryKeys
from ops.stack.running_stacks import RunningAwsStack
from tests.needs_litellm import NEEDS_LITELLM
from tests.running_litellm import ECHO, KEY, MASTER_KEY, MINE, TWO_MODELS, RunningLiteLLM

pytestmark = NEEDS_LITELLM
IN_URL = "other model refused in query and path"
SESSION = "genai-verify-0123456789"


def day(
    litellm: RunningLiteLLM, keys: Mapping[str, tuple[str, tuple[str, ...]]], models: tuple[str, ...] = (MINE, ECHO)
) -> RunningAwsStack:
    anything = (
        "langfuseUrl",
        "langfusePublicKey",
        "langfuseSecretKey",
        "langfuseBucket",
        "clickhouseBucket",
        "clusterName",
        "region",
    )
    return RunningAwsStack.model_validate(
        {
            **dict.fromkeys(anything, ""),
            "stack": "dev",
            "litellmUrl": litellm.url,
            "litellmMasterKey": MASTER_KEY,
            "virtualKeys": {alias: key for alias, (key, _) in keys.items()},
            "models": models,
            "mocks": [ECHO],
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
        url = f"{self._url}{path.removeprefix(PROXY)}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=60)
        if answer.is_error:
            raise ApiRefusedError(answer.status_code, answer.json())
        return answer.json()


def prove(day: RunningAwsStack) -> tuple[dict[str, Outcome], set[str]]:
    """What each step about LiteLLM came to, and the temporary keys that were made."""
    outcomes: dict[str, Outcome] = {}
    hidden: set[str] = set()
    # LiteLLM gives its database 2 s, too few on a busy machine, and remembers for 15 s that it answered.
    for attempted in Retrying(stop=stop_after_delay(60), wait=wait_fixed(1), reraise=True):
        with attempted:
            assert httpx.get(f"{day.litellm_url}/health/readiness", timeout=60).json()["db"] == "connected"
    administrator = Administrator(day.litellm_master_key, lambda: ServiceProxy(day.litellm_url))
    with client() as http, TemporaryKeys(administrator, hidden) as keys:
        completions = Completions(day, http, administrator, keys, SESSION)
        for step in [*LiteLLMSteps(day, http, administrator).steps(), *completions.steps(), keys.step()]:
            outcomes[step.name] = attempt(step, outcomes, day.secrets | hidden)
    return outcomes, hidden


def unproved(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: outcome.says for name, outcome in outcomes.items() if outcome.state != State.FINE}


KEYS: Mapping[str, tuple[Mapping[str, tuple[str, tuple[str, ...]]], int]] = {
    "another model is there": ({"demo": (KEY, (MINE,))}, 0),
    "the key may use every model": ({"wide": (TWO_MODELS, (MINE, ECHO))}, 1),
    "no virtual key": ({}, 1),
}


@pytest.mark.parametrize("keys", KEYS)
def test_litellm_is_proved_and_keeps_no_temporary_key(litellm: RunningLiteLLM, keys: str) -> None:
    configured, made = KEYS[keys]
    outcomes, temporary = prove(day(litellm, configured))
    assert unproved(outcomes) == {}
    assert outcomes[IN_URL].state == State.FINE
    assert len(temporary) == made
    for key in temporary:
        answer = httpx.get(f"{litellm.url}/v1/models", headers={"x-litellm-api-key": key}, timeout=60)
        assert answer.status_code == 401


def test_the_completion_is_traced_under_its_session(litellm: RunningLiteLLM) -> None:
    prove(day(litellm, {"demo": (KEY, (MINE,))}))
    assert litellm.langfuse.wait_for(SESSION)["session.id"] == SESSION


def test_a_key_that_may_use_more_than_it_should_is_found(litellm: RunningLiteLLM) -> None:
    outcomes, _ = prove(day(litellm, {"demo": (TWO_MODELS, (MINE,))}))
    assert set(unproved(outcomes)) == {"virtual keys", "other model refused", IN_URL}


def test_a_model_and_a_key_that_litellm_does_not_know_are_found(litellm: RunningLiteLLM) -> None:
    outcomes, _ = prove(day(litellm, {"demo": ("sk-none-0123456789abcdef", (MINE,))}, (MINE, ECHO, "none")))
    failed = {"models", "virtual keys", "completion", "other model refused", IN_URL}
    assert set(unproved(outcomes)) == {*failed, "stream", "spend row"}
    assert "but not none" in outcomes["models"].says
    assert "token_not_found_in_db" in outcomes["completion"].says
