"""Who may use the MCP gateway, and whose data it shows: each wrong or hostile case with the answer it must get."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.mcp import client, login
from apps.mcp.offline import entra
from apps.mcp.offline.world import World, world
from catalogue.agentcore import ROLE
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM

FILES = {"alice": "Plans of Alice", "bob": "Budget of Bob"}
TOOL = "drive___listFiles"
PATIENT: Any = {"trust_env": False, "timeout": 60}
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 signs with something; nobody here looks at it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For what must be refused: nothing is kept in it."""
    with world(tmp_path_factory.mktemp("shared")) as started:
        yield started


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as started:
        yield started


def ask(at: World, authorization: str | None, method: str = "tools/list", **more: str) -> httpx.Response:
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25", **more}
    if authorization is not None:
        headers["authorization"] = authorization
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params if method == "initialize" else {}}
    return httpx.post(at.gateway.url, headers=headers, json=body, **PATIENT)


def signed(claims: dict[str, Any], key: Any, algorithm: str | None = "RS256", **headers: Any) -> str:
    return str(jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", **headers}))


def public_pem(at: World) -> bytes:
    return at.entra.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def hs256_by_hand(at: World) -> str:
    """The public key as the secret of HS256, which PyJWT itself refuses to make."""
    import hashlib
    import hmac

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(at.entra.claims('alice'))}"
    mac = hmac.new(public_pem(at), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def tampered(at: World) -> str:
    head, body, signature = at.entra.token("bob").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["sub"] = "pairwise-alice"
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


def with_own_key(at: World) -> str:
    from jwt.algorithms import RSAAlgorithm

    mine = json.loads(RSAAlgorithm.to_jwk(OTHER_KEY.public_key()))
    return signed(at.entra.claims("alice"), OTHER_KEY, jwk=mine)


now = time.time
CASES: dict[str, tuple[Callable[[World], str | None], int]] = {
    "no token": (lambda at: None, 401),
    "an empty header": (lambda at: "", 401),
    "an empty token": (lambda at: "Bearer", 401),
    "another scheme": (lambda at: "Basic " + base64.b64encode(b"alice:x").decode(), 401),
    "a token without its scheme": (lambda at: at.entra.token("alice"), 401),
    "no JWT": (lambda at: "Bearer ya29.something", 401),
    "two of three parts": (lambda at: "Bearer " + at.entra.token("alice").rpartition(".")[0], 401),
    "an empty signature": (lambda at: "Bearer " + at.entra.token("alice").rpartition(".")[0] + ".", 401),
    "a claim changed after signing": (lambda at: "Bearer " + tampered(at), 401),
    "a key of somebody else": (lambda at: "Bearer " + signed(at.entra.claims("alice"), OTHER_KEY), 401),
    "a key that nobody knows": (lambda at: "Bearer " + signed(at.entra.claims("alice"), OTHER_KEY, kid="k2"), 401),
    "a key brought along": (lambda at: "Bearer " + with_own_key(at), 401),
    "algorithm none": (lambda at: "Bearer " + signed(at.entra.claims("alice"), None, "none"), 401),
    "HS256 with a secret": (lambda at: "Bearer " + signed(at.entra.claims("alice"), "x" * 32, "HS256"), 401),
    "HS256 with the public key": (lambda at: "Bearer " + hs256_by_hand(at), 401),
    "RS512 with the right key": (lambda at: "Bearer " + signed(at.entra.claims("alice"), at.entra.key, "RS512"), 401),
    "the audience of another API": (lambda at: "Bearer " + at.entra.token("alice", aud="api://other"), 401),
    "the audience by its URI": (lambda at: "Bearer " + at.entra.token("alice", aud=f"api://{entra.AUDIENCE}"), 401),
    "the audience of Microsoft Graph": (
        lambda at: "Bearer " + at.entra.token("alice", aud="00000003-0000-0000-c000-000000000000"),
        401,
    ),
    "no audience": (lambda at: "Bearer " + at.entra.token("alice", aud=None), 401),
    "the issuer of version 1": (lambda at: "Bearer " + at.entra.token("alice", iss="https://sts.windows.net/t/"), 401),
    "another tenant": (
        lambda at: "Bearer " + at.entra.token("alice", iss=at.entra.issuer.replace(entra.TENANT, entra.CLIENT)),
        401,
    ),
    "the issuer with a slash more": (lambda at: "Bearer " + at.entra.token("alice", iss=f"{at.entra.issuer}/"), 401),
    "no issuer": (lambda at: "Bearer " + at.entra.token("alice", iss=None), 401),
    "expired": (lambda at: "Bearer " + at.entra.token("alice", exp=int(now()) - 1), 401),
    "without an end": (lambda at: "Bearer " + at.entra.token("alice", exp=None), 401),
    "not yet valid": (lambda at: "Bearer " + at.entra.token("alice", nbf=int(now()) + 600), 401),
    "issued in the future": (lambda at: "Bearer " + at.entra.token("alice", iat=int(now()) + 600), 401),
    "without a subject": (lambda at: "Bearer " + at.entra.token("alice", sub=None), 401),
    "no role": (lambda at: "Bearer " + at.entra.token("alice", roles=None), 403),
    "no role in the list": (lambda at: "Bearer " + at.entra.token("alice", roles=[]), 403),
    "another role": (lambda at: "Bearer " + at.entra.token("alice", roles=["LiteLLM.Invoke"]), 403),
    "a role that begins alike": (lambda at: "Bearer " + at.entra.token("alice", roles=[f"{ROLE}.all"]), 403),
    "the role as text": (lambda at: "Bearer " + at.entra.token("alice", roles=f"{ROLE} other"), 403),
    "the role as a scope": (lambda at: "Bearer " + at.entra.token("alice", roles=None, scp=ROLE), 403),
    "the role as a group": (lambda at: "Bearer " + at.entra.token("alice", roles=None, groups=[ROLE]), 403),
}


@pytest.mark.parametrize("case", CASES)
def test_who_may_not_call_is_refused_with_the_documented_status(shared: World, case: str) -> None:
    make, status = CASES[case]
    for method in ("initialize", "tools/list", "tools/call"):
        answer = ask(shared, make(shared), method)
        assert answer.status_code == status
        said = answer.headers["www-authenticate"]
        assert "resource_metadata=" in said
        assert ("insufficient_scope" if status == 403 else "invalid_token") in said
        assert "Plans" not in answer.text
    assert shared.gateway.vault == {}


def test_a_token_in_the_address_counts_for_nothing(shared: World) -> None:
    answer = httpx.post(f"{shared.gateway.url}?access_token={shared.entra.token('alice')}", json={}, **PATIENT)
    assert answer.status_code == 401


def test_a_stranger_is_told_where_to_log_in(shared: World) -> None:
    metadata = httpx.get(f"{shared.gateway.base}/.well-known/oauth-protected-resource/mcp", **PATIENT).json()
    assert metadata["resource"] == shared.gateway.url
    assert metadata["authorization_servers"] == [shared.entra.issuer]


def test_an_application_with_the_role_may_call_as_itself(shared: World) -> None:
    token = shared.entra.token("batch", sub="app-batch", scp=None, roles=[ROLE])
    assert ask(shared, f"Bearer {token}", "initialize").status_code == 200


def logged_in(at: World, person: str) -> Any:
    told = at.told(person)
    asyncio.run(login.log_in(told, at.browser(person).show))
    return told


def listed(at: World, person: str, browser: str = "") -> str:
    return asyncio.run(client.call(at.told(person), TOOL, {}, at.browser(browser or person).show))


def test_each_user_gets_his_own_files_after_one_consent_and_never_anothers(own: World) -> None:
    for person in FILES:
        logged_in(own, person)
    for person in ("alice", "bob", "alice", "bob"):
        assert listed(own, person) == FILES[person]
    consents = [url for browser in own.browsers.values() for url in browser.visited if "authorize?request_uri=" in url]
    assert len(consents) == 2
    assert own.google.asked_by == ["alice", "bob", "alice", "bob"]


def test_before_his_consent_bob_gets_a_link_and_not_the_files_of_alice(own: World) -> None:
    for person in FILES:
        logged_in(own, person)
    assert listed(own, "alice") == FILES["alice"]
    shown: list[str] = []
    told = own.told("bob", return_url="https://portal.example.com/consent")
    with pytest.raises(client.CallError, match="Consent on the page"):
        asyncio.run(client.call(told, TOOL, {}, shown.append))
    assert "request_uri=" in shown[0]
    assert own.google.asked_by == ["alice"]


def begun(at: World, person: str) -> str:
    """The name of a session that the person began, and where the browser of whoever visits comes to."""
    known = set(at.gateway.sessions)
    told = at.told(person, return_url="https://portal.example.com/consent")
    with pytest.raises(client.CallError):
        asyncio.run(client.call(told, TOOL, {}, lambda url: None))
    (session,) = set(at.gateway.sessions) - known
    return session


def complete(at: World, person: str, session: str, **changes: Any) -> httpx.Response:
    body = {"userIdentifier": {"userToken": at.entra.token(person, **changes)}, "sessionUri": session}
    return httpx.post(f"{at.gateway.base}/identities/CompleteResourceTokenAuth", json=body, **PATIENT)


def consent(at: World, person: str, session: str) -> str:
    """The person consents to that session; the address that the browser is sent to then."""
    link = f"{at.gateway.base}/identities/oauth2/authorize?{urlencode({'request_uri': session})}"
    with pytest.raises(httpx.ConnectError):  # nobody listens there now
        at.browser(person).visit(link)
    return at.browser(person).visited[-1]


def test_bob_cannot_finish_the_consent_that_alice_began(own: World) -> None:
    for person in FILES:
        logged_in(own, person)
    session = begun(own, "alice")
    consent(own, "alice", session)
    assert complete(own, "bob", session).status_code == 403
    assert own.gateway.vault == {}
    assert complete(own, "alice", session).status_code == 200
    assert listed(own, "alice") == FILES["alice"]


def test_alice_who_opens_the_link_of_bob_gives_him_nothing(own: World) -> None:
    """The attack that session binding is for: bob sends his link to alice, who consents with her Google account."""
    for person in FILES:
        logged_in(own, person)
    session = begun(own, "bob")
    back = consent(own, "alice", session)
    assert parse_qs(urlsplit(back).query)["session_id"] == [session]
    assert complete(own, "alice", session).status_code == 403  # her client, where her browser comes back to
    assert own.gateway.vault == {}
    assert own.google.asked_by == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"session": "urn:ietf:params:oauth:request_uri:forged"}, 400),
        ({"session": ""}, 400),
        ({"early": True}, 400),
        ({"token": {"exp": 1}}, 401),
        ({"token": {"roles": []}}, 401),
        ({"token": {"aud": "api://other"}}, 401),
        ({"token": {"sub": "pairwise-bob"}}, 403),
    ],
    ids=str,
)
def test_a_forged_or_early_return_is_refused_and_nothing_is_kept(
    own: World, change: dict[str, Any], status: int
) -> None:
    logged_in(own, "alice")
    session = begun(own, "alice")
    if not change.get("early"):
        consent(own, "alice", session)
    answer = complete(own, "alice", change.get("session", session), **change.get("token", {}))
    assert answer.status_code == status
    assert own.gateway.vault == {}


