"""The real LiteLLM as MCP gateway, configured by our chart: a token for each user, kept apart, renewed and revoked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from apps.mcp import client
from apps.mcp.login import log_in
from apps.mcp.offline.google import CLIENT_SECRET, FILES
from apps.mcp.offline.litellm import SERVER, LiteLLMWorld, litellm_world
from charts.litellm import allowed_routes
from ops.local.database import missing_program
from tests.needs_litellm import NEEDS_LITELLM

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


def test_what_litellm_logs_holds_no_token(at: LiteLLMWorld) -> None:
    log = at.log()
    assert "/drive/mcp" in log
    assert not [secret for secret in (*at.google.secrets(), CLIENT_SECRET, *at.keys.values()) if secret in log]
