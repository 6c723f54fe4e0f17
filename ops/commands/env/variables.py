"""The day as environment variables, under the names that tools read.

No administrator's key is among them: who needs one asks for it (`pulumi stack output litellmMasterKey --show-secrets`).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ops.stack.day import Day, Door


class UnknownKeyError(ValueError):
    """LiteLLM has no virtual key of that alias; the message names those it has."""


def of_day(day: Day, key: str) -> dict[str, str]:
    """What the SDKs of OpenAI and Langfuse read, with the virtual key of that alias."""
    if key not in day.virtual_keys:
        known = ", ".join(sorted(day.virtual_keys)) or "those that virtualKeys names, which are none yet"
        raise UnknownKeyError(f"There is no virtual key {key!r}: use one of {known}.")
    return {
        "OPENAI_BASE_URL": f"{day.litellm_url}/v1",
        "OPENAI_API_KEY": day.virtual_keys[key],
        "LANGFUSE_BASE_URL": day.langfuse_url,
        "LANGFUSE_HOST": day.langfuse_url,  # the name before version 4 of the Python SDK
        "LANGFUSE_PUBLIC_KEY": day.langfuse_public_key,
        "LANGFUSE_SECRET_KEY": day.langfuse_secret_key,
    }


def of_door(door: Door) -> dict[str, str]:
    """What azure-identity reads to get a token, the scope to ask it for, and the gateway that takes it."""
    return {
        "AZURE_TENANT_ID": door.tenant_id,
        "AZURE_CLIENT_ID": door.client_ids[door.client],
        "AZURE_CLIENT_SECRET": door.client_secrets[door.client],
        "GATEWAY_BASE_URL": f"{door.gateway_url}/v1",
        "GATEWAY_SCOPE": door.scope,
    }


def as_shell(variables: Mapping[str, str]) -> str:
    """Lines for `eval` and for files that a shell reads; whatever the values hold stays a value."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
