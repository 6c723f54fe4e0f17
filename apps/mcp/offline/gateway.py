"""AgentCore Gateway and Identity on loopback, on the MCP SDK: tokens of Entra ID in, each user's Google token out.

A model of what the AgentCore developer guide says: "Configure inbound JWT authorizer", "Example: Authentication with an
authorization code grant when invoking a gateway" and "OAuth 2.0 authorization URL session binding". What AWS does is
AWS's; this shows what a client meets, and what must never happen.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from mcp import UrlElicitationRequiredError
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.types import ElicitRequestURLParams
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from apps.mcp.offline.google import CLIENT_ID, CLIENT_SECRET, SCOPE

Key = tuple[str, str]
"""Under what a token is kept: issuer and subject."""
_SESSION = 600.0
"""Seconds that a consent may take."""


def by_issuer_and_subject(token: AccessToken) -> Key:
    """The only key that tells two users apart: a client, and a session, may be of many."""
    claims = token.claims or {}
    return str(claims["iss"]), str(claims["sub"])


class Authorizer:
    """Judges a token by `customJWTAuthorizer`, as CreateGateway takes it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.audiences, self.claims = list(config["allowedAudience"]), list(config["customClaims"])
        discovered = httpx.get(config["discoveryUrl"], trust_env=False, timeout=60).json()
        self.issuer = str(discovered["issuer"])
        self._keys = jwt.PyJWKClient(discovered["jwks_uri"])

    async def verify_token(self, token: str) -> AccessToken | None:
        """Who it is; None for a token that is not good, whatever is wrong with it."""
        try:
            claims = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token).key,
                algorithms=["RS256"],
                audience=self.audiences,
                issuer=self.issuer,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=str(claims.get("azp", "")),
            scopes=["admitted"] if all(_holds(claims, wanted) for wanted in self.claims) else [],
            expires_at=int(claims["exp"]),
            subject=str(claims["sub"]),
            claims=claims,
        )


