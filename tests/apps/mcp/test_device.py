"""Login on another machine (RFC 8628): what is shown, how often is asked, and how it ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.mcp import client, device, login, tokens
from apps.mcp.__main__ import main
from apps.mcp.login import LoginError
from apps.mcp.offline.world import World, world
from apps.mcp.settings import VARIABLE
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as started:
        yield started


class Clock:
    """Time that goes by only while the client waits; `then` happens after so many waits."""

    def __init__(self, at: World, then: dict[int, Callable[[str], object]] | None = None) -> None:
        self.now, self.waited, self.told = 1000.0, list[float](), list[str]()
        self.then = then or {}
        at.entra.clock = lambda: self.now

    @property
    def code(self) -> str:
        found = re.search(r"the code (\S+)$", self.told[0])
        assert found
        return found[1]

    async def wait(self, seconds: float) -> None:
        self.now += seconds
        self.waited.append(seconds)
        if happens := self.then.get(len(self.waited)):
            happens(self.code)


def log_in(at: World, clock: Clock, **changes: Any) -> None:
    asyncio.run(device.log_in(at.told("alice", **changes), clock.told.append, clock.wait))


def test_who_types_the_code_elsewhere_is_logged_in_here_and_can_renew(own: World) -> None:
    own.entra.interval = 5
    clock = Clock(own, {3: lambda code: own.type_code(code, "alice")})
    log_in(own, clock)
    assert clock.told == [f"Open {own.entra.base}/devicelogin on any machine and type the code {clock.code}"]
    assert clock.waited == [5, 5, 5]
    kept = tokens.kept(Path(own.told("alice").token_file))
    assert kept
    assert kept.refresh_token
    assert [tool.name for tool in asyncio.run(client.tools(own.told("alice")))] == ["drive___listFiles"]


def test_a_client_that_asks_too_often_asks_five_seconds_later_from_then_on(own: World) -> None:
    own.entra.interval = 5
    clock = Clock(own)

    def faster(_: str) -> None:
        (waiting,) = own.entra.devices.values()
        waiting.asked = clock.now - 1

    clock.then = {1: faster, 4: lambda code: own.entra.finish(code, "alice")}
    log_in(own, clock)
    assert clock.waited == [5, 10, 10, 10]


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (lambda at, code: at.entra.finish(code, "alice", declined=True), "declined on the other machine"),
        (lambda at, code: at.entra.finish(code, "mallory"), "you hold no role of this gateway"),
        (lambda at, code: at.entra.devices.clear(), "does not know this login"),
        (lambda at, code: at.entra.age(), "The code has expired"),
    ],
    ids=["declined", "without a role", "unknown", "expired"],
)
def test_a_login_that_is_not_granted_ends_with_a_sentence_and_keeps_nothing(
    own: World, happens: Callable[[World, str], object], said: str
) -> None:
    clock = Clock(own, {2: lambda code: happens(own, code)})
    with pytest.raises(LoginError, match=said):
        log_in(own, clock)
    assert len(clock.waited) == 2
    assert not Path(own.told("alice").token_file).exists()


def test_a_code_that_nobody_types_is_not_waited_for_for_ever(own: World) -> None:
    own.entra.interval = 60
    clock = Clock(own)
    with pytest.raises(LoginError, match="The code has expired"):
        log_in(own, clock)
    assert sum(clock.waited) == 900


def test_a_network_that_is_away_for_a_moment_is_waited_for_longer(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked, ask = Clock(own), list[str](), login.ask

    async def sometimes(gateway: Any, url: str, form: Any) -> Any:
        asked.append(url)
        return await ask(gateway, "http://127.0.0.1:1/" if len(asked) == 2 else url, form)

    monkeypatch.setattr(device, "ask", sometimes)
    clock.then = {3: lambda code: own.entra.finish(code, "alice")}
    log_in(own, clock)
    assert clock.waited == [1, 2, 2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": "44444444-0000-4000-8000-000000000004"}, "AADSTS700016"),
        ({"device_url": "{base}/nowhere"}, "answered 404"),
        ({"device_url": "http://127.0.0.1:1/"}, "gave no answer"),
        ({"way": "litellm"}, "leave --device out"),
    ],
)
def test_a_login_that_cannot_begin_says_why(own: World, changes: dict[str, str], said: str) -> None:
    filled = {name: value.replace("{base}", own.entra.base) for name, value in changes.items()}
    clock = Clock(own)
    with pytest.raises(LoginError, match=said):
        log_in(own, clock, **filled)
    assert clock.told == []


def test_an_address_that_is_not_safe_is_not_shown(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def begun(*_: object) -> tuple[int, dict[str, str]]:
        return 200, {"device_code": "d", "user_code": "u", "verification_uri": "http://login.example.com"}

    monkeypatch.setattr(device, "ask", begun)
    clock = Clock(own)
    with pytest.raises(LoginError, match="not safe to open"):
        log_in(own, clock)
    assert clock.told == []


def test_the_command_shows_address_and_code_and_no_token(
    own: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, own.told("alice").model_dump_json(by_alias=True))
    shown: list[str] = []

    def tell(sentence: str) -> None:
        shown.append(sentence)
        own.entra.finish(sentence.rpartition(" ")[2], "alice")

    monkeypatch.setattr("apps.mcp.__main__.tell", tell)
    assert main(["login", "--device"]) == 0
    kept = tokens.kept(Path(own.told("alice").token_file))
    assert kept
    written = " ".join([*shown, *capsys.readouterr()])
    assert kept.access_token not in written
    assert kept.refresh_token not in written
