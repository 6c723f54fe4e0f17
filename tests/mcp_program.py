"""The MCP program, recorded."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ops.model.recorder import Recording, record
from tests import azure_program

GOOGLE = {"clientId": "1-a.apps.googleusercontent.com", "clientSecret": "mcp/google"}
DRIVE: Mapping[str, Any] = {"name": "drive", **GOOGLE}
WIKI: Mapping[str, Any] = {
    "name": "wiki",
    "api": "tests/stacks/mcp/wiki.yaml",
    "grant": "clientCredentials",
    "clientId": "wiki-reader",
    "clientSecret": "mcp/wiki",
    "discoveryUrl": "https://login.example.com/.well-known/openid-configuration",
    "scopes": ["api://wiki/.default"],
}
"""A resource of the company, which everybody reads with the same rights."""
GROUP, APPLICATION = "7a11f3a0-0000-4000-8000-000000000001", "7a11f3a0-0000-4000-8000-000000000002"
SETTINGS: Mapping[str, Any] = {
    "aws:region": "us-east-1",
    "users": ["someone@example.com"],
    "groups": [GROUP],
    "callerClientIds": [APPLICATION],
    "targets": [DRIVE, WIKI],
}


def config(**settings: Any) -> dict[str, str]:
    """Settings as the engine passes them; names without a colon are the project's own."""
    return azure_program.config({**SETTINGS, **settings})


def run(*, preview: bool = False, **settings: Any) -> Recording:
    """The MCP program with these settings."""
    return record(stack="mcp", config=config(**settings), preview=preview)


@functools.cache
def recorded(*, preview: bool = False) -> Recording:
    """With a target of each grant and a caller of each kind; cached, so treat it as read-only."""
    return run(preview=preview)
