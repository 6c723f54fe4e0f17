"""Settings of the chat (`GENAI_CHAT`, read by `apps/chat/settings.py`), made from the outputs of a stack."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.checks.verify.gateway import LOGIN
from ops.stack.running_stacks import RunningAwsStack, RunningGateway
from stacks.errors import GenaiError


class ChatError(GenaiError):
    """The chat cannot be opened; the message says why and what to do."""


@dataclass(frozen=True)
class Pair:
    """The keys of a Langfuse project, and where that Langfuse is."""

    url: str
    public_key: str
    secret_key: str = field(repr=False)

    def project(self) -> str:
        """The id of the project. ChatError when Langfuse does not answer, or takes no such keys."""
        try:
            answer = httpx.get(f"{self.url}/api/public/projects", auth=(self.public_key, self.secret_key), timeout=30)
        except httpx.HTTPError as error:
            raise ChatError(f"Langfuse does not answer at {self.url} ({type(error).__name__}).") from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise ChatError(f"Langfuse at {self.url} does not take the key pair of {self.public_key}.")
        try:
            return str(answer.json()["data"][0]["id"])
        except (ValueError, LookupError, TypeError) as error:
            raise ChatError(f"{self.url} does not answer as Langfuse does ({answer.status_code}).") from error


def own_pair(environment: Mapping[str, str], running: RunningAwsStack) -> Pair | None:
    """The developer's own, under the names that Langfuse's SDK reads; none when they are LiteLLM's (`genai env`)."""
    public, secret = (environment.get(f"LANGFUSE_{name}_KEY", "") for name in ("PUBLIC", "SECRET"))
    if bool(public) != bool(secret):
        raise ChatError("Of LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY only one is set: set both, or none.")
    if not public or public == running.langfuse_public_key:
        return None
    url = environment.get("LANGFUSE_BASE_URL") or environment.get("LANGFUSE_HOST") or running.langfuse_url
    return Pair(url.rstrip("/"), public, secret)


def running_stack(
    running: RunningAwsStack,
    gateway: RunningGateway | None,
    own: Pair | None,
    *,
    litellm_url: str,
    langfuse_url: str,
    allow_master_key: bool,
) -> dict[str, Any]:
    """The day through these addresses, which may be forwards. ChatError when Langfuse refuses, or there is no key."""
    if not running.virtual_keys and not allow_master_key:
        raise ChatError(
            f"There is no virtual key: add one to virtualKeys and run `pulumi up -s {running.stack}`, or use "
            "--allow-master-key."
        )
    project = Pair(langfuse_url, running.langfuse_public_key, running.langfuse_secret_key).project()
    settings: dict[str, Any] = {
        "litellmUrl": litellm_url,
        "models": list(running.models),
        "virtualKeys": dict(running.virtual_keys),
        "user": getpass.getuser(),
        "project": {"url": langfuse_url, "id": project},
    }
    if allow_master_key:
        settings["masterKey"] = running.litellm_master_key
    if own:
        through = langfuse_url if own.url == running.langfuse_url else own.url
        pair = Pair(through, own.public_key, own.secret_key)
        keys = {"publicKey": own.public_key, "secretKey": own.secret_key}
        settings["ownProject"] = {"url": through, "id": pair.project(), **keys}
    if gateway:
        settings["gateway"] = {
            "url": gateway.gateway_url,
            "keyMode": gateway.key_mode,
            "authority": f"{LOGIN}/{gateway.tenant_id}",
            "scope": gateway.scope,
            "clientId": gateway.client_ids[gateway.client],
            "clientSecret": gateway.client_secrets[gateway.client],
        }
    return settings


def local_platform(found: Mapping[str, Any]) -> dict[str, Any]:
    """The platform of `ops/local`, whose keys end with it."""
    url, mine = found["langfuseUrl"], found["langfusePairs"]["mine"]
    return {
        "litellmUrl": found["litellmUrl"],
        "models": found["models"],
        "virtualKeys": found["virtualKeys"],
        "masterKey": found["litellmMasterKey"],
        "user": getpass.getuser(),
        "project": {"url": url, "id": "litellm"},
        "ownProject": {"url": url, "id": "mine", "publicKey": mine[0], "secretKey": mine[1]},
    }
