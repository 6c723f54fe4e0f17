"""OAuth login on another machine (RFC 8628) at Entra ID: an address and a code to show, and the answer to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from apps.mcp import tokens
from apps.mcp.login import LoginError, NoAnswerError, ask, refusal, scope_of
from apps.mcp.loopback import safe_to_open
from apps.mcp.settings import Gateway

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_ENDS = {
    "authorization_declined": "The login was declined on the other machine.",  # Entra ID's name for it
    "access_denied": "The login was declined, or you hold no role of this gateway.",
    "expired_token": "The code has expired: run `genai mcp login --device` again.",
    "code_expired": "The code has expired: run `genai mcp login --device` again.",
    "bad_verification_code": "Entra ID does not know this login: run `genai mcp login --device` again.",
}


async def log_in(
    gateway: Gateway, tell: Callable[[str], None], wait: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Have the user log in elsewhere and keep the tokens; LoginError when that does not happen.

    `wait` takes seconds.
    """
    if not gateway.entra:
        raise LoginError("--device is a login at Entra ID; LiteLLM leads to the provider's own: leave --device out.")
    status, begun = await ask(gateway, gateway.device_url, {"client_id": gateway.client_id, **scope_of(gateway)})
    if not {"device_code", "user_code", "verification_uri"} <= begun.keys():
        raise refusal(gateway.device_url, status, begun)
    address = str(begun["verification_uri"])
    if not safe_to_open(address):
        raise LoginError(f"{gateway.device_url} names an address that is not safe to open.")
    tell(f"Open {address} on any machine and type the code {begun['user_code']}")
    form = {"grant_type": GRANT, "client_id": gateway.client_id, "device_code": str(begun["device_code"])}
    interval, left = float(begun.get("interval", 5)), float(begun.get("expires_in", 900))
    while left > 0:
        await wait(interval)
        left -= interval
        try:
            status, answer = await ask(gateway, gateway.token_url, form)
        except NoAnswerError:
            interval *= 2  # RFC 8628, section 3.5
            continue
        if "access_token" in answer:
            tokens.keep(Path(gateway.token_file), answer)
            return
        match answer.get("error"):
            case "authorization_pending":
                pass
            case "slow_down":
                interval += 5
            case error:
                raise LoginError(_ENDS[error]) if error in _ENDS else refusal(gateway.token_url, status, answer)
    raise LoginError(_ENDS["expired_token"])
