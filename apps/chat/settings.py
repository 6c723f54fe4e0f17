"""Settings of the chat (pydantic), read from JSON in one environment variable that `genai chat` writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VARIABLE = "GENAI_CHAT"
MASTER_KEY = "master key"
"""What the page calls LiteLLM's master key; no alias has a space."""

_Secret = Field(repr=False)


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, hide_input_in_errors=True, extra="forbid")


class Gateway(_Part):
    """API Management, and the application that comes to it with tokens of Entra ID."""

    url: str
    key_mode: Literal["header", "keyVault"]
    authority: str
    """Where tokens come from, with the tenant."""
    scope: str
    client_id: str
    client_secret: str = _Secret


class Project(_Part):
    """A project in Langfuse, with a key pair where one is needed. `url` has no slash at its end."""

    url: str
    id: str
    public_key: str = Field("", repr=False)
    secret_key: str = Field("", repr=False)

    def session(self, session_id: str) -> str:
        """Where Langfuse shows this session."""
        return f"{self.url}/project/{self.id}/sessions/{session_id}"


class Settings(_Part):
    """The day as the chat sees it."""

    litellm_url: str
    models: tuple[str, ...]
    """All that LiteLLM serves, whichever key may use them."""
    virtual_keys: Mapping[str, str] = _Secret
    """By alias."""
    master_key: str | None = Field(None, repr=False)
    """Only where the chat may use it."""
    user: str
    project: Project
    """LiteLLM's."""
    own_project: Project | None = None
    """The developer's."""
    gateway: Gateway | None = None

    @property
    def keys(self) -> Mapping[str, str]:
        """What may be chosen, by the name that is shown."""
        return {**self.virtual_keys, **({MASTER_KEY: self.master_key} if self.master_key else {})}

    @property
    def secrets(self) -> set[str]:
        """What must not be shown."""
        own, gateway = self.own_project, self.gateway
        return {*self.keys.values(), *([own.secret_key] if own else []), *([gateway.client_secret] if gateway else [])}


def read() -> Settings:
    """From the environment. KeyError when the variable is not set."""
    return Settings.model_validate_json(os.environ[VARIABLE])
