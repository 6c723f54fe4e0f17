"""AgentCore Gateway on loopback, with an Entra ID and a Google that it knows, all simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp.server.auth.provider import AccessToken

from apps.mcp import settings
from apps.mcp.offline import entra, gateway, google
from apps.mcp.offline.servers import Browser, serving
from catalogue.agentcore import ROLE
from ops.local.process import free_port


@dataclass
class World:
    """All three, and what `genai mcp` is told about them."""

    entra: entra.Entra
    google: google.Google
    gateway: gateway.Gateway
    folder: Path
    return_url: str
    browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, person: str) -> Browser:
        """The browser of that person, the same each time."""
        return self.browsers.setdefault(person, Browser(person))

    def type_code(self, sentence: str, person: str) -> None:
        """That person reads address and code of a login on another machine, and types the code."""
        self.browser(person).visit(f"{self.entra.base}/devicelogin?code={sentence.rpartition(' ')[2]}")

    def told(self, person: str, **changes: Any) -> settings.Gateway:
        """What the client of that person knows."""
        return settings.Gateway(
            way="agentcore",
            url=self.gateway.url,
            token_file=str(self.folder / f"{person}.json"),
            authorize_url=self.entra.authorize_url,
            token_url=self.entra.token_url,
            device_url=self.entra.device_url,
            client_id=entra.CLIENT,
            scope=entra.SCOPE,
            return_url=self.return_url,
            region="us-east-1",
            identity_url=self.gateway.base,
        ).model_copy(update=changes)


def authorizer_config(discovery_url: str) -> dict[str, Any]:
    """As the program gives it to CreateGateway."""
    match = {"claimMatchOperator": "CONTAINS", "claimMatchValue": {"matchValueString": ROLE}}
    claim = {"inboundTokenClaimName": "roles", "inboundTokenClaimValueType": "STRING_ARRAY"}
    return {
        "discoveryUrl": discovery_url,
        "allowedAudience": [entra.AUDIENCE],
        "customClaims": [{**claim, "authorizingClaimMatchValue": match}],
    }


@contextmanager
def world(folder: Path, key: Callable[[AccessToken], gateway.Key] = gateway.by_issuer_and_subject) -> Iterator[World]:
    """Started, and stopped in the end; `key` says under what the gateway keeps a token."""
    ports = [free_port() for _ in range(4)]
    at = [f"http://127.0.0.1:{port}" for port in ports]
    return_url = f"http://localhost:{ports[3]}/consent"
    directory, drive = entra.Entra(at[0]), google.Google(at[1])
    with ExitStack() as stack:
        stack.enter_context(serving(directory.app(), ports[0]))
        stack.enter_context(serving(drive.app(), ports[1]))
        authorizer = gateway.Authorizer(authorizer_config(directory.discovery_url))
        guard = gateway.Gateway(at[2], authorizer, at[1], return_url, key)
        drive.callbacks.add(guard.callback_url)
        stack.enter_context(serving(guard.app(), ports[2]))
        yield World(directory, drive, guard, folder, return_url)
