"""What the policy of MCP servers must do, as cases that are expected to fail against a weakened one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from policies.apim import APIM_ENTRY_HEADER
from tests.policies.apim.mcp.world import ANNA, BEN, METADATA_URL, McpWorld
from tests.policies.apim.walker import Response
from tests.policies.apim.world import APIM_ENTRY_KEY, KEY_A, KEY_B, answer

CASES: dict[str, Callable[[McpWorld], object]] = {}


def case(run: Callable[[McpWorld], object]) -> Callable[[McpWorld], object]:
    CASES[run.__name__] = run
    return run


def each(name: str, values: list[str], run: Callable[[McpWorld, str], object]) -> None:
    CASES.update({f"{name}[{value}]": functools.partial(_run, run, value) for value in values})


def _run(run: Callable[[McpWorld, str], object], value: str, world: McpWorld) -> None:
    run(world, value)


def _anna(world: McpWorld, token: str) -> None:
    forwarded = world.passed(token)
    assert forwarded["x-litellm-api-key"] == [KEY_A]
    assert forwarded["langfuse_trace_user_id"] == [ANNA]
    assert world.traces == [{"message": "admitted", "clientId": ANNA}]


each("a_person_gets_the_own_key", ["anna", "anna-elsewhere", "anna-v1", "anna-upper-case"], _anna)


@case
def the_key_is_the_persons_and_not_that_of_the_application(world: McpWorld) -> None:
    keys = [world.passed(one)["x-litellm-api-key"] for one in ("anna", "ben", "anna-elsewhere", "ben")]
    assert keys == [[KEY_A], [KEY_B], [KEY_A], [KEY_B]]
    world.refused(403, "client_not_onboarded", "application-of-that-id")


def _challenged(world: McpWorld, token: str) -> None:
    response = world.refused(401, "invalid_token", token or None)
    assert response.headers["WWW-Authenticate"] == [f'Bearer error="invalid_token", resource_metadata="{METADATA_URL}"']
    assert not world.vault_urls


each(
    "who_has_no_good_token_is_told_where_to_get_one",
    [
        *("", "unsigned", "anna-expired", "anna-early", "anna-of-another-api", "anna-of-another-tenant"),
        *("nobody", "oid-no-guid", "oid-climbs", "oid-injects"),
    ],
    _challenged,
)


@case
def each_server_has_metadata_of_its_own(world: McpWorld) -> None:
    response = world.refused(401, "invalid_token", None, url="/search", operation="/search")
    assert response.headers["WWW-Authenticate"][0].endswith('/oauth-protected-resource/mcp/search"')


def _no_role(world: McpWorld, token: str) -> None:
    response = world.refused(403, "role_missing", token)
    assert "This person" in response.body


each("who_has_no_role_is_refused", ["anna-without-role", "anna-with-another-role"], _no_role)


@case
def a_person_without_a_key_is_told_so(world: McpWorld) -> None:
    assert "for this person" in world.refused(403, "client_not_onboarded", "carl").body


@case
def headers_of_mcp_travel_and_credentials_do_not(world: McpWorld) -> None:
    kept = {
        "Accept": "application/json, text/event-stream",
        "Mcp-Session-Id": "s-1",
        "MCP-Protocol-Version": "2025-11-25",
        "Last-Event-ID": "e-1",
    }
    taken = {
        "Cookie": "a=b",
        "x-mcp-auth": "Bearer x",
        "x-mcp-drive-authorization": "Bearer x",
        "x-mcp-servers": "search",
        "x-mcp-access-groups": "all",
        "x-litellm-tags": "x",
        "x-litellm-api-key": KEY_B,
    }
    forwarded = world.passed(headers={**kept, **taken})
    assert {name: forwarded[name.lower()] for name in kept} == {name: [value] for name, value in kept.items()}
    assert forwarded["x-litellm-api-key"] == [KEY_A]
    assert forwarded[APIM_ENTRY_HEADER] == [APIM_ENTRY_KEY]
    assert not {"authorization", *(name.lower() for name in taken)} & {*forwarded} - {
        APIM_ENTRY_HEADER,
        "x-litellm-api-key",
    }


@case
def litellm_gets_the_path_of_the_server_and_nothing_else(world: McpWorld) -> None:
    world.passed(url="/drive?server=search&token=x")
    assert world.urls == ["/drive/mcp"]


@case
def the_session_comes_back(world: McpWorld) -> None:
    world.litellm_answer = lambda: Response(200, {"mcp-session-id": ["s-1"]}, '{"id": "chat"}')
    assert world.call().headers["mcp-session-id"] == ["s-1"]


@case
def a_stream_is_passed_on_as_it_comes(world: McpWorld) -> None:
    sent: list[str] = []

    def events() -> Iterator[str]:
        for event in ("data: 1\n\n", "data: 2\n\n"):
            sent.append(event)
            yield event

    world.litellm_answer = lambda: Response(200, {"content-type": ["text/event-stream"]}, stream=events())
    response = world.call()
    assert not response.buffered
    assert response.stream
    assert sent == []
    assert [*response.stream] == sent


@case
def without_a_consent_at_the_provider_the_caller_is_not_sent_to_another_login(world: McpWorld) -> None:
    world.litellm_answer = lambda: Response(
        401, {"WWW-Authenticate": ['Bearer resource_metadata="https://litellm.example.com/x"']}, "no token"
    )
    response = world.call()
    answer(response, 403, "consent_missing")
    assert "litellm.example.com" not in str(response.headers)


@case
def a_key_that_was_replaced_is_asked_for_again(world: McpWorld) -> None:
    world.litellm_keys = {"sk-new-key-of-anna-0123456789", KEY_B}
    answer(world.call(), 403, "consent_missing")
    world.secrets[ANNA] = "sk-new-key-of-anna-0123456789"
    assert world.passed()["x-litellm-api-key"] == ["sk-new-key-of-anna-0123456789"]


def _as_it_is(world: McpWorld, status: str) -> None:
    world.litellm_answer = lambda: Response(int(status), {"server": ["uvicorn"]}, "of LiteLLM")
    assert (world.call().status, world.call().body) == (int(status), "of LiteLLM")


each("what_else_litellm_says_is_told_as_it_is", ["202", "400", "403", "404", "405", "503"], _as_it_is)


@case
def the_load_balancer_does_not_speak_for_litellm(world: McpWorld) -> None:
    world.litellm_answer = lambda: Response(503, {"server": ["awselb/2.0"]}, "<html>")
    world.failed(502, "backend_unreachable")


@case
def a_vault_that_does_not_answer_is_no_refusal(world: McpWorld) -> None:
    world.vault_answer = lambda: Response(500)
    world.refused(503, "key_lookup_failed")


@case
def an_answer_may_take_almost_four_minutes(world: McpWorld) -> None:
    world.litellm_answer = lambda: Response(200, {}, '{"id": "chat"}', seconds=229)
    world.passed()
    world.litellm_answer = lambda: Response(200, seconds=239)
    world.failed(504, "backend_timeout")


@case
def each_person_has_a_limit_wherever_the_calls_come_from(world: McpWorld) -> None:
    for number in range(120):
        world.passed(("anna", "anna-elsewhere")[number % 2], ip=f"203.0.113.{number}")
    world.refused(429, "rate_limited", ip="203.0.113.200")
    assert world.passed("ben")["langfuse_trace_user_id"] == [BEN]


@case
def strangers_are_limited_by_their_address(world: McpWorld) -> None:
    for _ in range(300):
        world.call(None)
    world.refused(429, "rate_limited", None)
