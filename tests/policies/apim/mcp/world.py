"""People with tokens of Entra ID, their keys in the vault, and LiteLLM around the policy of MCP servers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

from policies.apim import mcp
from tests.policies.apim import world as litellm
from tests.policies.apim.elements import check
from tests.policies.apim.expressions import Expressions
from tests.policies.apim.walker import Response, Walker
from tests.policies.apim.world import CLIENT_A, CLIENT_B, KEY_A, KEY_B, World

ANNA = "aaaaaaaa-1b2c-4d3e-8f40-5a6b7c8d9e0f"
BEN = "bbbbbbbb-1b2c-4d3e-8f40-5a6b7c8d9e0f"
CARL = "cccccccc-1b2c-4d3e-8f40-5a6b7c8d9e0f"
GATEWAY_URL = "https://genai-gateway1a2b3c4d.azure-api.net"
METADATA_URL = f"{GATEWAY_URL}/.well-known/oauth-protected-resource/mcp/drive"
NAMED_VALUES: Mapping[str, str] = {**litellm.NAMED_VALUES["keyVault"], mcp.GATEWAY_URL: GATEWAY_URL}

_ANNA = {**litellm.TOKENS["client-a"], "oid": ANNA, "scp": mcp.SCOPE}
TOKENS: Mapping[str, Mapping[str, Any]] = {
    **litellm.TOKENS,
    "anna": _ANNA,
    "anna-elsewhere": {**_ANNA, "azp": CLIENT_B},
    "anna-v1": {**_ANNA, "iss": f"https://sts.windows.net/{litellm.TENANT}/", "azp": None, "appid": CLIENT_A},
    "anna-upper-case": {**_ANNA, "oid": ANNA.upper()},
    "anna-expired": {**_ANNA, "exp": 0},
    "anna-early": {**_ANNA, "nbf": 60},
    "anna-of-another-api": {**_ANNA, "aud": litellm.OTHER_API},
    "anna-of-another-tenant": {**_ANNA, "iss": f"https://login.microsoftonline.com/{litellm.FOREIGN_TENANT}/v2.0"},
    "anna-without-role": {**_ANNA, "roles": []},
    "anna-with-another-role": {**_ANNA, "roles": ["LiteLLM.Invoke.Not"]},
    "ben": {**_ANNA, "oid": BEN},
    "carl": {**_ANNA, "oid": CARL},
    "nobody": {name: claim for name, claim in _ANNA.items() if name != "oid"},
    "oid-no-guid": {**_ANNA, "oid": "anna@example.com"},
    "oid-climbs": {**_ANNA, "oid": f"{ANNA}/../x"},
    "oid-injects": {**_ANNA, "oid": f"{ANNA}\r\nx: 1"},
    "application-of-that-id": {**_ANNA, "oid": CARL, "azp": ANNA, "appid": ANNA},
}


def filled(policy: str) -> ET.Element:
    """The policy as API Management saves it: checked, with named values pasted in."""
    saved = ET.fromstring(re.sub(r"\{\{([\w-]+)\}\}", lambda name: NAMED_VALUES[name[1]], policy))
    check(saved)
    return saved


def policy(edit: Callable[[str], str] = lambda text: text) -> ET.Element:
    """That of the MCP servers."""
    return filled(edit(mcp.load()))


def metadata_policy() -> ET.Element:
    """That of their metadata."""
    return filled(mcp.load_metadata())


class McpWorld(World):
    """A gateway with the policy of MCP servers in front of LiteLLM, on a good day."""

    def __init__(self, policy: ET.Element, expressions: Expressions) -> None:
        super().__init__("keyVault", policy, expressions)
        self.tokens = TOKENS
        self.secrets = {ANNA: KEY_A, BEN: KEY_B}

    def call(self, token: str | None = "anna", **call: Any) -> Response:
        return super().call(token, **{"url": "/drive", "operation": "/drive", **call})

    def refused(self, status: int, code: str, token: str | None = "anna", **call: Any) -> Response:
        return super().refused(status, code, token, **call)

    def passed(self, token: str | None = "anna", **call: Any) -> dict[str, list[str]]:
        return super().passed(token, **call)


def metadata_world(policy: ET.Element, expressions: Expressions) -> Walker:
    """A gateway that only tells where tokens are had."""
    return Walker(policy, expressions, tokens={}, backends={}, send=_nobody)


def _nobody(*_: object) -> Response:
    raise ConnectionError("the metadata asks nobody")
