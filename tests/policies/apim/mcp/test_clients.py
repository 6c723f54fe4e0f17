"""MCP clients behind API Management: the SDK's own, which finds Entra ID by itself, and streams that come as they are.

LiteLLM is a stand-in on the SDK's server here, which tells people apart by their virtual keys as LiteLLM does; in
tests/apps/mcp/test_litellm.py it is the real one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.needs_litellm import NEEDS_LITELLM

if TYPE_CHECKING:
    from apps.mcp.offline.entra import Entra
    from tests.policies.apim.mcp.loopback import ApiManagement

pytestmark = NEEDS_LITELLM

KEYS = {"alice": "sk-alice-0123456789abcdef", "bob": "sk-bob-0123456789abcdef"}


@pytest.fixture(scope="module")
def entra() -> Iterator[Entra]:
    from apps.mcp.offline.entra import Entra
    from apps.mcp.offline.servers import serving
    from ops.local.process import free_port

    port = free_port()
    tenant = Entra(f"http://127.0.0.1:{port}", {"alice": ["LiteLLM.Invoke"], "bob": ["LiteLLM.Invoke"]})
    with serving(tenant.app(), port):
        yield tenant


@pytest.fixture(scope="module")
def goes_on() -> threading.Event:
    """Whether the tool goes on after its first piece."""
    made = threading.Event()
    made.set()
    return made


@pytest.fixture(scope="module")
def front(
    entra: Entra, goes_on: threading.Event, tmp_path_factory: pytest.TempPathFactory, mono: None
) -> Iterator[ApiManagement]:
    from apps.mcp.offline.servers import serving
    from ops.local.process import free_port
    from tests.policies.apim.mcp.loopback import running
    from tests.policies.apim.mcp.stand_in import app

    port = free_port()
    with (
        serving(app(KEYS, goes_on), port),
        running(entra, f"http://127.0.0.1:{port}", KEYS, tmp_path_factory.mktemp("apim")) as started,
    ):
        yield started


def call(front: ApiManagement, person: str, *, name_resource: bool = False) -> tuple[str, list[str]]:
    from apps.mcp.offline.entra import CLIENT
    from apps.mcp.offline.servers import Browser
    from tests.policies.apim.mcp import sdk_client

    return asyncio.run(
        sdk_client.call(front.mcp_url, CLIENT, Browser(person).show, "listFiles", name_resource=name_resource)
    )


def test_a_client_that_knows_the_address_alone_finds_entra_id_and_each_person_the_own_key(
    entra: Entra, front: ApiManagement
) -> None:
    for person in ("alice", "bob", "alice"):
        seen, asked = call(front, person)
        assert seen == person
        metadata = front.mcp_url.replace("/mcp/", "/.well-known/oauth-protected-resource/mcp/")
        assert asked[:2] == [f"POST {front.mcp_url}", f"GET {metadata}"]
        assert f"GET {entra.discovery_url}" in asked
        assert f"browser {entra.authorize_url}" in asked


def test_the_session_and_the_version_reach_litellm_and_the_token_does_not(front: ApiManagement) -> None:
    call(front, "alice")
    of_session = [headers for headers in front.sent if "mcp-session-id" in headers]
    assert of_session
    assert {headers["mcp-protocol-version"][0] for headers in of_session} == {"2025-11-25"}
    assert not [headers for headers in front.sent if "authorization" in headers]


def test_entra_id_refuses_a_client_that_names_the_address_as_its_resource(front: ApiManagement) -> None:
    """AADSTS9010010, which many MCP clients meet: they must be told to leave RFC 8707's parameter out."""
    with pytest.raises((Exception, BaseExceptionGroup)) as refused:
        call(front, "alice", name_resource=True)
    assert "AADSTS9010010" in whole(refused.value)


def whole(error: BaseException) -> str:
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " ".join([str(error), *map(whole, parts), whole(error.__cause__) if error.__cause__ else ""])


def test_an_answer_in_pieces_comes_in_pieces(entra: Entra, front: ApiManagement, goes_on: threading.Event) -> None:
    """The tool goes on when its first piece is here; a stream that is held back ends in a ReadTimeout."""
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {entra.token('bob')}",
        "mcp-protocol-version": "2025-11-25",
    }
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}

    def send(method: str, params: Any, **more: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "method": method, "params": params, **more}

    with httpx.Client(headers=headers, timeout=60, trust_env=False) as http:
        began = http.post(front.mcp_url, json=send("initialize", hello, id=1))
        http.headers["mcp-session-id"] = began.headers["mcp-session-id"]
        assert http.post(front.mcp_url, json=send("notifications/initialized", {})).status_code == 202
        wanted = {"name": "listFiles", "arguments": {}, "_meta": {"progressToken": "p"}}
        came = []
        goes_on.clear()
        with http.stream("POST", front.mcp_url, json=send("tools/call", wanted, id=2)) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                came += [word for word in ("notifications/progress", '"result"') if word in line]
                if came:
                    goes_on.set()
        assert came == ["notifications/progress", '"result"']
        assert http.delete(front.mcp_url).status_code == 200
        assert http.post(front.mcp_url, json=send("tools/list", {}, id=3)).status_code == 404
