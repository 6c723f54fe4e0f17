"""The client: what it keeps, what it refuses, and what a login that goes wrong says."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from mcp import MCPError
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from apps.mcp import client, login, tokens
from apps.mcp.__main__ import main
from apps.mcp.loopback import returning
from apps.mcp.offline.servers import serving
from apps.mcp.offline.world import World, world
from apps.mcp.settings import VARIABLE, Gateway
from ops.local.process import free_port
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
    kept = tokens.kept(file)
    assert kept
    assert kept.access_token not in repr(told) + repr(kept)
    assert [one.name for one in file.parent.iterdir()] == [file.name]


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
    tokens.keep(Path(told.token_file), {"access_token": "t", "expires_in": 1})
    with pytest.raises(login.LoginError, match="run `genai mcp login` again"):
        asyncio.run(client.tools(told))


@pytest.mark.parametrize(("claims", "said"), [({"exp": 1}, "401"), ({"roles": []}, "403")])
def test_a_refusal_of_the_gateway_says_what_to_do(own: World, claims: dict[str, object], said: str) -> None:
    told = own.told("alice")
    tokens.keep(Path(told.token_file), {"access_token": own.entra.token("alice", **claims)})
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
    kept = tokens.kept(Path(told.token_file))
    assert kept
    assert kept.access_token not in shown.out + shown.err
    assert kept.refresh_token not in shown.out + shown.err


def kept(told: Gateway) -> tokens.Kept:
    found = tokens.kept(Path(told.token_file))
    assert found
    return found


def almost_over(told: Gateway) -> tokens.Kept:
    """The hour is over, and the login of before is what was kept."""
    before = kept(told)
    answer = {"access_token": before.access_token, "refresh_token": before.refresh_token, "expires_in": 30}
    tokens.keep(Path(told.token_file), answer)
    return before


def test_a_token_that_ends_is_renewed_without_a_login_and_again_after_that(own: World) -> None:
    told, browser = own.told("alice"), own.browser("alice")
    asyncio.run(login.log_in(told, browser.show))
    visited = len(browser.visited)
    seen = {kept(told).refresh_token}
    for _ in range(2):
        almost_over(told)
        assert [tool.name for tool in asyncio.run(client.tools(told))] == ["drive___listFiles"]
        assert kept(told).lasts
        assert kept(told).refresh_token not in seen
        seen.add(kept(told).refresh_token)
    assert len(browser.visited) == visited


def test_a_renewal_that_leaves_the_refresh_token_out_keeps_the_one_before(own: World) -> None:
    told = own.told("alice")
    asyncio.run(login.log_in(told, own.browser("alice").show))
    before = almost_over(told)

    async def answered(*_: object) -> tuple[int, dict[str, object]]:
        return 200, {"access_token": "new", "expires_in": 3600}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(login, "ask", answered)
        assert asyncio.run(login.token(told)) == "new"
    assert kept(told).refresh_token == before.refresh_token


def test_a_revoked_login_is_not_renewed_and_the_user_is_told_to_log_in(own: World) -> None:
    told = own.told("alice")
    asyncio.run(login.log_in(told, own.browser("alice").show))
    almost_over(told)
    own.entra.revoke("alice")
    with pytest.raises(login.LoginError, match="run `genai mcp login` again"):
        asyncio.run(client.tools(told))


@pytest.mark.parametrize(
    ("url", "said"), [("{base}/nowhere", "answered 404"), ("http://127.0.0.1:1/", "gave no answer")]
)
def test_a_tenant_that_cannot_be_asked_is_no_reason_to_forget_the_login(own: World, url: str, said: str) -> None:
    told = own.told("alice")
    asyncio.run(login.log_in(told, own.browser("alice").show))
    before = almost_over(told)
    away = told.model_copy(update={"token_url": url.format(base=own.entra.base)})
    with pytest.raises(login.LoginError, match=said):
        asyncio.run(client.tools(away))
    assert kept(told).refresh_token == before.refresh_token
    assert asyncio.run(client.tools(told))


def test_a_browser_that_only_opens_a_connection_ahead_is_no_visit_and_no_error() -> None:
    """Chrome does so, and what the server could not read was a traceback on the user's terminal."""
    errors: list[object] = []

    async def visited() -> Mapping[str, str]:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        async with returning() as (port, visit):
            for sent in (b"", b"GET", b"\r\n\r\n", b"GET //[ HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 70_000):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                writer.write_eof()
                with suppress(OSError):
                    await reader.read()
                writer.close()
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /?code=c HTTP/1.1\r\n\r\n")
            found = await visit()
            writer.close()
            return found

    assert asyncio.run(visited()) == {"code": "c"}
    assert not errors


def test_an_answer_that_is_no_json_is_told(own: World) -> None:
    broken = Starlette(routes=[Route("/", lambda _: Response("{", media_type="application/json"), methods=["POST"])])
    port = free_port()
    with serving(broken, port), pytest.raises(login.LoginError, match="gave no answer"):
        asyncio.run(login.ask(own.told("alice"), f"http://127.0.0.1:{port}/", {}))


def test_a_gateway_that_refuses_to_list_its_tools_is_told(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(login.log_in(own.told("alice"), own.browser("alice").show))

    async def refuse(*_: object, **__: object) -> None:
        raise MCPError(code=-32603, message="the target is down")

    monkeypatch.setattr("mcp.client.client.Client.list_tools", refuse)
    with pytest.raises(client.CallError, match=r"the target is down \(-32603\)"):
        asyncio.run(client.tools(own.told("alice")))


@pytest.mark.parametrize(
    ("status", "said"), [(500, "Server returned an error response"), (200, "gave no answer of MCP|Unexpected content")]
)
def test_a_page_in_place_of_a_gateway_is_told(own: World, status: int, said: str) -> None:
    asyncio.run(login.log_in(own.told("alice"), own.browser("alice").show))
    page = Route("/mcp", lambda _: Response("<h1>", status, media_type="text/html"), methods=["POST", "GET", "DELETE"])
    port = free_port()
    gateway = own.told("alice").model_copy(update={"url": f"http://127.0.0.1:{port}/mcp"})
    with serving(Starlette(routes=[page]), port), pytest.raises(client.CallError, match=said):
        asyncio.run(client.tools(gateway))


def test_ctrl_c_is_no_traceback(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(coroutine: Coroutine[object, object, object]) -> None:
        coroutine.close()
        raise KeyboardInterrupt

    monkeypatch.setenv(VARIABLE, own.told("alice").model_dump_json(by_alias=True))
    monkeypatch.setattr("apps.mcp.__main__.asyncio.run", interrupted)
    assert main(["login"]) == 130