def _holds(claims: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    held = claims.get(wanted["inboundTokenClaimName"])
    match = wanted["authorizingClaimMatchValue"]["claimMatchValue"]["matchValueString"]
    return isinstance(held, list) and match in held


@dataclass
class Session:
    """A consent that began: who began it, and what came back of it."""

    key: Key
    state: str
    began: float = field(default_factory=time.time)
    code: str = ""


class Gateway:
    """One target, `drive`, with a grant of its own for each user; `key` says under what a token is kept."""

    def __init__(
        self,
        base: str,
        authorizer: Authorizer,
        google: str,
        return_url: str,
        key: Callable[[AccessToken], Key] = by_issuer_and_subject,
    ) -> None:
        self.base, self.authorizer, self.google, self.return_url, self.key = base, authorizer, google, return_url, key
        self.url, self.callback_url = f"{base}/mcp", f"{base}/identities/oauth2/callback/{secrets.token_hex(8)}"
        self.vault: dict[Key, dict[str, Any]] = {}
        self.sessions: dict[str, Session] = {}

    def app(self) -> Starlette:
        """The MCP endpoint, its metadata, and the identity service beside it."""
        server = MCPServer(
            "agentcore",
            token_verifier=self.authorizer,
            auth=AuthSettings(
                issuer_url=AnyHttpUrl(self.authorizer.issuer),
                resource_server_url=AnyHttpUrl(self.url),
                required_scopes=["admitted"],
                validate_token_resource=False,
            ),
            log_level="ERROR",
        )
        server.tool(name="drive___listFiles", description="Search the user's files")(self._list_files)
        app = server.streamable_http_app(json_response=True)
        app.router.routes += [
            Route("/identities/oauth2/authorize", self._authorize),
            Route(self.callback_url.removeprefix(self.base), self._callback),
            Route("/identities/CompleteResourceTokenAuth", self._complete, methods=["POST"]),
        ]
        return app

    async def _list_files(self, q: str = "") -> str:
        user = get_access_token()
        assert user is not None  # noqa: S101  nobody comes here without one
        key = self.key(user)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            for _ in range(2):
                if not (kept := self.vault.get(key)):
                    raise self._consent(by_issuer_and_subject(user))
                headers = {"Authorization": f"Bearer {kept['access_token']}"}
                answer = await http.get(f"{self.google}/drive/v3/files", params={"q": q}, headers=headers)
                if answer.status_code != 401:
                    return "\n".join(one["name"] for one in answer.json()["files"])
                await self._renew(http, key, kept)
        raise self._consent(by_issuer_and_subject(user))

    async def _renew(self, http: httpx.AsyncClient, key: Key, kept: Mapping[str, Any]) -> None:
        """A new token for the refresh token; without one the consent is over."""
        form = {"grant_type": "refresh_token", "refresh_token": kept.get("refresh_token", ""), **_CLIENT}
        answer = await http.post(f"{self.google}/token", data=form)
        if answer.status_code == 200:
            self.vault[key] = {**kept, **answer.json()}
        else:
            del self.vault[key]

    def _consent(self, key: Key) -> UrlElicitationRequiredError:
        session = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(24)}"
        self.sessions[session] = Session(key=key, state=secrets.token_urlsafe(24))
        url = f"{self.base}/identities/oauth2/authorize?{urlencode({'request_uri': session})}"
        asked = ElicitRequestURLParams(
            mode="url", message="Please log in to Google Drive.", url=url, elicitation_id=secrets.token_hex(8)
        )
        return UrlElicitationRequiredError([asked])

    def _authorize(self, request: Request) -> Response:
        session = self._open(request.query_params.get("request_uri", ""))
        if session is None:
            return JSONResponse({"message": "the request is not known, or has ended"}, 400)
        asked = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": self.callback_url,
            "scope": SCOPE,
            "state": session.state,
            "access_type": "offline",
            "prompt": "consent",
        }
        return RedirectResponse(f"{self.google}/o/oauth2/v2/auth?{urlencode(asked)}")

    def _callback(self, request: Request) -> Response:
        state = request.query_params.get("state", "")
        found = [(name, one) for name, one in self.sessions.items() if secrets.compare_digest(one.state, state)]
        if not found or not request.query_params.get("code"):
            return JSONResponse({"message": "the state is not known"}, 400)
        name, session = found[0]
        session.code = request.query_params["code"]
        return RedirectResponse(f"{self.return_url}?{urlencode({'session_id': name})}")

    async def _complete(self, request: Request) -> Response:
        """Session binding: the token is fetched and kept only for the user who began."""
        body = await request.json()
        user = await self.authorizer.verify_token(str(body.get("userIdentifier", {}).get("userToken", "")))
        if user is None or not user.scopes:
            return _refused("UnauthorizedException", "the user token is not valid", 401)
        session = self._open(str(body.get("sessionUri", "")))
        if session is None or not session.code:
            return _refused("ValidationException", "the session is not known, or nobody consented", 400)
        if session.key != by_issuer_and_subject(user):
            return _refused("AccessDeniedException", "the session was begun by another user", 403)
        del self.sessions[str(body["sessionUri"])]
        form = {"grant_type": "authorization_code", "code": session.code, "redirect_uri": self.callback_url, **_CLIENT}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            answer = await http.post(f"{self.google}/token", data=form)
        if answer.status_code != 200:
            return _refused("ValidationException", "the provider took no such code", 400)
        self.vault[self.key(user)] = answer.json()
        return JSONResponse({})

    def _open(self, name: str) -> Session | None:
        session = self.sessions.get(name)
        return session if session and time.time() - session.began < _SESSION else None


_CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def _refused(code: str, message: str, status: int) -> Response:
    return JSONResponse({"message": message}, status, headers={"x-amzn-ErrorType": code})
