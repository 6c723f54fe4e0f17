"""What the policies must do, as cases that run against a policy and are expected to fail against a weakened one."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from policies.apim import APIM_ENTRY_HEADER, Mode
from tests.policies.apim.walker import Response
from tests.policies.apim.world import (
    APIM_ENTRY_KEY,
    CLIENT_A,
    CLIENT_B,
    KEY_A,
    KEY_B,
    KEY_C,
    TOKENS,
    VAULT,
    World,
)


@dataclass(frozen=True)
class Case:
    """One behaviour of the policies of `modes`."""

    name: str
    modes: tuple[Mode, ...]
    run: Callable[[World], object]


CASES: list[Case] = []
BOTH: tuple[Mode, ...] = ("header", "keyVault")


def case(*modes: Mode) -> Callable[[Callable[[World], object]], Callable[[World], object]]:
    """Register a function as a case of these modes, of both when none is named."""

    def register(run: Callable[[World], object]) -> Callable[[World], object]:
        CASES.append(Case(run.__name__, modes or BOTH, run))
        return run

    return register


def each(name: str, values: Iterable[str], run: Callable[[World, str], object], *modes: Mode) -> None:
    """Register one case per value, named after it."""
    CASES.extend(Case(f"{name}[{value}]", modes or BOTH, functools.partial(_run, run, value)) for value in values)


def _run(run: Callable[[World, str], object], value: str, world: World) -> None:
    run(world, value)


# Tokens


def _admitted(world: World, token: str) -> None:
    forwarded = world.passed(token)
    assert forwarded["x-litellm-api-key"] == [KEY_A]
    assert forwarded["langfuse_trace_user_id"] == [CLIENT_A]
    assert world.traces == [{"message": "admitted", "clientId": CLIENT_A}]


each("a_valid_token_is_admitted", ["client-a", "client-a-v1", "client-a-upper-case", "two-roles"], _admitted)


def _no_valid_token(world: World, token: str) -> None:
    response = world.refused(401, "invalid_token", token)
    assert response.headers["WWW-Authenticate"] == ['Bearer error="invalid_token"']
    assert not world.vault_urls


each(
    "a_token_that_is_not_for_us_is_refused",
    ["unsigned", "", "expired", "not-yet-valid", "foreign-tenant", "other-audience"],
    _no_valid_token,
)
each("a_token_without_a_client_id_is_refused", [name for name in TOKENS if "client-id" in name], _no_valid_token)


@case()
def a_request_without_a_token_is_refused(world: World) -> None:
    world.refused(401, "invalid_token", None)


@case()
def a_token_with_another_scheme_is_refused(world: World) -> None:
    world.refused(401, "invalid_token", headers={"Authorization": "Basic client-a"})


@case()
def a_second_token_does_not_help(world: World) -> None:
    world.refused(401, "invalid_token", headers={"Authorization": ["Bearer client-a", "Bearer client-b"]})


def _without_the_role(world: World, token: str) -> None:
    world.refused(403, "role_missing", token)
    assert world.traces == [{"message": "refused", "clientId": CLIENT_A, "code": "role_missing", "reason": "none"}]
    assert not world.vault_urls


each(
    "a_token_without_the_role_is_refused",
    ["no-role", "empty-roles", "role-of-another-application", "longer-role", "roles-that-join-to-the-role"],
    _without_the_role,
)

# Headers

FORGED = ("Authorization", "api-key", "x-api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key", "Cookie")
ORDERS = (
    "x-litellm-customer-id",
    "x-litellm-tags",
    "x-litellm-enable-message-redaction",
    "X-LITELLM-Spend-Logs-Metadata",
    "litellm-enable-message-redaction",
    "Litellm_User_Api_Key",
    "X-Litellm-Key",
)


def _is_deleted(world: World, name: str) -> None:
    headers = {} if name == "Authorization" else {name: KEY_B}
    assert KEY_B not in str(world.passed(headers=headers))
    shouted = {} if name == "Authorization" else {name.upper(): KEY_B}
    forwarded = world.passed(headers=shouted)
    assert KEY_B not in str(forwarded)
    assert name.lower() not in set(forwarded) - {APIM_ENTRY_HEADER}


# LiteLLM would write them into the trace, readable by every member of the Langfuse project.
CREDENTIALS = (
    "Apim-Debug-Authorization",
    "Proxy-Authorization",
    "X-Auth",
    "Cookie2",
    "X-Client-Credential",
    "X-Functions-Key",
    "X-Password",
    "Langfuse_Secret",
    "X-Ms-Token-Aad-Access-Token",
    "X-Amz-Content-Sha256",
)

each("litellm_does_not_see_the_header", [*FORGED, *ORDERS, *CREDENTIALS], _is_deleted)


@case()
def litellm_sees_no_forged_header_when_all_come_together(world: World) -> None:
    forwarded = world.passed(headers=dict.fromkeys((*FORGED[1:], *ORDERS, *CREDENTIALS), KEY_B))
    assert set(forwarded) == {"content-type", "x-litellm-api-key", "langfuse_trace_user_id", APIM_ENTRY_HEADER}
    assert forwarded["x-litellm-api-key"] == [KEY_A]


@case()
def more_orders_to_litellm_than_the_policy_deletes_are_refused(world: World) -> None:
    world.passed(headers={f"x-litellm-{number}": "x" for number in range(50)})
    world.refused(500, "gateway_error", headers={f"x-litellm-{number}": "x" for number in range(60)})


@case()
def the_apim_entry_key_comes_from_the_backend_entity_alone(world: World) -> None:
    forged = {APIM_ENTRY_HEADER.upper(): "guess"}
    assert world.passed(headers=forged)[APIM_ENTRY_HEADER] == [APIM_ENTRY_KEY]


@case()
def the_client_in_langfuse_cannot_be_forged(world: World) -> None:
    forwarded = world.passed(headers={"Langfuse_Trace_User_Id": CLIENT_B})
    assert forwarded["langfuse_trace_user_id"] == [CLIENT_A]


@case()
def a_caller_chooses_no_trace_and_hides_from_none(world: World) -> None:
    not_sampled = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-00", "TraceState": "vendor=x"}
    assert not {"traceparent", "tracestate"} & set(world.passed(headers=not_sampled))


@case()
def other_headers_reach_litellm_unchanged(world: World) -> None:
    sent = {"langfuse_session_id": "session-7", "User-Agent": "openai-python", "x-request-id": "1"}
    forwarded = world.passed(headers=sent)
    assert {name: forwarded[name.lower()] for name in sent} == {name: [value] for name, value in sent.items()}


# Target


PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/models")
QUERIES = ("model=big", "MODEL=big", "a=b&model=big", "model=small&model=big", "deployment_id=big", "key=sk-x", "")


def _no_query(world: World, query: str) -> None:
    for path in PATHS:
        world.passed(url=f"{path}?{query}", operation=path)
        assert world.urls[-1] == path


each("litellm_sees_no_query", QUERIES, _no_query)


@case()
def litellm_sees_the_path_of_the_operation_however_it_was_written(world: World) -> None:
    for path in ("/V1/Models", "/v1/models/", "/v1%2fmodels", "/openai/deployments/big/../../../v1/models"):
        world.passed(url=path, operation="/v1/models")
        assert world.urls[-1] == "/v1/models"


# LiteLLM


def _answers(response: Response) -> Callable[[], Response]:
    return lambda: response


def _unchanged(world: World, status: str) -> None:
    own = Response(int(status), {"server": ["uvicorn"], "retry-after": ["7"]}, '{"error": {"message": "by LiteLLM"}}')
    world.litellm_answer = _answers(own)
    assert world.call() == own


each(
    "what_litellm_answers_is_passed_on_unchanged", ["200", "400", "401", "403", "429", "500", "502", "503"], _unchanged
)


@case()
def litellm_that_is_gone_is_said_to_be_gone(world: World) -> None:
    def gone() -> Response:
        raise ConnectionError("no such host genai-1234.elb.amazonaws.com")

    world.litellm_answer = gone
    assert "elb.amazonaws.com" not in world.failed(502, "backend_unreachable").body
    assert world.traces[-1]["reason"] == "forward-request BackendConnectionFailure"


@case()
def litellm_that_is_slow_is_waited_for(world: World) -> None:
    world.litellm_answer = _answers(Response(200, {}, '{"id": "chat"}', seconds=229))
    world.passed()
    world.litellm_answer = _answers(Response(200, {}, '{"id": "chat"}', seconds=241))
    world.failed(504, "backend_timeout")


def _load_balancer(world: World, status: str) -> None:
    world.litellm_answer = _answers(Response(int(status), {"Server": ["awselb/2.0"]}, "<html>"))
    world.failed(504 if status == "504" else 502, "backend_timeout" if status == "504" else "backend_unreachable")


each("an_error_page_of_the_load_balancer_is_explained", ["502", "503", "504"], _load_balancer)


@case()
def an_answer_that_came_through_the_load_balancer_is_not_its_own(world: World) -> None:
    for status in (200, 429, 500, 505):
        answer = Response(status, {"Server": ["awselb/2.0"]}, "{}")
        world.litellm_answer = _answers(answer)
        assert world.call() == answer


@case()
def an_error_of_the_gateway_tells_nothing(world: World) -> None:
    world.backends = {}
    world.refused(500, "gateway_error")


# Header mode: the key comes from the caller

GOOD_KEYS = ("sk-" + "x" * 16, "sk-" + "x" * 128, "sk-A_b-0123456789012")
BAD_KEYS = {
    "15 characters": "sk-" + "x" * 15,
    "129 characters": "sk-" + "x" * 129,
    "newline at the end": KEY_C + "\n",
    "newline inside": KEY_C + "\r\napi-key: 1",
    "space before": " " + KEY_C,
    "text before": "x" + KEY_C,
    "text after": KEY_C + " x",
    "with Bearer": "Bearer " + KEY_C,
    "no key at all": "client-a",
    "not ASCII": "sk-" + "é" * 20,
    "wildcard": "sk-" + "*" * 20,
}


@case("header")
def a_key_in_the_right_shape_is_passed_on(world: World) -> None:
    for key in GOOD_KEYS:
        world.litellm_keys.add(key)
        assert world.passed("client-b", key=key)["x-litellm-api-key"] == [key]


@case("header")
def a_request_without_a_key_is_refused(world: World) -> None:
    world.refused(401, "key_missing", key=None)
    world.refused(401, "key_missing", headers={"x-litellm-api-key": ""})
    response = world.refused(401, "key_missing", headers={"x-litellm-api-key": [KEY_A, KEY_B]})
    assert "invalid_token" not in response.headers["WWW-Authenticate"][0]


each(
    "a_key_in_the_wrong_shape_is_refused",
    BAD_KEYS,
    lambda world, name: world.refused(401, "key_missing", "client-b", key=BAD_KEYS[name]),
    "header",
)


@case("header")
def a_key_in_another_header_is_no_key(world: World) -> None:
    world.refused(401, "key_missing", key=None, headers=dict.fromkeys((*FORGED[1:], *ORDERS), KEY_A))


@case("header")
def a_client_with_bound_keys_may_use_only_those(world: World) -> None:
    world.passed("client-a", key=KEY_A)
    world.refused(403, "key_not_allowed", "client-a", key=KEY_C)


@case("header")
def a_bound_key_serves_only_its_own_client(world: World) -> None:
    world.refused(403, "key_not_allowed", "client-b", key=KEY_A)


@case("header")
def a_client_and_a_key_that_are_not_bound_go_together(world: World) -> None:
    world.passed("client-b", key=KEY_B)
    world.passed("client-b", key=KEY_C)


# Key Vault mode: the key is looked up by the client's id


@case("keyVault")
def the_key_is_looked_up_by_client_id(world: World) -> None:
    world.passed("client-a")
    assert world.passed("client-b")["x-litellm-api-key"] == [KEY_B]
    assert world.vault_urls == [
        f"{VAULT}secrets/litellm-{client_id}?api-version=7.4" for client_id in (CLIENT_A, CLIENT_B)
    ]


@case("keyVault")
def a_key_the_caller_sends_is_ignored(world: World) -> None:
    assert world.passed("client-a", key=KEY_B)["x-litellm-api-key"] == [KEY_A]


@case("keyVault")
def a_key_is_remembered_for_five_minutes(world: World) -> None:
    world.passed()
    world.clock = 299
    world.passed()
    assert len(world.vault_urls) == 1
    world.clock = 301
    world.passed()
    assert len(world.vault_urls) == 2


@case("keyVault")
def a_miss_in_the_cache_may_be_null(world: World) -> None:
    world.cache_miss_sets_null = True
    world.passed()


@case("keyVault")
def a_client_without_a_secret_is_refused(world: World) -> None:
    del world.secrets[CLIENT_A]
    world.refused(403, "client_not_onboarded")
    world.refused(403, "client_not_onboarded", key=KEY_A)


@case("keyVault")
def an_added_client_is_found_after_a_minute(world: World) -> None:
    key = world.secrets.pop(CLIENT_A)
    world.refused(403, "client_not_onboarded")
    world.secrets[CLIENT_A] = key
    world.clock = 59
    world.refused(403, "client_not_onboarded")
    assert len(world.vault_urls) == 1
    world.clock = 61
    world.passed()


@case("keyVault")
def a_removed_client_is_refused_after_five_minutes(world: World) -> None:
    world.passed()
    del world.secrets[CLIENT_A]
    world.clock = 301
    world.refused(403, "client_not_onboarded")


@case("keyVault")
def a_rotated_key_is_looked_up_again_after_litellm_refused_the_old_one(world: World) -> None:
    world.passed()
    world.secrets[CLIENT_A] = KEY_C
    world.litellm_keys.remove(KEY_A)
    assert world.call().status == 401
    assert world.passed()["x-litellm-api-key"] == [KEY_C]


@case("keyVault")
def other_errors_of_litellm_leave_the_cache_alone(world: World) -> None:
    world.litellm_answer = _answers(Response(403, {}, "{}"))
    world.call()
    world.call()
    assert len(world.vault_urls) == 1


def _unreachable() -> Response:
    raise ConnectionError("connection refused")


UNUSABLE: dict[str, Callable[[], Response]] = {
    **{str(status): _answers(Response(status, body='{"error": {}}')) for status in (201, 401, 403, 429, 500, 503)},
    "a key with 403": lambda: Response(403, body=json.dumps({"value": KEY_A})),
    "slow": lambda: Response(200, body=json.dumps({"value": KEY_A}), seconds=6),
    "unreachable": _unreachable,
    **{
        name: (lambda body=body: Response(200, body=body))  # type: ignore[misc]  # a default is no parameter here
        for name, body in {
            "HTML": "<html></html>",
            "empty": "",
            "a list": "[]",
            "no value": '{"id": "x"}',
            "null": '{"value": null}',
            "an object": '{"value": {"a": 1}}',
            "CRLF": json.dumps({"value": KEY_A + "\r\napi-key: 1"}),
            "newline": json.dumps({"value": KEY_A + "\n"}),
            "15 characters": json.dumps({"value": "sk-" + "x" * 15}),
            "129 characters": json.dumps({"value": "sk-" + "x" * 129}),
            "no key": '{"value": "change-me"}',
            "the word absent": '{"value": "absent"}',
            "text before": json.dumps({"value": "x" + KEY_A}),
        }.items()
    },
}


def _unusable(world: World, name: str) -> None:
    world.vault_answer = UNUSABLE[name]
    world.refused(503, "key_lookup_failed")
    world.refused(503, "key_lookup_failed", "client-b")
    world.vault_answer = None
    world.passed()


each("an_unusable_answer_of_the_vault_is_said_and_forgotten", UNUSABLE, _unusable, "keyVault")


@case("keyVault")
def a_vault_that_answers_late_but_in_time_is_waited_for(world: World) -> None:
    world.vault_answer = lambda: Response(200, body=json.dumps({"value": KEY_A}), seconds=4)
    world.passed()


# Limits


@case()
def an_address_without_tokens_is_slowed_down(world: World) -> None:
    for _ in range(300):
        world.call(None)
    world.clock = 20
    assert world.refused(429, "rate_limited", None).headers["Retry-After"] == ["40"]
    world.refused(401, "invalid_token", None, ip="198.51.100.1")
    world.clock = 61
    world.refused(401, "invalid_token", None)


@case()
def a_client_is_slowed_down_wherever_it_calls_from(world: World) -> None:
    for number in range(120):
        world.call(ip=f"198.51.100.{number}")
    world.clock = 20
    assert world.refused(429, "rate_limited").headers["Retry-After"] == ["40"]
    world.passed("client-b")
    world.clock = 61
    world.passed()
