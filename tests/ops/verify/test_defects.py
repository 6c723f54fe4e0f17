"""Stacks with one defect each: the step that fails, those that are skipped for it, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any
from unittest import mock

import pytest

from tests.http_server import Answer, Service
from tests.ops.verify.invoke import unproved, verify
from tests.ops.verify.world import ASSET, DEMO_KEY, World, error

OF_COMPLETION = ("stream", "spend row", "trace", "Langfuse bucket", "ClickHouse bucket")
IN_URL = "other model refused in query and path"
OF_LITELLM = (
    *("OpenAPI page", "admin UI", "models", "virtual keys", "completion", "other model refused"),
    *(IN_URL, "no key and wrong key refused", "temporary keys removed", *OF_COMPLETION),
)
CHAT = "litellm POST /v1/chat/completions"
ASKED_OF_CHAT = ("completion", "other model refused", "no key and wrong key refused")

ROUTES: dict[str, tuple[Collection[str], Collection[str]]] = {
    # what is asked: the steps that ask it, and those that are skipped when they fail
    "litellm GET /health/readiness": (["LiteLLM"], OF_LITELLM),
    "litellm GET /": (["OpenAPI page"], ()),
    "litellm GET /openapi.json": (["OpenAPI page"], ()),
    "litellm GET /ui/": (["admin UI"], ()),
    f"litellm GET {ASSET}": (["admin UI"], ()),
    "litellm GET /v1/models": (["models", "virtual keys", "no key and wrong key refused"], ()),
    CHAT: (ASKED_OF_CHAT, (*OF_COMPLETION, IN_URL)),
    "litellm GET /spend/logs": (["spend row"], ()),
    "langfuse GET /auth/sign-in": (["Langfuse login page"], ["Langfuse API", "trace"]),
    "langfuse GET /api/public/projects": (["Langfuse API"], ["trace"]),
    "langfuse GET /api/public/v2/observations": (["trace"], ()),
    "entra POST /tenant-1/oauth2/v2.0/token": (["Entra ID token"], ["completion through the gateway"]),
    "gateway POST /v1/chat/completions": (["completion through the gateway", "gateway refuses without a token"], ()),
    "apim_entry POST /v1/chat/completions": (["entry for API Management closed"], ()),
}


@pytest.mark.parametrize("answer", [Answer(500, "Internal Server Error"), Answer(200, "<p>It works!</p>")])
@pytest.mark.parametrize("route", ROUTES)
def test_another_answer_than_expected_fails_the_steps_that_asked(world: World, route: str, answer: Answer) -> None:
    world.instead[route] = answer
    result = verify(world, "--azure-stack", "azure", "--json")
    failed, skipped = ROUTES[route]
    assert unproved(result) == dict.fromkeys(failed, "failed") | dict.fromkeys(skipped, "skipped")
    assert result.exit_code == 1


Change = Callable[[World], object]


def answering(route: str, answer: Answer | Service) -> Change:
    return lambda world: world.instead.update({route: answer})


def having(**attributes: Any) -> Change:
    return lambda world: vars(world).update(attributes)


def hold_back_the_stream(world: World) -> None:
    whole = "".join(world.stream())
    having(stream=lambda: iter([whole]))(world)


def forget_the_key(world: World) -> None:
    del world.keys[DEMO_KEY]


YES = Answer(200, {"choices": [{"message": {"content": "Yes."}}]})

DEFECTS: dict[str, tuple[Change, Collection[str], Collection[str], str]] = {
    # defect: how it is made, the steps that fail, those that are skipped for it, what the first that fails says
    "LiteLLM runs without its database": (
        answering("litellm GET /health/readiness", Answer(200, {"status": "healthy", "db": "Not connected"})),
        ["LiteLLM"],
        OF_LITELLM,
        "Not connected",
    ),
    "the OpenAPI document is of something else": (
        answering("litellm GET /openapi.json", Answer(200, {"info": {"title": "Other"}, "paths": {}})),
        ["OpenAPI page"],
        (),
        "without /v1/chat/completions",
    ),
    "an asset is answered with the page": (
        answering(f"litellm GET {ASSET}", Answer(200, "<!DOCTYPE html>")),
        ["admin UI"],
        (),
        "is text/html, no style sheet and no script",
    ),
    "a model is missing": (having(models=["nova-lite"]), ["models"], (), "but not echo"),
    "a key is not known": (
        forget_the_key,
        ["virtual keys", "completion", "other model refused", "completion through the gateway"],
        (*OF_COMPLETION, IN_URL),
        "token_not_found_in_db",
    ),
    "a key may use every model": (
        having(keys={DEMO_KEY: ["nova-lite", "echo"]}),
        ["virtual keys", "other model refused"],
        [IN_URL],
        "the key demo may use echo, nova-lite, not nova-lite",
    ),
    "another model is refused as to a stranger": (
        having(to_other_model=error(401, "key_model_access_denied")),
        ["other model refused"],
        [IN_URL],
        "answered 401",
    ),
    "another model is refused for another reason": (
        having(to_other_model=error(403, "budget_exceeded")),
        ["other model refused"],
        [IN_URL],
        "budget_exceeded",
    ),
    **{
        f"the model of the {where} is served": (
            having(serves_model_of={where}),
            [IN_URL],
            (),
            f"echo in the {where} with a key that may not use it: POST",
        )
        for where in ("query", "path /openai/deployments", "path /engines")
    },
    "LiteLLM has no master key": (
        having(wide_open=True),
        ["virtual keys", "other model refused", "no key and wrong key refused"],
        [IN_URL],
        "may use",
    ),
    "who has no key is answered": (
        having(to_no_key=YES),
        ["no key and wrong key refused"],
        (),
        "LiteLLM is wide open with no key: GET",
    ),
    "who has a wrong key is answered": (
        having(to_wrong_key=YES),
        ["no key and wrong key refused"],
        (),
        "LiteLLM is wide open with a wrong key: GET",
    ),
    "the provider refuses": (
        having(complete=lambda body: error(404, "None", "litellm.NotFoundError: BedrockException")),
        ["completion", "completion through the gateway"],
        OF_COMPLETION,
        "BedrockException",
    ),
    "a model answers without a word": (
        having(complete=lambda body: Answer(200, {"choices": [{"message": {"content": None}}]})),
        ["completion", "completion through the gateway"],
        OF_COMPLETION,
        "without a word",
    ),
    "a stream is held back": (hold_back_the_stream, ["stream"], (), "arrived all at once"),
    "a stream breaks off": (
        having(stream=lambda: iter(['data: {"error": {"message": "throttled"}}\n\n'])),
        ["stream"],
        (),
        "throttled",
    ),
    "a stream ends early": (
        having(stream=lambda: iter(['data: {"choices": [{"delta": {"content": "one"}}]}\n\n'])),
        ["stream"],
        (),
        "ended without [DONE]",
    ),
    "a stream is empty": (having(stream=lambda: iter(["data: [DONE]\n\n"])), ["stream"], (), "not a word"),
    "no spend is written": (
        answering("litellm GET /spend/logs", Answer(200, [])),
        ["spend row"],
        (),
        "no row for the completion in 90 s",
    ),
    "spend is written without tokens": (
        answering("litellm GET /spend/logs", Answer(200, [{"total_tokens": 0, "spend": 0}])),
        ["spend row"],
        (),
        "counts no tokens",
    ),
    "Langfuse has other keys": (
        answering("langfuse GET /api/public/projects", Answer(401, {"message": "Invalid credentials."})),
        ["Langfuse API"],
        ["trace"],
        "Invalid credentials.",
    ),
    "no trace arrives": (
        answering("langfuse GET /api/public/v2/observations", Answer(200, {"data": []})),
        ["trace"],
        (),
        "in 90 s",
    ),
    "the trace has lost its user": (
        answering(
            "langfuse GET /api/public/v2/observations",
            lambda request: Answer(200, {"data": [] if "userId" in request.query else [{"traceId": "1"}]}),
        ),
        ["trace"],
        (),
        "metadata.trace_user_id",
    ),
    "one completion has two traces": (
        answering(
            "langfuse GET /api/public/v2/observations", Answer(200, {"data": [{"traceId": "1"}, {"traceId": "2"}]})
        ),
        ["trace"],
        (),
        "has 2 traces",
    ),
    "a role never reaches the tokens": (
        having(tokens_without_role=1000),
        ["completion through the gateway"],
        (),
        "role_missing",
    ),
    "the gateway lets in whoever calls": (
        answering("gateway POST /v1/chat/completions", YES),
        ["gateway refuses without a token"],
        (),
        "with no token: POST",
    ),
    "the gateway does not look at signatures": (
        having(
            gateway=lambda request: error(401, "", "invalid_token") if "authorization" not in request.headers else YES
        ),
        ["gateway refuses without a token"],
        (),
        "with a token whose signature is wrong: POST",
    ),
    "the entry for API Management is open": (
        having(apim_entry=lambda request: error(401, "auth_error", "No api key passed in.")),
        ["entry for API Management closed"],
        (),
        "answered 401",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_fails_its_step_which_says_why(world: World, defect: str) -> None:
    change, failed, skipped, says = DEFECTS[defect]
    change(world)
    result = verify(world, "--azure-stack", "azure", "--json")
    assert unproved(result) == dict.fromkeys(failed, "failed") | dict.fromkeys(skipped, "skipped")
    assert result.exit_code == 1
    steps = {step["step"]: step for step in json.loads(result.stdout)["steps"]}
    assert says in steps[next(iter(failed))]["says"]
    assert all(steps[name]["means"] for name in failed)
    assert all("was not proved" in steps[name]["says"] for name in skipped)


@pytest.mark.parametrize(
    ("prefix", "step"), [("events/", "Langfuse bucket"), ("clickhouse/", "ClickHouse bucket")], ids=["events", "tables"]
)
def test_a_bucket_with_nothing_new_fails(world: World, prefix: str, step: str) -> None:
    outputs = world.outputs()
    del world.buckets[prefix]
    with mock.patch.object(World, "outputs", return_value=outputs):
        result = verify(world, "--json")
    assert unproved(result) == {step: "failed"}
    assert f"/{prefix} in 60 s" in result.stdout
    assert result.exit_code == 1


def test_a_bucket_that_is_not_there_skips_the_look_for_new_objects(world: World) -> None:
    result = verify(world, "--json", outputs={"clickhouseBucket": "none-such"})
    expected = {"buckets": "failed", "Langfuse bucket": "skipped", "ClickHouse bucket": "skipped"}
    assert unproved(result) == expected
    assert "NoSuchBucket" in result.stdout
    assert result.exit_code == 1


def test_what_comes_a_little_later_is_waited_for(world: World) -> None:
    rows, traces = "litellm GET /spend/logs", "langfuse GET /api/public/v2/observations"
    world.instead[rows] = lambda request: Answer(200, []) if world.asked.count(rows) < 3 else world.litellm(request)
    world.instead[traces] = lambda request: (
        Answer(200, {"data": []}) if world.asked.count(traces) < 3 else world.langfuse(request)
    )
    world.tokens_without_role = 2
    result = verify(world, "--azure-stack", "azure", "--json")
    assert unproved(result) == {}
    assert world.asked.count(rows) == world.asked.count(traces) == len(world.tokens) == 3