def test_a_consent_counts_once_and_not_for_ever(own: World) -> None:
    logged_in(own, "alice")
    session = begun(own, "alice")
    consent(own, "alice", session)
    assert complete(own, "alice", session).status_code == 200
    assert complete(own, "alice", session).status_code == 400
    assert own.gateway.sessions == {}
    own.gateway.vault.clear()
    late = begun(own, "alice")
    consent(own, "alice", late)
    own.gateway.sessions[late].began -= 3600
    assert complete(own, "alice", late).status_code == 400
    assert own.gateway.vault == {}


def test_a_callback_with_another_state_is_refused(own: World) -> None:
    logged_in(own, "alice")
    session = begun(own, "alice")
    answer = httpx.get(own.gateway.callback_url, params={"state": "forged", "code": "x"}, **PATIENT)
    assert answer.status_code == 400
    assert own.gateway.sessions[session].code == ""


def test_a_session_of_mcp_belongs_to_who_opened_it(own: World) -> None:
    opened = ask(own, f"Bearer {own.entra.token('alice')}", "initialize")
    session = {"mcp-session-id": opened.headers["mcp-session-id"]}
    assert ask(own, f"Bearer {own.entra.token('alice')}", **session).status_code == 200
    assert ask(own, f"Bearer {own.entra.token('bob')}", **session).status_code == 404
    other_client = own.entra.token("alice", azp="another-client")
    assert ask(own, f"Bearer {other_client}", **session).status_code == 404
    assert ask(own, None, **session).status_code == 401


