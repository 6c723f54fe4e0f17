"""OAuth login with a browser: authorization code, PKCE and a page on loopback, at Entra ID or through LiteLLM."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from mcp.client.auth.oauth2 import PKCEParameters

from apps.mcp.loopback import returning
from apps.mcp.settings import Gateway

Open = Callable[[str], None]
"""Shows an address to the user, in a browser where there is one."""


class LoginError(Exception):
    """Nobody is logged in; the message says why, and shows no token."""


async def log_in(gateway: Gateway, show: Open) -> None:
    """Have the user log in; of Entra ID keep the token, of LiteLLM nothing: it keeps the provider's token itself.

    LoginError when the provider refuses, or what comes back is not the answer to what was asked.
    """
    pkce, state = PKCEParameters.generate(), secrets.token_urlsafe(32)
    async with returning() as (port, visit):
        redirect = f"http://localhost:{port}"
        asked = {
            "client_id": gateway.client_id,
            "response_type": "code",
            "redirect_uri": redirect,
            "state": state,
            "code_challenge": pkce.code_challenge,
            "code_challenge_method": "S256",
            **({"scope": gateway.scope} if gateway.scope else {}),
        }
        show(f"{gateway.authorize_url}?{urlencode(asked)}")
        came = await visit()
    if not secrets.compare_digest(came.get("state", ""), state):
        raise LoginError("What came back belongs to another login: begin again.")
    if "code" not in came:
        raise LoginError(f"The login was refused: {came.get('error_description') or came.get('error', 'no code')}.")
    answer = await _redeem(gateway, came["code"], redirect, pkce.code_verifier)
    if gateway.way == "agentcore":
        _keep(Path(gateway.token_file), answer)


async def _redeem(gateway: Gateway, code: str, redirect: str, verifier: str) -> Mapping[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": gateway.client_id,
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
        **({"scope": gateway.scope} if gateway.scope else {}),
    }
    headers = {"x-litellm-api-key": f"Bearer {gateway.key}"} if gateway.key else {}
    async with httpx2.AsyncClient(timeout=60) as http:
        answer = await http.post(gateway.token_url, data=form, headers=headers)
    said: dict[str, Any] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.status_code != 200 or "access_token" not in said:
        why = said.get("error_description") or said.get("error") or said.get("detail") or "no token"
        raise LoginError(f"{gateway.token_url} answered {answer.status_code}: {why}.")
    return said


def _keep(file: Path, answer: Mapping[str, Any]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    kept = {"access_token": answer["access_token"], "ends": time.time() + float(answer.get("expires_in", 3600))}
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(kept, opened)


def token(gateway: Gateway) -> str:
    """The token of the last login; LoginError when there is none, or it has ended."""
    try:
        kept = json.loads(Path(gateway.token_file).read_text())
    except (OSError, ValueError) as error:
        raise LoginError("Nobody is logged in: run `genai mcp login` first.") from error
    if kept["ends"] < time.time() + 60:
        raise LoginError("The login has ended: run `genai mcp login` again.")
    return str(kept["access_token"])
