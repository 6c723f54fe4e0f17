"""The steps about models that the gateway serves by itself: a gateway that is well, and each defect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import pytest

from ops.checks.check import Outcome, State
from ops.checks.verify.gateway import LOGGED_IN
from ops.checks.verify.gateway_models import GatewayModelSteps
from ops.checks.verify.http import client
from ops.checks.verify.semantic_cache import GIVEN_AGAIN, TO_NOBODY_ELSE
from ops.checks.verify.step import attempt
from ops.clouds.log_analytics import Workspace
from ops.stack.running_stacks import RunningGateway
from tests.azure_program import ACCOUNTS
from tests.http_server import Answer, serve
from tests.ops.verify.invoke import AWS_STEPS, AZURE_STEPS, states, verify
from tests.ops.verify.models_world import TOKEN, WORKSPACE, ModelGateway, error
from tests.ops.verify.stream_clock import StreamClock
from tests.ops.verify.world import World

LISTED, REFUSED = "models of the gateway", "refusals of the gateway's models"
TOO_LONG = "prompt too long to check refused"
STREAM, COUNTED = "stream of the gateway's models", "stream counted in the logs"
MODELS = [f"model {name} of the gateway" for name in ("gpt", "flash", "embed")]
STEPS = [LISTED, *MODELS, REFUSED, STREAM, COUNTED]


@pytest.fixture
def gateway(clock: StreamClock) -> Iterator[ModelGateway]:
    """What is waited for has come at once, or never does."""
    with mock.patch("ops.checks.verify.polling.sleep"):
        yield ModelGateway(clock)


def outputs(url: str) -> dict[str, Any]:
    return {
        "stack": "azure",
        "gatewayUrl": url,
        "keyMode": "header",
        "tenantId": "tenant-1",
        "scope": "api://api-1/.default",
        "clientIds": {"demo": "client-1"},
        "clientSecrets": {"demo": "client-secret-0123456789"},
        "logsWorkspaceId": WORKSPACE,
        "modelApis": {"models": f"{url}/openai/v1", "models-azure-openai": f"{url}/azure-openai/v1"},
    }


def prove(gateway: ModelGateway, **more: Any) -> Mapping[str, Outcome]:
    """Every step, after a token that was got; `more` is told of the stack."""
    outcomes = {LOGGED_IN: Outcome(state=State.FINE, says="for the application demo")}
    with serve(gateway.answer) as url, client() as http:
        own = {"models": ["gpt", "flash", "embed"], "otherModels": ["secret"], "client": "demo", "keyAlias": "demo"}
        running = RunningGateway.model_validate({**outputs(url), **own, **more})
        logs = Workspace(id=WORKSPACE, address=url, token=lambda _: {"accessToken": "of-az"})
        for step in GatewayModelSteps(running, http, lambda: TOKEN, LOGGED_IN, logs).steps():
            outcomes[step.name] = attempt(step, outcomes, [TOKEN])
    del outcomes[LOGGED_IN]
    return outcomes


def test_a_gateway_that_is_well_is_proved_model_by_model(gateway: ModelGateway) -> None:
    outcomes = prove(gateway)
    assert {one.state for one in outcomes.values()} == {State.FINE}
    assert list(outcomes) == STEPS
    says = {name: one.says for name, one in outcomes.items()}
    assert says[LISTED] == "embed, flash, gpt"
    assert [says[name] for name in MODELS] == ["answers", "answers", "an embedding of 8 numbers"]
    assert says[REFUSED] == "401 invalid_token, 404 model_not_found, 400 model_missing, 403 model_not_allowed"
    assert says[STREAM] == "gpt: 2 pieces in 0.02 s, 312 tokens"
    assert says[COUNTED] == "312 tokens, 0.000200 USD"


def test_no_call_asks_for_the_count_of_a_stream_itself(gateway: ModelGateway) -> None:
    prove(gateway)
    (stream,) = (one for one in gateway.asked if isinstance(one.body, dict) and one.body.get("stream"))
    assert "stream_options" not in stream.body


def test_a_record_that_comes_later_is_waited_for(gateway: ModelGateway) -> None:
    gateway.late = 20
    assert prove(gateway)[COUNTED].state == State.FINE


def test_a_role_that_is_not_known_yet_is_waited_for(gateway: ModelGateway) -> None:
    well = Answer(200, {"choices": [{"message": {"content": "Yes."}}]})
    gateway.instead["flash"] = [error(502, "provider_refused"), error(502, "provider_refused"), well]
    assert prove(gateway)[MODELS[1]].state == State.FINE


def test_the_role_at_content_safety_is_waited_for_too(gateway: ModelGateway) -> None:
    well = Answer(200, {"choices": [{"message": {"content": "Yes."}}]})
    gateway.instead["flash"] = [error(400, "content_filter"), error(503, "content_not_checked"), well]
    assert prove(gateway)[MODELS[1]].state == State.FINE


def test_an_answer_that_speaks_of_filters_is_an_answer(gateway: ModelGateway) -> None:
    spoken = {"choices": [{"message": {"content": "content_filter, provider_refused"}, "content_filter_results": {}}]}
    gateway.instead["flash"] = [Answer(200, spoken)]
    assert prove(gateway)[MODELS[1]].state == State.FINE


def test_a_prompt_that_is_too_long_to_check_is_refused_where_prompts_are_checked(gateway: ModelGateway) -> None:
    gateway.longest = 10_000
    outcomes = prove(gateway, contentSafety=True)
    assert list(outcomes) == [*STEPS[:-1], TOO_LONG, COUNTED]
    assert {one.state for one in outcomes.values()} == {State.FINE}
    assert outcomes[TOO_LONG].says == "400 content_filter"


@pytest.mark.parametrize("longest", [10_001, 10**6])
def test_prompts_that_nobody_checks_are_found(gateway: ModelGateway, longest: int) -> None:
    gateway.longest = longest
    found = prove(gateway, contentSafety=True)[TOO_LONG]
    assert (found.state, found.says.startswith("with 10,001 characters: POST")) == (State.BAD, True)


def having(**attributes: Any) -> Callable[[ModelGateway], None]:
    return lambda gateway: vars(gateway).update(attributes)


def instead(model: str, answer: Answer) -> Callable[[ModelGateway], None]:
    return lambda gateway: gateway.instead.update({model: [answer]})


EMPTY = Answer(200, {"choices": [{"message": {"content": ""}}]})
OF_GPT = {STREAM: State.SKIPPED, COUNTED: State.SKIPPED}
DEFECTS: dict[str, tuple[Callable[[ModelGateway], None], Mapping[str, State], str]] = {
    # defect: how it is made, what is not proved, what the first of these says
    "it lists a model of somebody else": (
        having(listed=["gpt", "secret"]),
        dict.fromkeys([LISTED], State.BAD) | dict.fromkeys(STEPS[1:], State.SKIPPED),
        "it lists gpt, secret, not embed, flash, gpt",
    ),
    "the provider never takes the gateway's identity": (
        instead("gpt", error(502, "provider_refused")),
        {MODELS[0]: State.BAD, **OF_GPT},
        "after 300 s still POST",
    ),
    "a model is down": (instead("flash", error(503, "no_deployment_available")), {MODELS[1]: State.BAD}, "503"),
    "a model says nothing": (instead("flash", EMPTY), {MODELS[1]: State.BAD}, "flash answered without a word"),
    "a model of neither chat nor embeddings": (
        instead("embed", error(400, "operation_not_supported")),
        {MODELS[2]: State.BAD},
        "operation_not_supported",
    ),
    "it serves who may not": (
        having(allowed={"gpt", "flash", "embed", "secret"}, listed=["gpt", "flash", "embed"]),
        {REFUSED: State.BAD},
        "with secret, which is not its own",
    ),
    "it is open": (having(open=True), {REFUSED: State.BAD}, "with no token"),
    "a stream tells no tokens": (
        having(counts=False),
        {STREAM: State.BAD, COUNTED: State.SKIPPED},
        "it told no count of tokens",
    ),
    "a stream is held back": (
        having(stream_pause=0),
        {STREAM: State.BAD, COUNTED: State.SKIPPED},
        "its 2 pieces arrived all at once",
    ),
    "the logs never have it": (having(late=10_000), {COUNTED: State.BAD}, "no record with its tokens in 900 s"),
    "the logs have it without tokens": (
        having(logged={"streamed": 1, "uncounted": 1, "totalTokens": 0}),
        {COUNTED: State.BAD},
        "no record with its tokens",
    ),
    "the logs have another call only": (
        having(logged={"streamed": 0, "uncounted": 0, "totalTokens": 9}),
        {COUNTED: State.BAD},
        "no record with its tokens",
    ),
    "nobody may read the logs": (having(log_answer=Answer(403, {})), {COUNTED: State.BAD}, "Log Analytics Reader"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_fails_its_step_and_says_what_was_seen(gateway: ModelGateway, defect: str) -> None:
    make, expected, says = DEFECTS[defect]
    make(gateway)
    outcomes = prove(gateway)
    assert {name: one.state for name, one in outcomes.items() if one.state != State.FINE} == expected
    assert says in outcomes[next(iter(expected))].says
    assert all(one.fix for one in outcomes.values() if one.state == State.BAD)
    assert all(TOKEN not in one.says for one in outcomes.values())


@pytest.mark.parametrize("cache", [False, True])
def test_the_command_proves_them_after_the_way_to_litellm(world: World, gateway: ModelGateway, cache: bool) -> None:
    gateway.caches = cache
    gateway.longest = 10_000
    gateway.takes = lambda token: bool(world.tokens.get(token))
    deployment = {"key": "gemini"}
    models = [{"name": name, "provider": "gemini", "deployments": [deployment]} for name in ("gpt", "flash", "secret")]
    told = {"gatewayModels": [{"name": one["name"]} for one in models], "logsWorkspaceId": WORKSPACE}
    told |= {"semanticCacheId": "/redis"} if cache else {}
    gateway.allowed = {"gpt", "flash"}
    settings = {
        "gatewayModels": json.dumps(models),
        "providerKeys": json.dumps({"gemini": "placeholder-provider-key-1"}),
        "clients": json.dumps([{"name": "demo", "models": ["gpt", "flash"]}]),
    }
    if cache:
        settings["contentSafety"] = json.dumps({"account": f"{ACCOUNTS}/accounts/safety"})
    with serve(gateway.answer) as url:
        of_world = world.azure_outputs()
        apis = {"modelApis": {"models": f"{url}/openai/v1"}}
        with (
            mock.patch.object(world, "azure_outputs", return_value={**of_world, **told, **apis}),
            mock.patch("ops.clouds.log_analytics.ADDRESS", url),
            mock.patch("ops.checks.verify.proof.Workspace", _workspace),
        ):
            result = verify(world, "--azure-stack", "azure", "--json", azure_settings=settings)
    steps = states(result)
    assert list(steps) == [
        *(*AWS_STEPS[:-2], *AZURE_STEPS, AWS_STEPS[-2]),
        *(LISTED, MODELS[0], MODELS[1], REFUSED, STREAM, *([TOO_LONG] if cache else ()), COUNTED),
        *([GIVEN_AGAIN, TO_NOBODY_ELSE] if cache else ()),
        AWS_STEPS[-1],
    ]
    assert set(steps.values()) == {"proved"}


def _workspace(**given: Any) -> Workspace:
    return Workspace(**given, token=lambda _: {"accessToken": "of-az"})
