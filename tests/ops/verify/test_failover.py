"""The step that lets the first deployment of a pool refuse, against a stand-in of API Management and its management."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from ops.checks.check import Outcome, State
from ops.checks.verify.failover import CALLS, Failover
from ops.checks.verify.gateway_models import model_step
from ops.checks.verify.http import client
from ops.checks.verify.step import attempt
from ops.clouds.azure import Api
from ops.clouds.log_analytics import Workspace
from ops.stack.running_stacks import RunningGateway
from tests.http_server import serve
from tests.ops.verify.invoke import verify
from tests.ops.verify.models_world import GATEWAY, TOKEN, WORKSPACE, ModelGateway, error
from tests.ops.verify.stream_clock import StreamClock
from tests.ops.verify.test_gateway_models import outputs
from tests.ops.verify.world import World

BEFORE = {"model-gpt-1": "https://1", "model-gpt-2": "https://2"}


@pytest.fixture
def gateway(clock: StreamClock) -> Iterator[ModelGateway]:
    with mock.patch("ops.checks.verify.polling.sleep"), mock.patch("ops.checks.verify.failover.sleep"):
        yield ModelGateway(clock)


def prove(gateway: ModelGateway, **more: str) -> Outcome:
    """`more` is told of the stack."""
    with serve(gateway.answer) as url, client() as http:
        models = [{"name": "gpt", "deployments": list(BEFORE)}]
        own = {"gatewayId": GATEWAY, "gatewayModels": models, "client": "demo", "keyAlias": "demo"}
        running = RunningGateway.model_validate({**outputs(url), **own, **more})
        logs = Workspace(id=WORKSPACE, address=url, token=lambda _: {"accessToken": "of-az"})
        step = Failover(running, "gpt", http, lambda: TOKEN, lambda: Api(url, "of-az"), logs).step(model_step("gpt"))
        return attempt(step, {model_step("gpt"): Outcome(state=State.FINE, says="answers")}, [TOKEN])


def test_a_pool_that_fails_over_is_proved_and_left_as_it_was(gateway: ModelGateway) -> None:
    found = prove(gateway)
    assert (found.state, found.says) == (State.FINE, f"{CALLS} calls answered while model-gpt-2 refused {CALLS}")
    assert (gateway.backends, gateway.made) == (BEFORE, {})


def test_no_call_is_answered_from_a_cache(gateway: ModelGateway) -> None:
    gateway.caches = True
    found = prove(gateway, semanticCacheId="/redis")
    assert (found.state, found.says) == (State.FINE, f"{CALLS} calls answered while model-gpt-2 refused {CALLS}")


def test_the_api_that_refuses_has_its_policy_before_it_takes_a_request(gateway: ModelGateway) -> None:
    prove(gateway)
    changes = [(one.method, one.path.removeprefix(f"{GATEWAY}/")) for one in gateway.asked if one.method != "POST"]
    assert [change for change in changes if change[0] != "GET"] == [
        ("PUT", "apis/genai-verify"),
        ("PUT", "apis/genai-verify/policies/policy"),
        ("PUT", "apis/genai-verify/operations/any"),
        ("PATCH", "backends/model-gpt-2"),
        ("PATCH", "backends/model-gpt-2"),
        ("DELETE", "apis/genai-verify"),
    ]


def test_a_pool_that_does_not_fail_over_is_found_and_led_back(gateway: ModelGateway) -> None:
    gateway.fails_over = False
    found = prove(gateway)
    assert found.state == State.BAD
    assert "call 1 while model-gpt-2 refuses: POST" in found.says
    assert (gateway.backends, gateway.made) == (BEFORE, {})


@pytest.mark.parametrize("denied", ["PUT apis/genai-verify", "PUT apis/genai-verify/policies/policy"])
def test_who_may_not_change_the_gateway_changes_nothing(gateway: ModelGateway, denied: str) -> None:
    gateway.denied = denied
    assert prove(gateway).state == State.BAD
    assert (gateway.backends, gateway.made) == (BEFORE, {})


def test_what_no_record_says_was_refused_is_not_proved(gateway: ModelGateway) -> None:
    gateway.late = 10_000
    found = prove(gateway)
    assert (found.state, "no record says that one was refused" in found.says) == (State.BAD, True)
    assert (gateway.backends, gateway.made) == (BEFORE, {})


def test_calls_that_fail_for_another_reason_leave_the_backend_as_it_was(gateway: ModelGateway) -> None:
    gateway.instead["gpt"] = [error(503, "no_deployment_available")]
    assert prove(gateway).state == State.BAD
    assert (gateway.backends, gateway.made) == (BEFORE, {})


def test_a_backend_that_an_interrupted_proof_left_is_not_taken_for_the_right_one(gateway: ModelGateway) -> None:
    gateway.left_behind = True
    found = prove(gateway)
    assert (found.state, "refuses since an earlier proof" in found.says) == (State.BAD, True)
    assert not [one for one in gateway.asked if one.method in ("PUT", "PATCH", "DELETE")]


def test_a_model_whose_pool_is_gone_says_so(gateway: ModelGateway) -> None:
    gateway.priorities = {"model-flash-1": 1, "model-flash-2": 1}
    found = prove(gateway)
    assert (found.state, found.says) == (State.BAD, "there is no pool of model-gpt-1, model-gpt-2")


def test_without_an_azure_stack_there_is_nothing_to_refuse(world: World) -> None:
    result = verify(world, "--failover")
    assert result.exit_code == 2
    assert "--failover proves pools of the gateway: name its stack with --azure-stack" in result.output
    assert not world.asked
