"""Bedrock AgentCore Gateway: it sends strangers to the right tenant, and takes no forged token."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from catalogue.agentcore import ROLE
from ops.checks.verify.http import client
from ops.checks.verify.proof import Proof
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningMcpGateway

_LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
_ACCEPT = {"Accept": "application/json, text/event-stream"}


class McpGatewaySteps:
    """What anybody may see of the gateway."""

    def __init__(self, gateway: RunningMcpGateway, http: httpx.Client) -> None:
        self._gateway, self._http, self._metadata = gateway, http, ""

    def steps(self) -> list[Step]:
        """In the order they are to be taken."""
        stack = self._gateway.stack
        return [
            Step(
                name="gateway refuses who has no token",
                prove=self._strangers_refused,
                means=f"The gateway lets in whoever calls, or does not answer: `genai status -s {stack}` tells its "
                f"state; unless this is a 5xx take it down (`pulumi destroy -s {stack}`)",
            ),
            Step(
                name="it sends strangers to our tenant",
                prove=self._sent_to_the_tenant,
                after=("gateway refuses who has no token",),
                means=f"MCP clients would log in elsewhere: `pulumi up -s {stack}` puts back what somebody changed",
            ),
            Step(
                name="gateway refuses a forged token",
                prove=self._forged_refused,
                means=f"The gateway does not look at signatures: take it down (`pulumi destroy -s {stack}`)",
            ),
        ]

    def _strangers_refused(self) -> str:
        answer = self._http.post(self._gateway.gateway_url, json=_LIST, headers=_ACCEPT)
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            raise UnprovedError(f"answered {answer.status_code} without a token")
        found = re.search(r'resource_metadata="([^"]+)"', answer.headers.get("www-authenticate", ""))
        if not found:
            raise UnprovedError("answered 401, but tells nobody where to log in (WWW-Authenticate, resource_metadata)")
        self._metadata = found[1]
        return "401, and told where to log in"

    def _sent_to_the_tenant(self) -> str:
        answer = self._http.get(self._metadata)
        servers = answer.json()["authorization_servers"]
        if not servers or not all(self._gateway.tenant_id in server for server in servers):
            raise UnprovedError(f"{self._metadata} names {servers}, not the tenant {self._gateway.tenant_id}")
        return f"{servers[0]}"

    def _forged_refused(self) -> str:
        """A token that says all that it should, signed by nobody."""
        issuer = f"https://login.microsoftonline.com/{self._gateway.tenant_id}/v2.0"
        claims = {"iss": issuer, "aud": self._gateway.scope.split("/")[2], "sub": "genai-verify", "exp": 4102444800}
        claims["roles"] = [ROLE]
        parts = ({"alg": "none", "typ": "JWT"}, claims)
        token = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
        headers = {**_ACCEPT, "Authorization": f"Bearer {token}."}
        answer = self._http.post(self._gateway.gateway_url, json=_LIST, headers=headers)
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            raise UnprovedError(f"answered {answer.status_code} to a token that nobody signed")
        return "401"


@contextmanager
def mcp_proof(gateway: RunningMcpGateway) -> Iterator[Proof]:
    """The proof of this gateway, which makes and leaves nothing."""
    with client() as http:
        needs_a_person = (
            "Not proved: that a user with the role is let in and sees the own data alone, which takes a person who "
            f"logs in (`genai mcp login -s {gateway.stack}`, then `genai mcp call -s {gateway.stack} ...`)."
        )
        yield Proof(steps=McpGatewaySteps(gateway, http).steps(), secrets=set(), notes=[needs_a_person])
