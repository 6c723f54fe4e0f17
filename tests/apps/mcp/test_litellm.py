"""The real LiteLLM as MCP gateway, configured by our chart: a token for each user, kept apart, renewed and revoked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from apps.mcp import client
from apps.mcp.login import log_in
from apps.mcp.offline.entra import BEHIND_API_MANAGEMENT, CLIENT, Entra
from apps.mcp.offline.google import CLIENT_SECRET, FILES
from apps.mcp.offline.litellm import SERVER, LiteLLMWorld, litellm_world
from apps.mcp.offline.servers import Browser, serving
from apps.mcp.settings import Gateway
from charts.litellm import allowed_routes
from ops.local.database import missing_program
from ops.local.process import free_port
from tests.needs_litellm import NEEDS_LITELLM
from tests.policies.apim.expressions import missing_tools

if find_spec("mcp"):
    from tests.policies.apim.mcp import sdk_client
    from tests.policies.apim.mcp.loopback import ApiManagement, running

pytestmark = NEEDS_LITELLM


@pytest.fixture(scope="module")
def at() -> Iterator[LiteLLMWorld]:
    """One for all: it takes half a minute to start. The tests are told in their order."""
    if program := missing_program():
        reason = f"{program}, which runs Prisma's engine, is not on PATH"
        pytest.fail(reason) if os.environ.get("GENAI_REQUIRE_ALL") == "1" else pytest.skip(reason)
    with litellm_world() as started:
        yield started


def listed(at: LiteLLMWorld, person: str) -> str:
    return asyncio.run(client.call(at.told(person), "listFiles", {}, at.browser(person).show))


def logged_in(at: LiteLLMWorld, person: str) -> None:
    asyncio.run(log_in(at.told(person), at.browser(person).show))


def test_nobody_reads_before_a_login_and_each_only_the_own_files_after(at: LiteLLMWorld) -> None:
    with pytest.raises(client.CallError, match="401"):
        listed(at, "alice")
    logged_in(at, "alice")
    assert listed(at, "alice") == "\n".join(FILES["alice"])
    with pytest.raises(client.CallError, match="401"):
        listed(at, "bob")
    logged_in(at, "bob")
    for person in ("bob", "alice", "bob"):
        assert listed(at, person) == "\n".join(FILES[person])
    assert at.google.asked_by == ["alice", "bob", "alice", "bob"]


def test_the_tokens_are_kept_apart_and_encrypted_in_the_database(at: LiteLLMWorld) -> None:
    with psycopg.connect(at.database) as connection:
        rows = connection.execute('SELECT user_id, server_id FROM "LiteLLM_MCPUserCredentials"').fetchall()
        everything = str(connection.execute('SELECT * FROM "LiteLLM_MCPUserCredentials"').fetchall())
    assert sorted(rows) == [(f"{person}@example.com", SERVER) for person in ("alice", "bob")]
    assert not [token for token in at.google.secrets() if token in everything]


def test_a_key_without_the_server_and_a_stranger_are_refused(at: LiteLLMWorld) -> None:
    at.add_key("carol", user_id="carol@example.com", allowed_routes=allowed_routes(["echo"]), object_permission=None)
    with pytest.raises(client.CallError, match=r"40[13]"):
        listed(at, "carol")
    at.keys["mallory"] = "sk-mallory-0123456789abcdef"
    with pytest.raises(client.CallError, match=r"40[13]"):
        listed(at, "mallory")


def test_one_key_for_many_people_shares_one_token_which_is_why_the_settings_refuse_it(at: LiteLLMWorld) -> None:
    """The trap: whoever has the key of a client application reads the files of whoever logged in with it last."""
    at.add_key("app", user_id="app@example.com")
    asyncio.run(log_in(at.told("app"), at.browser("alice").show))
    assert listed(at, "app") == "\n".join(FILES["alice"])  # bob asks, with the key of the application


def test_an_ended_token_is_renewed_without_the_user(at: LiteLLMWorld) -> None:
    at.google.expire()
    try:
        assert listed(at, "bob") == "\n".join(FILES["bob"])
    except client.CallError:
        # LiteLLM renews by the end that it was told, not when the provider refuses: then a login does.
        logged_in(at, "bob")
        assert listed(at, "bob") == "\n".join(FILES["bob"])


def test_a_revoked_consent_ends_the_access_until_the_next_login(at: LiteLLMWorld) -> None:
    at.google.revoke("alice")
    before = list(at.google.asked_by)
    with pytest.raises(client.CallError):
        listed(at, "alice")
    assert at.google.asked_by == before
    logged_in(at, "alice")
    assert listed(at, "alice") == "\n".join(FILES["alice"])


def test_a_stranger_is_told_where_to_log_in(at: LiteLLMWorld) -> None:
    answer: Any = httpx.post(f"{at.url}/{SERVER}/mcp", json={}, timeout=60)
    assert answer.status_code == 401
    assert f"/.well-known/oauth-protected-resource/{SERVER}/mcp" in answer.headers["www-authenticate"]


@pytest.fixture(scope="module")
def entra() -> Iterator[Entra]:
    """A tenant whose people hold the role of LiteLLM's API, all but mallory."""
    port = free_port()
    people = {person: ["LiteLLM.Invoke"] for person in ("alice", "bob", "dora")}
    tenant = Entra(f"http://127.0.0.1:{port}", {**people, "mallory": []})
    with serving(tenant.app(), port):
        yield tenant


