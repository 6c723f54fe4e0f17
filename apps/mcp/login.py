"""OAuth login with a browser: authorization code, PKCE and a page on loopback, at Entra ID or through LiteLLM."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from mcp.client.auth.oauth2 import PKCEParameters

from apps.mcp import tokens
from apps.mcp.loopback import returning
from apps.mcp.settings import Gateway

Open = Callable[[str], None]
"""Shows an address to the user, in a browser where there is one."""


class LoginError(Exception):
    """Nobody is logged in; the message says why, and shows no token."""


class NoAnswerError(LoginError):
    """Nobody could be asked."""


async def log_in(gateway: Gateway, show: Open) -> None:
    """Have the user log in; of Entra ID keep the tokens, of LiteLLM nothing: it keeps the provider's token itself.

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
            **scope_of(gateway),
        }
        show(f"{gateway.authorize_url}?{urlencode(asked)}")
        came = await visit()
    if not secrets.compare_digest(came.get("state", ""), state):
        raise LoginError("What came back belongs to another login: begin again.")
    if "code" not in came:
        raise LoginError(f"The login was refused: {came.get('error_description') or came.get('error', 'no code')}.")
    form = {
        "grant_type": "authorization_code",
        "client_id": gateway.client_id,
        "code": came["code"],
        "redirect_uri": redirect,
        "code_verifier": pkce.code_verifier,
        **scope_of(gateway),
    }
    status, answer = await ask(gateway, gateway.token_url, form)
    if "access_token" not in answer:
        raise refusal(gateway.token_url, status, answer)
    if gateway.entra:
        tokens.keep(Path(gateway.token_file), answer)


def scope_of(gateway: Gateway) -> Mapping[str, str]:
    """The field `scope`; of Entra ID with the one that has it give a refresh token too."""
    return {"scope": f"{gateway.scope} offline_access"} if gateway.entra else {}


async def ask(gateway: Gateway, url: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON of an answer, which is empty where it has none; NoAnswerError where there is no answer."""
    headers = {"x-litellm-api-key": f"Bearer {gateway.key}"} if gateway.key else {}
    try:
        async with httpx2.AsyncClient(timeout=60) as http:
            answer = await http.post(url, data=dict(form), headers=headers)
        said = answer.json() if "json" in answer.headers.get("content-type", "") else None
    except (httpx2.HTTPError, ValueError) as error:
        raise NoAnswerError(f"{url} gave no answer ({type(error).__name__}).") from error
    return answer.status_code, said if isinstance(said, dict) else {}


def refusal(url: str, status: int, answer: Mapping[str, Any]) -> LoginError:
    """What an answer without a token says."""
    why = answer.get("error_description") or answer.get("error") or answer.get("detail") or "no token"
    return LoginError(f"{url} answered {status}: {why}.")


async def token(gateway: Gateway) -> str:
    """The token of the last login, renewed where it is about to end; LoginError when there is none that counts."""
    file = Path(gateway.token_file)
    if (kept := tokens.kept(file)) is None:
        raise LoginError("Nobody is logged in: run `genai mcp login` first.")
    if kept.lasts:
        return kept.access_token
    if kept.refresh_token:
        form = {
            "grant_type": "refresh_token",
            "client_id": gateway.client_id,
            "refresh_token": kept.refresh_token,
            **scope_of(gateway),
        }
        status, answer = await ask(gateway, gateway.token_url, form)
        if "access_token" in answer:
            # A provider may keep the refresh token as it is and leave it out (RFC 6749, section 6).
            tokens.keep(file, {"refresh_token": kept.refresh_token, **answer})
            return str(answer["access_token"])
        if answer.get("error") not in ("invalid_grant", "interaction_required"):
            raise refusal(gateway.token_url, status, answer)
    raise LoginError("The login has ended: run `genai mcp login` again.")
