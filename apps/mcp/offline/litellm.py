"""LiteLLM as MCP gateway on loopback: the real one, with PostgreSQL, before a simulated Google and Drive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from apps.mcp import settings
from apps.mcp.offline import drive, google
from apps.mcp.offline.servers import Browser, serving
from charts.litellm import allowed_routes, proxy_config
from charts.shapes import McpServer, Model
from ops.local.database import database, prisma_client
from ops.local.process import free_port, litellm

MASTER_KEY = "sk-master-0123456789"
SERVER = "drive"
AT_GOOGLE = "google"
"""A server whose consents are at Google itself: nobody is sent there, and no key may use it."""


@dataclass
class LiteLLMWorld:
    """LiteLLM with a key for each person."""

    url: str
    google: google.Google
    keys: dict[str, str]
    folder: Path
    database: str

    def told(self, person: str) -> settings.Gateway:
        """What the client of that person knows."""
        return settings.Gateway(
            way="litellm",
            url=f"{self.url}/{SERVER}/mcp",
            token_file="",
            authorize_url=f"{self.url}/{SERVER}/authorize",
            token_url=f"{self.url}/{SERVER}/token",
            client_id="genai",
            key=self.keys[person],
        )

    def browser(self, person: str) -> Browser:
        """A browser of that person."""
        return Browser(person)

    def add_key(self, alias: str, **more: Any) -> str:
        """A virtual key as `components.kubernetes.virtual_key` makes it, but for `more`."""
        key = f"sk-{alias}-0123456789abcdef"
        body = {
            "key": key,
            "key_alias": alias,
            "models": ["echo"],
            "allowed_routes": allowed_routes(["echo"], [SERVER]),
            "object_permission": {"mcp_servers": [SERVER]},
            **more,
        }
        headers = {"x-litellm-api-key": MASTER_KEY}
        httpx.post(f"{self.url}/key/generate", json=body, headers=headers, timeout=60).raise_for_status()
        self.keys[alias] = key
        return key

    def log(self) -> str:
        """What LiteLLM wrote to its console."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def litellm_world() -> Iterator[LiteLLMWorld]:
    """Started as its chart would start it, with our configuration, and stopped in the end; or LocalError."""
    google_port, drive_port = free_port(), free_port()
    known = google.Google(f"http://127.0.0.1:{google_port}")
    server = McpServer(
        name=SERVER,
        url=f"http://127.0.0.1:{drive_port}/mcp",
        auth="oauth2",
        client_id=google.CLIENT_ID,
        provider_key="google",
        scopes=(google.SCOPE,),
        # To Google itself LiteLLM adds that (litellm oauth_utils.py, build_upstream_authorize_url).
        authorization_url=f"{known.base}/o/oauth2/v2/auth?access_type=offline&prompt=consent",
        token_url=f"{known.base}/token",
    )
    default = McpServer.model_fields["authorization_url"].default
    at_google = server.model_copy(update={"name": AT_GOOGLE, "authorization_url": default})
    echo = Model(name="echo", model="openai/echo", params={"mock_response": "pong"})
    config = proxy_config([echo], region="us-east-1", vpc_cidr="127.0.0.0/8", mcp_servers=[server, at_google])
    with ExitStack() as stack:
        stack.enter_context(serving(known.app(), google_port))
        stack.enter_context(serving(drive.app(known, server.url), drive_port))
        data, folder = (Path(stack.enter_context(TemporaryDirectory(prefix=f"genai-{one}-"))) for one in ("db", "mcp"))
        database_url = stack.enter_context(database(data))
        environment = {
            **prisma_client(folder),
            "DATABASE_URL": database_url,
            "DISABLE_SCHEMA_UPDATE": "true",
            "LITELLM_MASTER_KEY": MASTER_KEY,
            "LITELLM_SALT_KEY": "sk-salt-0123456789",
            "PROVIDER_KEY_GOOGLE": google.CLIENT_SECRET,
            "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
            "LANGFUSE_SECRET_KEY": "sk-lf-1",
        }
        nowhere = f"http://127.0.0.1:{free_port()}"
        url = stack.enter_context(litellm(folder, config, nowhere, environment))
        known.callbacks.add(f"{url}/callback")
        world = LiteLLMWorld(url, known, {}, folder, database_url)
        for person in ("alice", "bob"):
            world.add_key(person, user_id=f"{person}@example.com")
        yield world
