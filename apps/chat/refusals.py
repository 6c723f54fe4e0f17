"""Errors of LiteLLM, API Management and the network as sentences for whoever chats."""

from __future__ import annotations

import openai

from apps.chat.entra import NoTokenError
from apps.chat.gateway import LITELLM
from apps.chat.settings import Settings

_NOT_TOLD = "The key {key} is not known any more, has ended or is blocked: choose another, or start `genai chat` again."
_WAIT = "Too many calls, or too many tokens, for now: wait a minute and ask again."
_SENTENCES = {
    # LiteLLM's error types
    "key_model_access_denied": "The key {key} may not use the model {model}: choose another model, or another key.",
    "team_model_access_denied": "The team of the key {key} may not use the model {model}: choose another model.",
    "budget_exceeded": "The budget of the key {key} is used up: choose another key.",
    "throttling_error": _WAIT,
    "token_not_found_in_db": _NOT_TOLD,
    "expired_key": _NOT_TOLD,
    # API Management's codes (docs/azure.md, Debugging one request)
    "role_missing": "The token has no role for this API yet: a new application waits minutes for it. Ask again then.",
    "invalid_token": "API Management does not take the token of Entra ID: see docs/azure.md, Debugging one request.",
    "key_missing": "API Management has no LiteLLM key for this application: see docs/azure.md, Debugging one request.",
    "key_not_allowed": "API Management does not let this application use the key {key}: choose another key.",
    "rate_limited": _WAIT,
    "backend_unreachable": "API Management does not reach LiteLLM: it may be starting again. Ask again in a moment.",
    "backend_timeout": "LiteLLM took too long for API Management: ask for less, or ask again.",
}
_BY_STATUS = {
    401: _NOT_TOLD,
    403: "The key {key} may not make this call.",
    429: _WAIT,
    502: "{way} does not reach what is behind it: it may be starting again. Ask again in a moment.",
    503: "{way} is not ready: it may be starting again. Ask again in a moment.",
    504: "{way} got no answer in time: ask again.",
}


def sentence(error: Exception, settings: Settings, *, model: str, key: str, way: str) -> str:
    """What happened and what to do; never a key, nor the message of an error about keys, which may hold one's hash."""
    if isinstance(error, NoTokenError):
        return str(error)
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        names = [str(body.get(name)) for name in ("type", "code")]
        known = next((_SENTENCES[name] for name in names if name in _SENTENCES), _BY_STATUS.get(error.status_code))
        if known:
            return known.format(key=key, model=model, way=way)
        return f"{way} refuses this call ({error.status_code}): {_shown(str(body.get('message', '')), settings)}"
    if isinstance(error, openai.APIConnectionError) or not isinstance(error, openai.APIError):
        what = "does not answer" if way == LITELLM else "does not answer, or lost the connection"
        return f"{way} {what}: it may be starting again. Ask again in a moment."
    return f"The answer broke off: {_shown(error.message, settings)}"


def _shown(message: str, settings: Settings) -> str:
    for secret in settings.secrets:
        message = message.replace(secret, "…")
    return message[:300]
