"""The real LiteLLM as MCP gateway, configured by our chart: a token for each user, kept apart, renewed and revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from apps.mcp import client
from apps.mcp.login import log_in
from apps.mcp.offline.entra import BEHIND_API_MANAGEMENT, CLIENT, Entra
from apps.mcp.offline.google import CLIENT_SECRET, FILES
from apps.mcp.offline.litellm import AT_GOOGLE, SERVER, LiteLLMWorld, litellm_world
from apps.mcp.offline.servers import Browser, serving
from apps.mcp.settings import Gateway
from charts.litellm import allowed_routes
from ops.local.database import missing_program
from ops.local.process import free_port
from tests.needs_litellm import NEEDS_LITELLM
from tests.policies.apim.expressions import missing_tools
from tests.policies.apim.mcp.loopback import ApiManagement, running
from tests.required import missing

pytestmark = NEEDS_LITELLM


@pytest.fixture(scope="module")
def at() -> Iterator[LiteLLMWorld]:
    """One for all: it takes half a minute to start. The tests are told in their order."""
    if program := missing_program():
        missing(f"{program}, which runs Prisma's engine, is not on PATH")
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


def logged_in_for_seconds(at: LiteLLMWorld, person: str) -> None:
    """With a token that Google says lasts 30 seconds."""
    lifetime, at.google.lifetime = at.google.lifetime, 30
    logged_in(at, person)
    at.google.lifetime = lifetime


def test_a_token_about_to_end_is_renewed_by_its_refresh_token_without_the_user(at: LiteLLMWorld) -> None:
    """LiteLLM renews a minute before the end that it was told (MCP_PER_USER_TOKEN_EXPIRY_BUFFER_SECONDS)."""
    logged_in_for_seconds(at, "bob")
    tokens = set(at.google.tokens)
    assert at.google.renewed == []
    for _ in range(2):
        assert listed(at, "bob") == "\n".join(FILES["bob"])
    assert at.google.renewed == ["bob"], "once, and the new token is kept"
    assert {person for token, (person, _) in at.google.tokens.items() if token not in tokens} == {"bob"}


def test_a_consent_that_is_taken_back_is_not_renewed_and_nothing_is_read(at: LiteLLMWorld) -> None:
    logged_in_for_seconds(at, "bob")
    at.google.revoke("bob")
    before = list(at.google.asked_by)
    with pytest.raises(client.CallError, match="401"):
        listed(at, "bob")
    assert at.google.asked_by == before
    logged_in(at, "bob")
    assert listed(at, "bob") == "\n".join(FILES["bob"])


def test_a_token_that_google_ends_early_takes_a_login(at: LiteLLMWorld) -> None:
    """LiteLLM goes by the end that it was told, not by the provider's refusal: it does not renew then."""
    renewed = list(at.google.renewed)
    at.google.expire()
    with pytest.raises(client.CallError):
        listed(at, "bob")
    assert at.google.renewed == renewed
    logged_in(at, "bob")
    assert listed(at, "bob") == "\n".join(FILES["bob"])


def test_litellm_asks_google_for_a_refresh_token_by_itself(at: LiteLLMWorld) -> None:
    """Without one a consent would be over after an hour. Our stand-in is asked in the address that LiteLLM is told."""
    asked = {
        "client_id": "genai",
        "response_type": "code",
        "redirect_uri": "http://localhost:1",
        "state": "s",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    answer = httpx.get(f"{at.url}/{AT_GOOGLE}/authorize", params=asked, timeout=60, trust_env=False)
    led = urlsplit(answer.headers["location"])
    assert led.hostname == "accounts.google.com"
    assert {"access_type=offline", "prompt=consent"} <= {*led.query.split("&")}


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
    if tools := missing_tools():
        missing(tools)
    at.add_key("dora", user_id="dora@example.com")
    keys = {person: at.keys[person] for person in ("alice", "bob", "dora")}
    with running(entra, at.url, keys, tmp_path_factory.mktemp("apim")) as started:
        yield started


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


def test_what_litellm_logs_holds_no_token(at: LiteLLMWorld) -> None:
    log = at.log()
    assert "/drive/mcp" in log
    assert not [secret for secret in (*at.google.secrets(), CLIENT_SECRET, *at.keys.values()) if secret in log]
