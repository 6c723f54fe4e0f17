"""URLs and keys of a stack as environment variables, under the names that tools read.

No administrator's key is among them: who needs one asks for it (`pulumi stack output litellmMasterKey --show-secrets`).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ops.stack.running_stacks import RunningAwsStack, RunningGateway
from stacks.errors import GenaiError


class UnknownKeyError(GenaiError):
    """LiteLLM has no virtual key of that alias; the message names those it has."""


def of_aws_stack(stack: RunningAwsStack, key: str) -> dict[str, str]:
    """What the SDKs of OpenAI and Langfuse read, with the virtual key of that alias."""
    if key not in stack.virtual_keys:
        known = ", ".join(sorted(stack.virtual_keys)) or "those that virtualKeys names, which are none yet"
        raise UnknownKeyError(f"There is no virtual key {key!r}: use one of {known}.")
    return {
        "OPENAI_BASE_URL": f"{stack.litellm_url}/v1",
        "OPENAI_API_KEY": stack.virtual_keys[key],
        "LANGFUSE_BASE_URL": stack.langfuse_url,
        "LANGFUSE_HOST": stack.langfuse_url,  # the name before version 4 of the Python SDK
        "LANGFUSE_PUBLIC_KEY": stack.langfuse_public_key,
        "LANGFUSE_SECRET_KEY": stack.langfuse_secret_key,
    }


def of_gateway(gateway: RunningGateway) -> dict[str, str]:
    """What azure-identity reads to get a token, the scope to ask it for, and the gateway that takes it."""
    return {
        "AZURE_TENANT_ID": gateway.tenant_id,
        "AZURE_CLIENT_ID": gateway.client_ids[gateway.client],
        "AZURE_CLIENT_SECRET": gateway.client_secrets[gateway.client],
        "GATEWAY_BASE_URL": f"{gateway.gateway_url}/v1",
        "GATEWAY_SCOPE": gateway.scope,
    }


def as_shell(variables: Mapping[str, str]) -> str:
    """Lines for `eval` and for files that a shell reads; whatever the values hold stays a value."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
