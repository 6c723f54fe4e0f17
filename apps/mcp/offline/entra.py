"""Entra ID on loopback: discovery, logins with PKCE or a device code, and tokens of version 2 that can be renewed."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from apps.mcp.offline.servers import PERSON
from catalogue.agentcore import ROLE

TENANT, AUDIENCE, CLIENT = (
    "11111111-0000-4000-8000-000000000001",
    "22222222-0000-4000-8000-000000000002",
    "33333333-0000-4000-8000-000000000003",
)
SCOPE = f"api://{AUDIENCE}/access_as_user"
BEHIND_API_MANAGEMENT = f"api://{AUDIENCE}/user_impersonation"
_NO_API = {"openid", "profile", "offline_access"}
_CODE_LIVES = 900.0


def object_id(person: str) -> str:
    """What the tenant calls a person, whatever the application."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, person))


@dataclass
class Device:
    """A login that a person finishes on another machine; `person` is empty until then."""

    user_code: str
    scope: str
    began: float
    interval: int
    asked: float = 0.0
    person: str = ""
    declined: bool = False


class Entra:
    """One tenant with an API, a public client and people; `roles` says who holds which role of the API."""

    def __init__(self, base: str, roles: dict[str, list[str]] | None = None) -> None:
        self.base = base
        self.roles = {"alice": [ROLE], "bob": [ROLE]} if roles is None else roles
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.issuer = f"{base}/{TENANT}/v2.0"
        self.discovery_url = f"{self.issuer}/.well-known/openid-configuration"
        self.clock, self.interval = time.time, 1
        self.devices: dict[str, Device] = {}
        """By device code."""
        self.refresh: dict[str, tuple[str, str]] = {}
        """Person and scope, by refresh token."""
        self._codes: dict[str, dict[str, str]] = {}

    def app(self) -> Starlette:
        """What MCP clients and the gateway ask."""
        tenant = f"/{TENANT}"
        return Starlette(
            routes=[
                Route(f"{tenant}/v2.0/.well-known/openid-configuration", self._discovery),
                Route(f"{tenant}/discovery/v2.0/keys", self._keys),
                Route(f"{tenant}/oauth2/v2.0/authorize", self._authorize),
                Route(f"{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
                Route(f"{tenant}/oauth2/v2.0/devicecode", self._device_code, methods=["POST"]),
                Route("/devicelogin", self._device_login),
            ]
        )

    @property
    def authorize_url(self) -> str:
        """Where a login begins."""
        return f"{self.base}/{TENANT}/oauth2/v2.0/authorize"

    @property
    def token_url(self) -> str:
        """Where a code becomes a token."""
        return f"{self.base}/{TENANT}/oauth2/v2.0/token"

    @property
    def device_url(self) -> str:
        """Where a login on another machine begins."""
        return f"{self.base}/{TENANT}/oauth2/v2.0/devicecode"

    def revoke(self, person: str) -> None:
        """An administrator ends all sessions of that person."""
        self.refresh = {token: kept for token, kept in self.refresh.items() if kept[0] != person}

    def finish(self, user_code: str, person: str, *, declined: bool = False) -> bool:
        """That person types the code; false when nobody waits for it."""
        for device in self.devices.values():
            if device.user_code == user_code and self.clock() - device.began < _CODE_LIVES:
                device.person, device.declined = person, declined
                return True
        return False

    def age(self) -> None:
        """A quarter of an hour goes by for every code that nobody has typed."""
        for device in self.devices.values():
            device.began -= _CODE_LIVES

    def public_key(self) -> dict[str, Any]:
        """The key that everybody may know (RFC 7517)."""
        return {**json.loads(RSAAlgorithm.to_jwk(self.key.public_key())), "kid": "k1", "use": "sig", "alg": "RS256"}

    def claims(self, person: str, **changes: Any) -> dict[str, Any]:
        """What a token for that person says; a change to None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": f"pairwise-{person}",
            "oid": object_id(person),
            "tid": TENANT,
            "azp": CLIENT,
            "ver": "2.0",
            "roles": self.roles.get(person, []),
            "scp": "access_as_user",
            "iat": now,
            "nbf": now - 5,
            "exp": now + 3600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, person: str, **changes: Any) -> str:
        """A signed one."""
        return str(jwt.encode(self.claims(person, **changes), self.key, algorithm="RS256", headers={"kid": "k1"}))

    def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "jwks_uri": f"{self.base}/{TENANT}/discovery/v2.0/keys",
                "authorization_endpoint": self.authorize_url,
                "token_endpoint": self.token_url,
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.public_key()]})

    def _authorize(self, request: Request) -> Response:
        asked, person = request.query_params, request.cookies.get(PERSON, "")
        if asked.get("client_id") != CLIENT:
            return _error("unauthorized_client", "AADSTS700016: this application is not known")
        # A redirect address on localhost may have any port, and no other path (learn.microsoft.com, "Redirect URI").
        host, _, port = asked.get("redirect_uri", "").removesuffix("/").rpartition(":")
        if host != "http://localhost" or not port.isdigit():
            return _error("invalid_request", "AADSTS50011: the redirect URI does not match")
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return _error("invalid_request", "AADSTS9002325: proof key for code exchange is required")
        refused = None
        if person not in self.roles:
            refused = {"error": "access_denied", "error_description": "AADSTS50105: not assigned to a role"}
        elif _other_resource(asked):
            refused = {"error": "invalid_target", "error_description": "AADSTS9010010: resource and scopes differ"}
        if refused:
            return RedirectResponse(
                f"{asked['redirect_uri']}?{urlencode({**refused, 'state': asked.get('state', '')})}"
            )
        code = secrets.token_urlsafe(16)
        self._codes[code] = {"person": person, **asked}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked.get('state', '')})}")

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if form.get("client_id") != CLIENT:
            return _error("unauthorized_client", "AADSTS700016: this application is not known")
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                if not (kept := self.refresh.get(form.get("refresh_token", ""))):
                    return _error("invalid_grant", "AADSTS50173: the grant was revoked")
                return self._answer(*kept)
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._by_device(form.get("device_code", ""))
        return _error("unsupported_grant_type", "AADSTS70003: the grant is not supported")

    def _by_code(self, form: Mapping[str, str]) -> Response:
        kept = self._codes.pop(form.get("code", ""), None)  # once
        verifier = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not kept or challenge != kept["code_challenge"] or form.get("redirect_uri") != kept["redirect_uri"]:
            return _error("invalid_grant", "AADSTS501481: the code verifier does not match")
        return self._answer(kept["person"], kept.get("scope", ""))

    async def _device_code(self, request: Request) -> Response:
        form = await request.form()
        if form.get("client_id") != CLIENT:
            return _error("unauthorized_client", "AADSTS700016: this application is not known")
        device = Device(secrets.token_hex(4).upper(), str(form.get("scope", "")), self.clock(), self.interval)
        code = secrets.token_urlsafe(16)
        self.devices[code] = device
        return JSONResponse(
            {
                "device_code": code,
                "user_code": device.user_code,
                "verification_uri": f"{self.base}/devicelogin",
                "expires_in": int(_CODE_LIVES),
                "interval": self.interval,
                "message": "To sign in, use a web browser.",
            }
        )

    def _device_login(self, request: Request) -> Response:
        """The page on which a person types the code."""
        known = self.finish(request.query_params.get("code", ""), request.cookies.get(PERSON, ""))
        return JSONResponse({"done": known}, 200 if known else 400)

    def _by_device(self, code: str) -> Response:
        """The errors are those of learn.microsoft.com, "device authorization grant", and of RFC 8628, section 3.5."""
        device, now = self.devices.get(code), self.clock()
        if device is None:
            return _error("bad_verification_code", "AADSTS70018: the code is not known")
        if now - device.began >= _CODE_LIVES:
            return _error("expired_token", "AADSTS70019: the code has expired")
        early, device.asked = now - device.asked < device.interval, now
        if early:
            device.interval += 5
            return _error("slow_down", "too many requests")
        if device.declined:
            return _error("authorization_declined", "AADSTS70017: the person declined")
        if not device.person:
            return _error("authorization_pending", "AADSTS70016: nobody has typed the code yet")
        del self.devices[code]
        if device.person not in self.roles:
            return _error("access_denied", "AADSTS50105: not assigned to a role")
        return self._answer(device.person, device.scope)

    def _answer(self, person: str, scope: str) -> Response:
        asked = set(scope.split())
        if asked - _NO_API not in ({SCOPE}, {BEHIND_API_MANAGEMENT}):
            return _error("invalid_scope", "AADSTS70011: the scope is not valid")
        answer = {"access_token": self.token(person), "token_type": "Bearer", "expires_in": 3600}
        if "offline_access" in asked:
            answer["refresh_token"] = token = secrets.token_urlsafe(24)
            self.refresh[token] = (person, scope)
        return JSONResponse(answer)


def _other_resource(asked: Mapping[str, str]) -> bool:
    """Entra ID takes the parameter of RFC 8707 for the API of the scope alone (AADSTS9010010)."""
    return asked.get("resource", f"api://{AUDIENCE}") != f"api://{AUDIENCE}"


def _error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