@pytest.fixture(scope="module")
def front(at: LiteLLMWorld, entra: Entra, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiManagement]:
    """API Management in front of that LiteLLM; dora has a key, and has not been at Google."""
    if missing := missing_tools():
        pytest.fail(missing) if os.environ.get("GENAI_REQUIRE_ALL") == "1" else pytest.skip(missing)
    at.add_key("dora", user_id="dora@example.com")
    keys = {person: at.keys[person] for person in ("alice", "bob", "dora")}
    with running(entra, at.url, keys, tmp_path_factory.mktemp("apim")) as started:
        yield started


def through_api_management(front: ApiManagement, person: str, *, name_resource: bool = False) -> tuple[str, list[str]]:
    browser = Browser(person)
    return asyncio.run(sdk_client.call(front.mcp_url, CLIENT, browser.show, "listFiles", name_resource=name_resource))


def test_an_mcp_client_finds_entra_id_by_itself_and_each_person_sees_the_own_files(
    at: LiteLLMWorld, entra: Entra, front: ApiManagement
) -> None:
    for person in ("alice", "bob", "alice"):
        logged_in(at, person)
        seen, asked = through_api_management(front, person)
        assert seen == "\n".join(FILES[person])
        metadata = front.mcp_url.replace("/mcp/", "/.well-known/oauth-protected-resource/mcp/")
        assert asked[:2] == [f"POST {front.mcp_url}", f"GET {metadata}"]
        assert f"GET {entra.discovery_url}" in asked
        assert f"browser {entra.authorize_url}" in asked
    carried = [headers for headers in front.sent if "mcp-protocol-version" in headers]
    assert {headers["mcp-protocol-version"][0] for headers in carried} == {"2025-11-25"}
    assert not [headers for headers in front.sent if "authorization" in headers]


def test_entra_id_refuses_a_client_that_names_the_address_as_its_resource(front: ApiManagement) -> None:
    """AADSTS9010010, which many MCP clients meet: they must be told to leave RFC 8707's parameter out."""
    with pytest.raises((Exception, BaseExceptionGroup)) as refused:
        through_api_management(front, "alice", name_resource=True)
    assert "AADSTS9010010" in whole(refused.value)


def whole(error: BaseException) -> str:
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " ".join([str(error), *map(whole, parts), *(whole(error.__cause__) if error.__cause__ else "",)])


def test_our_own_client_logs_in_at_entra_id_and_is_told_what_is_missing(
    at: LiteLLMWorld, entra: Entra, front: ApiManagement, tmp_path: Path
) -> None:
    def told(person: str) -> Gateway:
        return Gateway(
            way="apim",
            url=front.mcp_url,
            token_file=str(tmp_path / person),
            authorize_url=entra.authorize_url,
            token_url=entra.token_url,
            client_id=CLIENT,
            scope=BEHIND_API_MANAGEMENT,
        )

    def seen(person: str) -> str:
        return asyncio.run(client.call(told(person), "listFiles", {}, Browser(person).show))

    for person in ("alice", "bob", "dora", "mallory"):
        asyncio.run(log_in(told(person), Browser(person).show))
    assert [seen(person) for person in ("bob", "alice")] == ["\n".join(FILES[one]) for one in ("bob", "alice")]
    with pytest.raises(client.CallError, match="LiteLLM has no token of yours for this MCP server"):
        seen("dora")
    with pytest.raises(client.CallError, match="This person has not been given the role"):
        seen("mallory")
    logged_in(at, "dora")
    assert seen("dora") == ""  # she is known at Google, and has no files


def test_the_stream_of_a_session_comes_through_as_litellm_sends_it(
    at: LiteLLMWorld, entra: Entra, front: ApiManagement
) -> None:
    logged_in(at, "alice")
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {entra.token('alice')}",
        "mcp-protocol-version": "2025-11-25",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    with httpx.stream("POST", front.mcp_url, json=body, headers=headers, timeout=60, trust_env=False) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "listFiles" in answer.read().decode()


def test_what_litellm_logs_holds_no_token(at: LiteLLMWorld) -> None:
    log = at.log()
    assert "/drive/mcp" in log
    assert not [secret for secret in (*at.google.secrets(), CLIENT_SECRET, *at.keys.values()) if secret in log]
