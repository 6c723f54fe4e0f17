"""The client: what it keeps, what it refuses, and what a login that goes wrong says."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.mcp import client, login
from apps.mcp.__main__ import main
from apps.mcp.offline.world import World, world
from apps.mcp.settings import VARIABLE
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as started:
        yield started


def test_the_token_is_kept_where_only_its_owner_can_read_it(own: World) -> None:
    told = own.told("alice")
    asyncio.run(login.log_in(told, own.browser("alice").show))
    file = Path(told.token_file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert login.token(told)
    assert login.token(told) not in repr(told)


def test_a_user_without_the_role_is_told_so(own: World) -> None:
    with pytest.raises(login.LoginError, match="AADSTS50105: not assigned to a role"):
        asyncio.run(login.log_in(own.told("mallory"), own.browser("mallory").show))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scope": "api://other/access_as_user"}, "AADSTS70011"),
        ({"token_url": "{base}/nowhere"}, "answered 404"),
    ],
)
def test_a_login_that_is_not_granted_says_why(own: World, changes: dict[str, str], said: str) -> None:
    filled = {name: value.replace("{base}", own.entra.base) for name, value in changes.items()}
    with pytest.raises(login.LoginError, match=said):
        asyncio.run(login.log_in(own.told("alice", **filled), own.browser("alice").show))
    assert not Path(own.told("alice").token_file).exists()


def test_a_code_that_belongs_to_another_login_is_not_redeemed(own: World) -> None:
    def other_state(url: str) -> None:
        own.browser("alice").show(url.replace("&state=", "&state=x"))

    with pytest.raises(login.LoginError, match="belongs to another login"):
        asyncio.run(login.log_in(own.told("alice"), other_state))


def test_who_is_not_logged_in_or_no_longer_is_told_what_to_run(own: World) -> None:
    with pytest.raises(login.LoginError, match="run `genai mcp login` first"):
        asyncio.run(client.tools(own.told("alice")))
    told = own.told("alice")
    login._keep(Path(told.token_file), {"access_token": "t", "expires_in": 1})
    with pytest.raises(login.LoginError, match="run `genai mcp login` again"):
        asyncio.run(client.tools(told))


@pytest.mark.parametrize(("claims", "said"), [({"exp": 1}, "401"), ({"roles": []}, "403")])
def test_a_refusal_of_the_gateway_says_what_to_do(own: World, claims: dict[str, object], said: str) -> None:
    told = own.told("alice")
    login._keep(Path(told.token_file), {"access_token": own.entra.token("alice", **claims)})
    with pytest.raises(client.CallError, match=said):
        asyncio.run(client.tools(told))


def test_the_command_prints_tools_and_answers_and_no_token(
    own: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = own.told("alice")
    monkeypatch.setenv(VARIABLE, told.model_dump_json(by_alias=True))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("apps.mcp.__main__.show", own.browser("alice").show)
    assert main(["tools"]) == 1
    assert main(["login"]) == 0
    assert main(["tools"]) == 0
    assert main(["call", "drive___listFiles", "{}"]) == 0
    assert main(["call", "drive___nothing", "{}"]) == 1
    shown = capsys.readouterr()
    assert "drive___listFiles\tSearch the user's files" in shown.out
    assert "Plans of Alice" in shown.out
    assert login.token(told) not in shown.out + shown.err
