"""Entra ID on loopback: discovery, keys, authorization code with PKCE, and tokens of version 2 signed with RS256."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
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


class Entra:
    """One tenant with an API, a public client and people; `roles` says who holds which role of the API."""

    def __init__(self, base: str, roles: dict[str, list[str]] | None = None) -> None:
        self.base = base
        self.roles = {"alice": [ROLE], "bob": [ROLE]} if roles is None else roles
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.issuer = f"{base}/{TENANT}/v2.0"
        self.discovery_url = f"{self.issuer}/.well-known/openid-configuration"
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
            "oid": f"oid-{person}",
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
        host, _, port = asked.get("redirect_uri", "").rpartition(":")
        if host != "http://localhost" or not port.isdigit():
            return _error("invalid_request", "AADSTS50011: the redirect URI does not match")
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return _error("invalid_request", "AADSTS9002325: proof key for code exchange is required")
        if person not in self.roles:
            refused = {"error": "access_denied", "error_description": "AADSTS50105: not assigned to a role"}
            return RedirectResponse(
                f"{asked['redirect_uri']}?{urlencode({**refused, 'state': asked.get('state', '')})}"
            )
        code = secrets.token_urlsafe(16)
        self._codes[code] = {"person": person, **asked}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked.get('state', '')})}")

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        kept = self._codes.pop(str(form.get("code")), None)  # once
        verifier = str(form.get("code_verifier", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not kept or challenge != kept["code_challenge"] or form.get("redirect_uri") != kept["redirect_uri"]:
            return _error("invalid_grant", "AADSTS501481: the code verifier does not match")
        if kept.get("scope") != SCOPE:
            return _error("invalid_scope", "AADSTS70011: the scope is not valid")
        return JSONResponse({"access_token": self.token(kept["person"]), "token_type": "Bearer", "expires_in": 3600})


def _error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