def test_a_revoked_consent_is_asked_for_again_and_an_ended_token_is_renewed(own: World) -> None:
    logged_in(own, "alice")
    assert listed(own, "alice") == FILES["alice"]
    own.google.expire()
    assert listed(own, "alice") == FILES["alice"]
    before = len(own.browser("alice").visited)
    own.google.revoke("alice")
    assert listed(own, "alice") == FILES["alice"]
    assert len(own.browser("alice").visited) > before


@pytest.mark.parametrize(
    "wrong_key",
    [
        lambda token: (token.claims["iss"], token.client_id),
        lambda token: (token.claims["iss"], "session"),
        lambda token: (token.claims["tid"], token.claims["azp"]),
    ],
    ids=["by client", "by session", "by tenant and client"],
)
def test_the_proof_sees_a_vault_that_is_keyed_by_anything_but_issuer_and_subject(
    tmp_path: Path, wrong_key: Any
) -> None:
    """The mutation: with such a key bob reads the files of alice, which the tests above would not pass."""
    with world(tmp_path, wrong_key) as broken:
        for person in FILES:
            logged_in(broken, person)
        assert listed(broken, "alice") == FILES["alice"]
        assert listed(broken, "bob") == FILES["alice"] != FILES["bob"]


def test_the_same_subject_of_another_issuer_is_another_user() -> None:
    from mcp.server.auth.provider import AccessToken

    from apps.mcp.offline.gateway import by_issuer_and_subject

    def key(issuer: str) -> Any:
        claims = {"iss": issuer, "sub": "s"}
        return by_issuer_and_subject(AccessToken(token="t", client_id="c", scopes=[], claims=claims))

    assert key("https://a") != key("https://b")
