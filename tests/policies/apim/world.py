"""Entra ID, clients, Key Vault and LiteLLM around an API Management policy under test."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

from policies.apim import APIM_ENTRY_HEADER, BACKEND_ID, Mode, key_bindings, load
from tests.policies.apim.elements import check
from tests.policies.apim.expressions import Expressions
from tests.policies.apim.walker import Headers, Response, Walker

TENANT = "0f8d0c5e-4d0a-4f0b-8b7e-2f6a3c1d9e10"
FOREIGN_TENANT = "9c1b7a52-7f3e-4b6d-9a2c-5d8e0f1a2b3c"
API = "b6f1c1a4-3c5d-4a7e-9f10-1d2c3b4a5f60"
OTHER_API = "11111111-3c5d-4a7e-9f10-1d2c3b4a5f60"
IDENTITY = "7e57ab1e-5b1c-4f2d-8e3a-6c9d0b1a2f34"
VAULT = "https://genai-vault.vault.azure.net/"
APIM_ENTRY_KEY = "f" * 64

CLIENT_A = "a0a0a0a0-1b2c-4d3e-8f40-5a6b7c8d9e0f"
CLIENT_B = "b0b0b0b0-1b2c-4d3e-8f40-5a6b7c8d9e0f"
KEY_A = "sk-key-of-client-a-0123456789"
KEY_B = "sk-key-of-client-b-0123456789"
KEY_C = "sk-key-bound-to-nobody-0123456789"

NAMED_VALUES: Mapping[Mode, Mapping[str, str]] = {
    "header": {
        "tenant-id": TENANT,
        "api-client-id": API,
        "key-bindings": key_bindings({CLIENT_A: [KEY_A, "sk-another-key-of-client-a"]}),
    },
    "keyVault": {
        "tenant-id": TENANT,
        "api-client-id": API,
        "key-vault-uri": VAULT,
        "gateway-identity-client-id": IDENTITY,
    },
}


def policy(mode: Mode, edit: Callable[[str], str] = lambda text: text) -> ET.Element:
    """The policy as API Management saves it: checked, with named values pasted in."""
    text = re.sub(r"\{\{([\w-]+)\}\}", lambda name: NAMED_VALUES[mode][name[1]], edit(load(mode)))
    saved = ET.fromstring(text)
    check(saved)
    return saved


def _claims(**changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aud": API,
        "azp": CLIENT_A,
        "roles": ["LiteLLM.Invoke"],
        "nbf": -60,
        "exp": 3600,
        "oid": "oid-of-the-service-principal",
        "sub": "oid-of-the-service-principal",  # as Entra ID has it in a token of an application
    }
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


_V1 = {"iss": f"https://sts.windows.net/{TENANT}/", "azp": None}
TOKENS: Mapping[str, Mapping[str, Any]] = {
    "client-a": _claims(),
    "client-b": _claims(azp=CLIENT_B),
    "client-a-v1": _claims(**_V1, appid=CLIENT_A),
    "client-a-upper-case": _claims(azp=CLIENT_A.upper()),
    "two-roles": _claims(roles=["LiteLLM.Read", "LiteLLM.Invoke"]),
    "expired": _claims(exp=0),
    "not-yet-valid": _claims(nbf=60),
    "foreign-tenant": _claims(iss=f"https://login.microsoftonline.com/{FOREIGN_TENANT}/v2.0"),
    "other-audience": _claims(aud=OTHER_API),
    "no-role": _claims(roles=None),
    "empty-roles": _claims(roles=[]),
    "role-of-another-application": _claims(roles=["Mail.Send"]),
    "longer-role": _claims(roles=["LiteLLM.Invoke.Not"]),
    "roles-that-join-to-the-role": _claims(roles=["x,LiteLLM.Invoke"]),
    "no-client-id": _claims(azp=None),
    "client-id-no-guid": _claims(azp="my-app"),
    "client-id-climbs": _claims(azp="../../keys/x?y="),
    "client-id-climbs-v1": _claims(**_V1, appid=f"{CLIENT_A}/../x"),
    "client-id-injects": _claims(azp=f"{CLIENT_A}\r\napi-key: 1"),
}


class World(Walker):
    """A gateway with its policy, and everything it talks to in the state of a good day."""

    def __init__(self, mode: Mode, policy: ET.Element, expressions: Expressions) -> None:
        super().__init__(
            policy,
            expressions,
            tokens=TOKENS,
            backends={BACKEND_ID: self._forward},
            send=self._vault,
        )
        self.mode = mode
        self.secrets: dict[str, str] = {CLIENT_A: KEY_A, CLIENT_B: KEY_B}
        self.vault_answer: Callable[[], Response] | None = None
        self.vault_urls: list[str] = []
        self.litellm_keys = {KEY_A, KEY_B, KEY_C}
        self.litellm_answer: Callable[[], Response] = lambda: Response(200, {"server": ["uvicorn"]}, '{"id": "chat"}')
        self.forwarded: list[Headers] = []
        self.urls: list[str] = []
        """Path and query of each request that was forwarded."""

    def call(
        self,
        token: str | None = "client-a",
        *,
        key: str | None = "",
        headers: Mapping[str, str | list[str]] | None = None,
        ip: str = "203.0.113.7",
        url: str = "/v1/chat/completions",
        operation: str = "/v1/chat/completions",
    ) -> Response:
        """One request. `key` is the header x-litellm-api-key: by default the client's own, in header mode."""
        sent: Headers = {"Content-Type": ["application/json"]}
        if token is not None:
            sent["Authorization"] = [f"Bearer {token}"]
        if key == "" and self.mode == "header":
            key = KEY_B if token == "client-b" else KEY_A
        if key:
            sent["X-Litellm-Api-Key"] = [key]
        for name, value in (headers or {}).items():
            sent.pop(next((known for known in sent if known.lower() == name.lower()), ""), None)
            sent[name] = value if isinstance(value, list) else [value]
        return self.handle(sent, ip, url, operation)

    def refused(self, status: int, code: str, token: str | None = "client-a", **call: Any) -> Response:
        """A call that must be answered by the gateway itself, in the one shape, giving nothing away."""
        before, traces = len(self.forwarded), len(self.traces)
        response = self.call(token, **call)
        answer(response, status, code)
        assert len(self.forwarded) == before, "LiteLLM was reached"
        self._give_nothing_away(response, traces, code)
        return response

    def failed(self, status: int, code: str) -> Response:
        """A call that reaches LiteLLM, or tries to, and is answered by the gateway."""
        traces = len(self.traces)
        response = self.call()
        answer(response, status, code)
        self._give_nothing_away(response, traces, code)
        return response

    def _give_nothing_away(self, response: Response, traces: int, code: str) -> None:
        answered = json.dumps([response.headers, response.body])
        assert CLIENT_A not in answered
        assert CLIENT_B not in answered
        told = answered + json.dumps(self.traces[traces:])
        for secret in ("sk-", APIM_ENTRY_KEY, "Bearer client", TENANT, API, "oid-of", "Mail.Send"):
            assert secret not in told, f"the answer or the log shows {secret}"
        assert self.traces[-1]["code"] == code

    def passed(self, token: str | None = "client-a", **call: Any) -> Headers:
        """A call that LiteLLM answers; the headers LiteLLM got, in lower case."""
        before = len(self.forwarded)
        response = self.call(token, **call)
        assert (response.status, response.body) == (200, '{"id": "chat"}'), response
        assert len(self.forwarded) == before + 1
        assert not response.buffered
        return self.forwarded[-1]

    def _forward(self, headers: Headers, url: str, _body: str) -> Response:
        """The backend entity, which adds its header, the load balancer's rule, and LiteLLM's look for a key."""
        seen = {name.lower(): list(values) for name, values in headers.items()}
        seen.setdefault(APIM_ENTRY_HEADER, []).append(APIM_ENTRY_KEY)
        answer = self.litellm_answer()
        self.forwarded.append(seen)
        self.urls.append(url)
        if seen[APIM_ENTRY_HEADER] != [APIM_ENTRY_KEY]:
            return Response(403, {"server": ["awselb/2.0"]}, "Forbidden")
        if seen.get("x-litellm-api-key", [""])[0] not in self.litellm_keys:
            return Response(401, {"server": ["uvicorn"]}, '{"error": {"code": "401"}}')
        return answer

    def _vault(self, url: str, identity: Mapping[str, str]) -> Response:
        self.vault_urls.append(url)
        if self.vault_answer:
            return self.vault_answer()
        if identity != {"resource": "https://vault.azure.net", "client-id": IDENTITY}:
            return Response(401, body='{"error": {"code": "Unauthorized"}}')
        name = re.fullmatch(re.escape(VAULT) + r"secrets/litellm-([0-9a-f-]{36})\?api-version=7\.4", url)
        if name is None or name[1] not in self.secrets:
            return Response(404, body='{"error": {"code": "SecretNotFound"}}')
        return Response(200, body=json.dumps({"value": self.secrets[name[1]], "id": url, "attributes": {}}))


def answer(response: Response, status: int, code: str) -> None:
    """The one shape of every answer of the gateway's own."""
    assert response.status == status, response
    assert response.headers["Content-Type"] == ["application/json"]
    error = json.loads(response.body)["error"]
    assert set(error) == {"message", "type", "code", "request_id"}
    assert (error["code"], error["request_id"]) == (code, Walker.request_id)
    types = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    types |= dict.fromkeys((400, 404), "invalid_request_error")
    assert error["type"] == types.get(status, "api_error")
    assert error["message"].endswith(".")
    retry = response.headers.get("Retry-After", ["0"])[0]
    assert (int(retry) > 0) == (status in (429, 503)), response.headers
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
