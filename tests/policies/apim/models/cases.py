"""What the policy of the model gateway must do, as cases that are expected to fail against a weakened one."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

from policies.apim.models import RETRIES
from tests.policies.apim.cases import CREDENTIALS, FORGED, ORDERS
from tests.policies.apim.models.world import (
    CHAT,
    EMBEDDINGS,
    FLASH,
    GPT,
    MODELS,
    RESPONSES,
    SMALL,
    ModelWorld,
    completion,
)
from tests.policies.apim.walker import Response
from tests.policies.apim.world import CLIENT_A, TOKENS

CASES: dict[str, Callable[[ModelWorld], object]] = {}


def case(run: Callable[[ModelWorld], object]) -> Callable[[ModelWorld], object]:
    """Register a function as a case."""
    CASES[run.__name__] = run
    return run


def each(name: str, values: Iterable[str], run: Callable[[ModelWorld, str], object]) -> None:
    """Register one case per value, named after it."""
    for value in values:
        CASES[f"{name}[{value}]"] = functools.partial(lambda value, world: run(world, value), value)


def answers(status: int, **headers: str) -> Callable[[], Response]:
    """A provider that answers so."""
    body = json.dumps({"error": {"message": "by the provider", "code": str(status)}})
    return lambda: Response(status, {name.replace("_", "-"): [text] for name, text in headers.items()}, body)


# Callers

each(
    "a_token_that_is_not_for_us_is_refused",
    [name for name in TOKENS if "client-id" in name]
    + ["unsigned", "", "expired", "not-yet-valid", "foreign-tenant", "other-audience"],
    lambda world, token: world.refused(401, "invalid_token", token),
)
each(
    "a_token_without_the_role_is_refused",
    ["no-role", "empty-roles", "role-of-another-application", "longer-role", "roles-that-join-to-the-role"],
    lambda world, token: world.refused(403, "role_missing", token),
)


@case
def every_operation_wants_a_token(world: ModelWorld) -> None:
    for operation in (CHAT, EMBEDDINGS, RESPONSES, MODELS):
        world.refused(401, "invalid_token", None, operation=operation)


@case
def an_application_that_is_no_client_is_refused_whatever_it_asks(world: ModelWorld) -> None:
    for operation in (CHAT, MODELS):
        world.refused(403, "client_unknown", "stranger", operation=operation)


@case
def a_client_is_known_in_the_logs(world: ModelWorld) -> None:
    world.passed("client-a")
    known = {"clientId": CLIENT_A, "client": "chat", "model": GPT, "provider": "azureOpenAI"}
    assert world.traces == [{"message": "admitted", **known}]


@case
def a_client_is_slowed_down(world: ModelWorld) -> None:
    for _ in range(120):
        world.call(body="{")
    world.clock = 20
    assert world.refused(429, "rate_limited").headers["Retry-After"] == ["40"]


# Headers, path, query


def _is_deleted(world: ModelWorld, name: str) -> None:
    for model in (GPT, FLASH):
        for spelled in (name, name.upper()):
            headers = {} if name == "Authorization" else {spelled: "secret-of-the-caller"}
            _, forwarded, _ = world.passed(headers=headers, model=model)
            assert "secret-of-the-caller" not in str(forwarded)
            assert "client-b" not in str(forwarded)


each("a_provider_does_not_see_the_header", [*FORGED, *ORDERS, *CREDENTIALS], _is_deleted)


@case
def a_caller_chooses_no_trace(world: ModelWorld) -> None:
    _, forwarded, _ = world.passed(headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-00", "TraceState": "x=y"})
    assert not {"traceparent", "tracestate"} & set(forwarded)


@case
def a_provider_sees_the_path_of_the_operation_and_no_query(world: ModelWorld) -> None:
    for operation in (CHAT, EMBEDDINGS, RESPONSES):
        address, _, _ = world.passed(model=SMALL, operation=operation, url=f"{operation}?api-version=1&model=gpt")
        assert address == f"https://east.openai.azure.com/openai/v1{operation.removeprefix('/v1')}"
    address, _, _ = world.passed(model=FLASH)
    assert address == "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"


@case
def azure_openai_gets_the_identity_and_gemini_its_key(world: ModelWorld) -> None:
    assert "token of" in world.passed(model=GPT)[1]["authorization"][0]
    assert "token of" not in world.passed(model=FLASH)[1]["authorization"][0]


# Models


@case
def the_body_names_the_model_and_the_provider_gets_its_own_name_for_it(world: ModelWorld) -> None:
    assert world.passed(model=GPT)[2]["model"] == "gpt-5-mini-2025"
    assert world.passed(model=SMALL)[2]["model"] == SMALL
    assert world.passed(model=FLASH)[2]["model"] == FLASH
    assert world.forwarded[-1][0].startswith("https://generativelanguage.")


@case
def of_two_models_in_a_body_the_one_that_is_checked_is_the_one_that_is_asked(world: ModelWorld) -> None:
    both = f'{{"model": "{SMALL}", "model": "{FLASH}", "messages": []}}'
    assert world.passed("client-a", body=both)[2] == {"model": FLASH, "messages": []}
    world.refused(403, "model_not_allowed", "client-a", body=both.replace(SMALL, "x").replace(FLASH, SMALL))


NO_MODEL = {
    "no JSON": "{",
    "empty": " ",
    "a list": "[]",
    "text": '"gpt-5-mini"',
    "null": '{"model": null}',
    "no model": "{}",
    "empty model": '{"model": ""}',
    "an object": '{"model": {"a": "gpt-5-mini"}}',
    "a list of models": '{"model": ["gpt-5-mini"]}',
    "two documents": '{"model": "small"} {}',
}
each(
    "a_body_without_a_model_is_refused",
    NO_MODEL,
    lambda world, name: world.refused(400, "model_missing", body=NO_MODEL[name]),
)


@case
def a_request_without_a_body_is_refused(world: ModelWorld) -> None:
    world.refused(400, "model_missing", body=None)


each(
    "a_model_that_is_not_there_is_refused_in_the_shape_of_openai",
    ["gpt-6", "GPT-5-MINI", "gpt-5-mini ", "gpt-5-mini-2025", "gpt-5-mini small", "model-small-1", "a\nb"],
    lambda world, model: world.refused(404, "model_not_found", model=model),
)


@case
def a_client_may_use_its_own_models_only(world: ModelWorld) -> None:
    world.passed("client-a", model=FLASH)
    world.refused(403, "model_not_allowed", "client-a", model=SMALL)
    world.passed("client-b", model=SMALL)
    world.passed("user", model=SMALL)


@case
def exactly_the_models_that_a_client_may_use_are_listed(world: ModelWorld) -> None:
    for token, models in {
        "client-a": [GPT, FLASH],
        "client-b": [GPT, SMALL, FLASH],
        "user": [GPT, SMALL, FLASH],
    }.items():
        response = world.call(token, operation=MODELS)
        listed = json.loads(response.body)
        assert (response.status, listed["object"]) == (200, "list")
        assert [model["id"] for model in listed["data"]] == models
        assert {model["object"] for model in listed["data"]} == {"model"}
        assert response.headers["Content-Type"] == ["application/json"]
    assert world.forwarded == []


@case
def an_operation_that_a_provider_does_not_have_is_refused(world: ModelWorld) -> None:
    world.refused(400, "operation_not_supported", model=FLASH, operation=RESPONSES)
    world.passed(model=GPT, operation=RESPONSES)
    world.passed(model=FLASH, operation=EMBEDDINGS)


@case
def the_answer_says_which_model_it_is_of(world: ModelWorld) -> None:
    world.answers["east"] = lambda: Response(200, {"X-Gateway-Model": ["forged"]}, completion())
    assert world.call().headers == {"x-gateway-model": [GPT], "x-gateway-provider": ["azureOpenAI"]}


# Bodies and streams


@case
def a_stream_is_asked_to_tell_its_tokens(world: ModelWorld) -> None:
    assert world.passed(stream=True)[2]["stream_options"] == {"include_usage": True}
    odd: tuple[object, ...] = ({"include_usage": False}, None, "x", [])
    for options in odd:
        assert world.passed(stream=True, stream_options=options)[2]["stream_options"] == {"include_usage": True}
    other = world.passed(stream=True, stream_options={"include_obfuscation": False})[2]["stream_options"]
    assert other == {"include_usage": True, "include_obfuscation": False}


@case
def nothing_is_added_where_no_stream_is_asked_for(world: ModelWorld) -> None:
    for stream in ({}, {"stream": False}, {"stream": None}):
        assert "stream_options" not in world.passed(**stream)[2]
    assert "stream_options" not in world.passed(model=SMALL, operation=RESPONSES, stream=True)[2]


TEXTS = (
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T10:00:00+09:00",
    "/Date(1234656000000)/",
    'say "2026-01-01T10:00:00+09:00" twice: "2026-01-01T10:00:00+09:00"',
    "日本語 \\ \" ' < & \u2028",
    "\u0001 and \\u0001",
)


@case
def every_other_word_of_the_body_arrives_as_it_was(world: ModelWorld) -> None:
    for text in TEXTS:
        sent: dict[str, Any] = {
            "messages": [{"role": "user", "content": text}],
            "seed": 2**60,
            "temperature": 0.1,
            "n": None,
            text: text,
        }
        body = world.passed(**sent)[2]
        assert {name: value for name, value in body.items() if name != "model"} == sent
    slashes = '{"model": "small", "user": "\\/Date(1234656000000)\\/"}'
    assert world.passed(body=slashes)[2]["user"] == "/Date(1234656000000)/"


# Limits


@case
def a_client_has_its_tokens_of_the_minute(world: ModelWorld) -> None:
    for _ in range(3):
        world.passed("client-a")  # 8 tokens each, of 20
    world.clock = 20
    assert world.refused(429, "token_rate_limited", "client-a").headers["Retry-After"] == ["40"]
    world.passed("client-b")
    world.clock = 61
    world.passed("client-a")


@case
def a_client_has_its_tokens_of_the_day(world: ModelWorld) -> None:
    for minute in range(8):
        world.clock = 100.0 * minute
        world.passed("client-a", model=FLASH)
    world.clock = 1000
    response = world.refused(403, "token_quota_exceeded", "client-a")
    assert "Retry-After" not in response.headers
    world.passed("client-b")


@case
def the_tokens_of_a_call_are_a_metric_by_client_and_model(world: ModelWorld) -> None:
    world.passed("client-a", model=FLASH)
    known = {"Client": "chat", "Model": FLASH, "Provider": "gemini"}
    assert world.metrics == [{**known, "Total Tokens": 8}]


# Deployments: failover, breakers, weights


def _asked(world: ModelWorld) -> list[str]:
    return [id_.rpartition("-")[2] for id_ in world.backends_.asked]


def _fails_over(world: ModelWorld, status: str) -> None:
    world.answers["east"] = answers(int(status))
    world.passed()
    assert _asked(world)[0] == "1"
    assert _asked(world)[1] in ("2", "3")
    assert [body["model"] for _, _, body in world.forwarded] == ["gpt-5-mini-2025"] * 2


each("another_deployment_is_asked_after", ["429", "500", "502", "503", "504", "529"], _fails_over)


def _told(world: ModelWorld, status: str) -> None:
    world.answers["east"] = answers(int(status), x_ms_region="East US")
    response = world.call()
    assert (response.status, json.loads(response.body)["error"]["message"]) == (int(status), "by the provider")
    assert _asked(world) == ["1"]
    del world.answers["east"]
    world.passed()
    assert _asked(world) == ["1", "1"], "the breaker opened"


each("what_is_the_callers_own_fault_is_told_and_not_repeated", ["400", "404", "408", "409", "413", "422"], _told)


def _not_accepted(world: ModelWorld, status: str) -> None:
    world.answers["east"] = answers(int(status))
    world.failed(502, "provider_refused")
    assert _asked(world) == ["1"]


each("a_provider_that_does_not_accept_the_gateway_is_no_fault_of_the_caller", ["401", "403"], _not_accepted)


@case
def an_answer_is_never_asked_for_twice(world: ModelWorld) -> None:
    world.passed()
    world.answers["east"] = lambda: Response(200, stream=iter(["data: one\n\n", "data: [DONE]\n\n"]))
    response = world.call(stream=True)
    assert response.stream
    assert list(response.stream) == ["data: one\n\n", "data: [DONE]\n\n"]
    assert _asked(world) == ["1", "1"]


@case
def a_request_is_repeated_twice_at_most(world: ModelWorld) -> None:
    for account in ("east", "west", "north", "south"):
        world.answers[account] = answers(429, Retry_After="7")
    response = world.call()
    assert (response.status, response.headers["Retry-After"]) == (429, ["7"])
    assert len(_asked(world)) == 1 + RETRIES


@case
def a_model_with_one_deployment_is_asked_once(world: ModelWorld) -> None:
    world.answers["east"] = answers(429)
    assert world.call(model=SMALL).status == 429
    assert len(world.forwarded) == 1


@case
def a_deployment_that_failed_gets_no_request_until_it_is_time(world: ModelWorld) -> None:
    world.answers["east"] = answers(500)
    world.passed()
    del world.answers["east"]
    world.clock = 29
    world.passed()
    assert _asked(world)[-1] != "1"
    world.clock = 31
    world.passed()
    assert _asked(world)[-1] == "1"


@case
def a_pool_in_which_nobody_is_left_says_so(world: ModelWorld) -> None:
    for account in ("east", "west", "north", "south"):
        world.answers[account] = answers(500)
    world.call()
    world.failed(503, "no_deployment_available")
    assert sorted(_asked(world)) == ["1", "2", "3", "4"]
    world.clock = 31
    world.answers.clear()
    world.passed()


@case
def weights_share_the_requests_of_one_priority(world: ModelWorld) -> None:
    world.answers["east"] = answers(429, Retry_After="3600")
    for _ in range(8):
        world.passed()
    assert _asked(world).count("3") == 3 * _asked(world).count("2") == 6
    assert "4" not in _asked(world)


@case
def a_provider_that_is_gone_or_slow_is_said_to_be(world: ModelWorld) -> None:
    def gone() -> Response:
        raise ConnectionError("no such host east.openai.azure.com")

    world.answers["east"] = gone
    world.failed(502, "provider_unreachable")
    world.answers["east"] = lambda: Response(200, {}, completion(), seconds=241)
    world.failed(504, "provider_timeout")
    world.answers["east"] = lambda: Response(200, {}, completion(), seconds=229)
    world.passed()
    assert len(_asked(world)) == 3


@case
def an_error_of_the_gateway_tells_nothing(world: ModelWorld) -> None:
    many = {f"x-litellm-{number}": "x" for number in range(60)}
    world.refused(500, "gateway_error", headers=many)
