"""What a policy with a semantic cache must do, as cases that are expected to fail against a weakened one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from tests.policies.apim.models.cases import answers
from tests.policies.apim.models.world import EMBEDDINGS, FLASH, GPT, RESPONSES, SMALL, TWIN, ModelWorld, completion
from tests.policies.apim.walker import Response
from tests.policies.apim.world import CLIENT_B

NOT_CACHED = "not cached"
SYSTEM = {"role": "system", "content": "Be brief."}


def user(content: object, **more: object) -> dict[str, object]:
    return {"role": "user", "content": content, **more}


def ask(world: ModelWorld, text: str = "ping", token: str = "client-b", **call: Any) -> str:
    """What the answer says of the cache; a provider is asked exactly where it is no hit."""
    before, asked = len(world.forwarded), len(world.embedded)
    response = world.call(token, **{"model": SMALL, "messages": [SYSTEM, user(text)], **call})
    assert response.status == 200, response
    told = response.headers.get("x-gateway-cache", [NOT_CACHED])[0]
    assert len(world.forwarded) == before + (told != "hit")
    assert len(world.embedded) == asked + (told != NOT_CACHED)
    return told


def never(world: ModelWorld, **call: Any) -> None:
    """Twice the same, and nothing of it cached."""
    assert [ask(world, **call), ask(world, **call)] == [NOT_CACHED, NOT_CACHED]


def once(world: ModelWorld, **call: Any) -> None:
    """Answered by a provider, and then out of the cache."""
    assert [ask(world, **call), ask(world, **call)] == ["miss", "hit"]


# What is the same question


def the_same_question_is_answered_once(world: ModelWorld) -> None:
    numbers = count()
    world.upstream = lambda *_: Response(200, {"Content-Type": ["application/json"]}, completion(f"{next(numbers)}"))
    for model in (GPT, SMALL, FLASH):
        first, second = (world.call(model=model, messages=[SYSTEM, user("ping")]) for _ in range(2))
        assert (first.headers["x-gateway-cache"], second.headers["x-gateway-cache"]) == (["miss"], ["hit"])
        assert second.body == first.body
    assert len(world.forwarded) == next(numbers) == 3


def a_question_that_means_the_same_is_the_same(world: ModelWorld) -> None:
    world.near = {"ping?": ("ping", 0.04), "pong": ("ping", 0.06)}
    assert [ask(world, "ping"), ask(world, "ping?"), ask(world, "pong"), ask(world, "tea")] == [
        "miss",
        "hit",
        "miss",
        "miss",
    ]


def the_nearest_answer_is_given(world: ModelWorld) -> None:
    world.near = {"ping!": ("ping", 0.06), "ping?": ("ping", 0.04)}
    numbers = count()
    world.upstream = lambda *_: Response(200, {}, completion(f"number {next(numbers)}"))
    assert [ask(world, "ping!"), ask(world, "ping"), ask(world, "ping?")] == ["miss", "miss", "hit"]
    assert "number 1" in world.call(model=SMALL, messages=[SYSTEM, user("ping?")]).body


def only_the_question_is_embedded(world: ModelWorld) -> None:
    once(world)
    assert world.embedded == ["ping", "ping"]


def a_question_may_look_like_a_date(world: ModelWorld) -> None:
    once(world, text="2026-01-01T00:00:00Z")


def a_question_fits_into_an_embedding(world: ModelWorld) -> None:
    once(world, text="x" * 2000)
    once(world, text="界" * 2000)
    never(world, text="x" * 2001)
    for text in ("", " \n"):
        never(world, text=text)


# Whose answer


def nobody_gets_the_answer_of_another_client(world: ModelWorld) -> None:
    once(world, token="client-b", model=GPT)
    once(world, token="client-a", model=GPT)


def nobody_gets_the_answer_of_another_person_with_the_azure_cli(world: ModelWorld) -> None:
    once(world, token="user")
    once(world, token="another-user")


def a_caller_without_a_subject_is_not_cached(world: ModelWorld) -> None:
    never(world, token="nobody")


def another_model_is_asked_anew_whatever_it_is_called_there(world: ModelWorld) -> None:
    for model in (SMALL, TWIN, GPT, FLASH):
        once(world, model=model)


# What else must be the same, to the letter

TOOL = {"type": "function", "function": {"name": "pay", "parameters": {"type": "object"}}}
DIFFERENT: dict[str, Sequence[Any]] = {
    "temperature": (0, 1, None),
    "tools": ([TOOL], [{**TOOL, "function": {"name": "tell"}}]),
    "response_format": ({"type": "json_object"}, {"type": "text"}),
    "max_tokens": (5, 500),
    "n": (1, 2),
    "seed": (2**60, 2**60 + 1),
    "user": ("ann", "bob", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "/Date(0)/", "/Date(00)/"),
}


def every_setting_of_the_body_counts(world: ModelWorld) -> None:
    for name, values in DIFFERENT.items():
        assert [ask(world, **{name: value}) for value in [*values, *values]] == [
            *["miss"] * len(values),
            *["hit"] * len(values),
        ]


def every_word_beside_the_question_counts(world: ModelWorld) -> None:
    texts = ("Be brief.", "Be long.", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z")
    one, other, *_ = systems = [{"role": "system", "content": text} for text in texts]
    for messages in (
        *([system, user("ping")] for system in systems),
        [one, other, user("ping")],
        [other, one, user("ping")],
        [user("ping"), one],
        [user("ping")],
        [user("ping", name="ann")],
        [user("ping", name="bob")],
    ):
        once(world, messages=messages)


# What is not cached

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
CONVERSATIONS: tuple[object, ...] = (
    [user("ping"), user("ping")],
    [user("pay?"), {"role": "assistant", "content": "Shall I?"}, user("ping")],
    [{"role": "assistant", "content": "Shall I?"}, user("ping")],
    [{"role": "developer", "content": "Be brief."}, user("ping")],
    [user("ping"), {"role": "tool", "tool_call_id": "1", "content": "done"}],
    [{"role": "System", "content": "Be brief."}, user("ping")],
    [{"role": ["system"], "content": "Be brief."}, user("ping")],
    [{"content": "Be brief."}, user("ping")],
    ["Be brief.", user("ping")],
    [SYSTEM],
    [],
    {"role": "user", "content": "ping"},
    "ping",
    None,
)
NO_TEXTS: tuple[object, ...] = ([{"type": "text", "text": "ping"}, IMAGE], [{"type": "text", "text": "ping"}], 1, None)


def a_conversation_is_not_cached(world: ModelWorld) -> None:
    for messages in CONVERSATIONS:
        never(world, messages=messages)


def an_image_is_not_cached(world: ModelWorld) -> None:
    for content in NO_TEXTS:
        never(world, messages=[SYSTEM, user(content)])


def a_stream_is_not_cached(world: ModelWorld) -> None:
    odd: tuple[object, ...] = (True, "true", 1, "yes")
    for stream in odd:
        never(world, stream=stream)
    once(world, stream=False)
    once(world, stream=None)


def other_operations_are_not_cached(world: ModelWorld) -> None:
    for operation in (EMBEDDINGS, RESPONSES):
        never(world, operation=operation)
        never(world, operation=operation, input="ping")


def only_a_good_answer_is_kept(world: ModelWorld) -> None:
    for status in (201, 204, 400, 401, 403, 404, 429, 500, 503):
        world.answers["east"] = answers(status)
        world.call(model=SMALL, messages=[SYSTEM, user(str(status))])
        assert world.kept == []
        del world.answers["east"]
    once(world, text="400")


# How long


def an_answer_is_kept_for_its_time(world: ModelWorld) -> None:
    ask(world)
    world.clock = 299
    assert ask(world) == "hit"
    world.clock = 301
    assert ask(world) == "miss"


def an_answer_that_is_given_again_lives_no_longer_for_it(world: ModelWorld) -> None:
    ask(world)
    world.clock = 200
    assert ask(world) == "hit"
    assert len(world.kept) == 1
    world.clock = 301
    assert ask(world) == "miss"


# What is told


def an_answer_out_of_the_cache_is_whole_whatever_the_cache_does_with_headers(world: ModelWorld) -> None:
    sent = {"Content-Type": ["application/json; charset=utf-8"], "X-Gateway-Cache": ["forged"], "x-ratelimit": ["9"]}
    world.answers["generativelanguage"] = lambda: Response(200, sent, completion())
    own = {"x-gateway-model": [FLASH], "x-gateway-provider": ["gemini"]}
    ask(world, model=FLASH)
    for world.cache_keeps_headers in (False, True):
        answer = world.call(model=FLASH, messages=[SYSTEM, user("ping")])
        assert answer.body == completion()
        kept = {"Content-Type": sent["Content-Type"], "x-ratelimit": ["9"]} if world.cache_keeps_headers else {}
        assert answer.headers == {"Content-Type": ["application/json"], **kept, **own, "x-gateway-cache": ["hit"]}


def a_provider_says_nothing_of_the_cache(world: ModelWorld) -> None:
    world.answers["east"] = lambda: Response(200, {"X-Gateway-Cache": ["hit"]}, completion())
    assert world.call(model=SMALL, messages=[user("ping")]).headers["x-gateway-cache"] == ["miss"]


def an_answer_out_of_the_cache_is_recorded_and_costs_no_tokens(world: ModelWorld) -> None:
    once(world)
    known = {"clientId": CLIENT_B, "client": "batch", "model": SMALL, "provider": "azureOpenAI"}
    assert world.traces == [
        {"message": "admitted", **known},
        {"message": "answered from the cache", **known, "cache": "hit"},
    ]
    assert len(world.metrics) == 1


# Who is refused anyway, and what fails


def a_prompt_is_checked_whose_answer_is_known(world: ModelWorld) -> None:
    once(world)
    world.harm = ("ping", "Violence", 6)
    world.refused(400, "content_filter", model=SMALL, messages=[SYSTEM, user("ping")])
    assert world.embedded == ["ping", "ping"]


def who_is_refused_anyway_gets_no_answer_of_the_cache(world: ModelWorld) -> None:
    call: dict[str, Any] = {"model": GPT, "messages": [SYSTEM, user("ping")]}
    once(world, token="client-a", **call)
    before = len(world.embedded)
    world.refused(401, "invalid_token", "expired", **call)
    world.refused(403, "client_unknown", "stranger", **call)
    world.refused(404, "model_not_found", "client-a", **{**call, "model": "gpt-6"})
    world.refused(403, "model_not_allowed", "client-a", **{**call, "model": SMALL})
    while world.call("client-a", model=GPT, messages=[]).status == 200:
        assert len(world.forwarded) < 9, "there is no limit"
    world.refused(429, "token_rate_limited", "client-a", **call)
    assert len(world.embedded) == before


def a_cache_that_fails_aloud_is_said_to(world: ModelWorld) -> None:
    once(world)
    call: dict[str, Any] = {"model": SMALL, "messages": [SYSTEM, user("ping")]}
    for status in (400, 401, 403, 404, 429, 500, 503):
        world.answers["embeddings"] = answers(status)
        world.refused(503, "cache_failed", **call)
        assert world.traces[-1]["model"] == SMALL
    del world.answers["embeddings"]
    world.cache_is_away = True
    world.refused(503, "cache_failed", **call)
    never(world, stream=True)
    world.cache_is_away = False
    assert ask(world) == "hit"


def a_cache_that_fails_silently_keeps_nobody_from_an_answer(world: ModelWorld) -> None:
    world.failing_cache_raises = False
    for status in (401, 429, 500):
        world.answers["embeddings"] = answers(status)
        assert [ask(world), ask(world)] == ["miss", "miss"]
    del world.answers["embeddings"]
    world.cache_is_away = True
    assert [ask(world), ask(world)] == ["miss", "miss"]
    world.cache_is_away = False
    once(world)


def an_answer_that_cannot_be_kept_is_a_failure_of_the_cache(world: ModelWorld) -> None:
    def goes_away() -> Response:
        world.cache_is_away = True
        return Response(200, {}, completion())

    world.answers["east"] = goes_away
    world.failed(503, "cache_failed", model=SMALL, messages=[SYSTEM, user("ping")])


CASES: Sequence[Callable[[ModelWorld], None]] = [
    the_same_question_is_answered_once,
    a_question_that_means_the_same_is_the_same,
    the_nearest_answer_is_given,
    only_the_question_is_embedded,
    a_question_may_look_like_a_date,
    a_question_fits_into_an_embedding,
    nobody_gets_the_answer_of_another_client,
    nobody_gets_the_answer_of_another_person_with_the_azure_cli,
    a_caller_without_a_subject_is_not_cached,
    another_model_is_asked_anew_whatever_it_is_called_there,
    every_setting_of_the_body_counts,
    every_word_beside_the_question_counts,
    a_conversation_is_not_cached,
    an_image_is_not_cached,
    a_stream_is_not_cached,
    other_operations_are_not_cached,
    only_a_good_answer_is_kept,
    an_answer_is_kept_for_its_time,
    an_answer_that_is_given_again_lives_no_longer_for_it,
    an_answer_out_of_the_cache_is_whole_whatever_the_cache_does_with_headers,
    a_provider_says_nothing_of_the_cache,
    an_answer_out_of_the_cache_is_recorded_and_costs_no_tokens,
    a_prompt_is_checked_whose_answer_is_known,
    who_is_refused_anyway_gets_no_answer_of_the_cache,
    a_cache_that_fails_aloud_is_said_to,
    a_cache_that_fails_silently_keeps_nobody_from_an_answer,
    an_answer_that_cannot_be_kept_is_a_failure_of_the_cache,
]
