"""Google on loopback: consent of each person, tokens that end and can be revoked, and a Drive with files of each."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from apps.mcp.offline.servers import PERSON

CLIENT_ID, CLIENT_SECRET = "1-a.apps.googleusercontent.com", "kept-apart-secret"
SCOPE = "https://www.googleapis.com/auth/drive.readonly"
FILES = {"alice": ["Plans of Alice"], "bob": ["Budget of Bob"]}


@dataclass
class Google:
    """`callbacks` are the redirect addresses that its console knows."""

    base: str
    callbacks: set[str] = field(default_factory=set)
    lifetime: int = 3600
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Person and end, by access token."""
    refresh: dict[str, str] = field(default_factory=dict)
    """Person, by refresh token."""
    renewed: list[str] = field(default_factory=list)
    """Who got a new token for a refresh token, in order."""
    asked_by: list[str] = field(default_factory=list)
    """Whose files were read, in order."""

    def app(self) -> Starlette:
        """What a gateway and browsers ask."""
        return Starlette(
            routes=[
                Route("/o/oauth2/v2/auth", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/drive/v3/files", self._files),
            ]
        )

    def revoke(self, person: str) -> None:
        """That person takes the consent back (myaccount.google.com/connections)."""
        self.tokens = {token: kept for token, kept in self.tokens.items() if kept[0] != person}
        self.refresh = {token: whose for token, whose in self.refresh.items() if whose != person}

    def expire(self) -> None:
        """An hour goes by."""
        self.tokens = {token: (person, 0.0) for token, (person, _) in self.tokens.items()}

    def secrets(self) -> list[str]:
        """Everything that may stand in no log."""
        return [*self.tokens, *self.refresh, CLIENT_SECRET]

    def person(self, authorization: str) -> str:
        """Whose token that is; empty for none that is good."""
        person, end = self.tokens.get(authorization.removeprefix("Bearer "), ("", 0.0))
        return person if end > time.time() else ""

    def _authorize(self, request: Request) -> Response:
        asked, person = request.query_params, request.cookies.get(PERSON, "")
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") not in self.callbacks:
            return JSONResponse({"error": "redirect_uri_mismatch"}, 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"person": person, **asked}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked.get('state', '')})}")

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return JSONResponse({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            if not (person := self.refresh.get(form.get("refresh_token", ""), "")):
                return JSONResponse({"error": "invalid_grant"}, 400)
            self.renewed.append(person)
            return JSONResponse(self._issue(person))
        kept = self.codes.pop(form.get("code", ""), None)
        if not kept or kept["redirect_uri"] != form.get("redirect_uri"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        answer = self._issue(kept["person"])
        if kept.get("access_type") == "offline":
            token = f"1//refresh-{secrets.token_urlsafe(24)}"
            self.refresh[token] = kept["person"]
            answer["refresh_token"] = token
        return JSONResponse(answer)

    def _issue(self, person: str) -> dict[str, object]:
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self.tokens[token] = (person, time.time() + self.lifetime)
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime, "scope": SCOPE}

    def _files(self, request: Request) -> Response:
        person = self.person(request.headers.get("authorization", ""))
        if not person:
            return JSONResponse({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401)
        self.asked_by.append(person)
        return JSONResponse({"files": [{"id": name.lower(), "name": name} for name in FILES.get(person, [])]})
