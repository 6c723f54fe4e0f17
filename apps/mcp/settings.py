"""Settings of an MCP endpoint (pydantic), read from JSON in one environment variable that `genai mcp` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VARIABLE = "GENAI_MCP"


class Gateway(BaseModel):
    """An MCP endpoint, and how a user logs in to it."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, hide_input_in_errors=True, validate_by_name=True)

    way: Literal["agentcore", "apim", "litellm"]
    """AgentCore, or LiteLLM behind API Management or without it."""
    url: str
    """The MCP endpoint."""
    token_file: str
    """Where a token is kept between two commands; only its owner can read it."""
    authorize_url: str
    token_url: str
    client_id: str
    device_url: str = ""
    """Where a login on another machine begins."""
    scope: str = ""
    key: str = Field(default="", repr=False)
    """LiteLLM's virtual key of this user."""
    return_url: str = ""
    """Where a consent comes back to; AgentCore alone."""
    region: str = ""
    identity_url: str = ""
    """Another address of AgentCore's data plane than that of AWS."""

    @property
    def entra(self) -> bool:
        """Whether users log in at Entra ID, and this program keeps the tokens."""
        return self.way != "litellm"


def load(environment: Mapping[str, str]) -> Gateway:
    """Read it; ValidationError or KeyError when it is not what `genai mcp` tells."""
    return Gateway.model_validate(json.loads(environment[VARIABLE]))
