"""A Drive as an MCP server on loopback, as Google's own is: it takes tokens of Google and shows files of their user."""

from __future__ import annotations

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl
from starlette.applications import Starlette

from apps.mcp.offline.google import FILES, Google


class _Tokens:
    def __init__(self, google: Google) -> None:
        self.google = google

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose it is; None for one that has ended, was revoked, or is none."""
        person = self.google.person(f"Bearer {token}")
        return AccessToken(token=token, client_id="google", scopes=[], subject=person) if person else None


def app(google: Google, url: str) -> Starlette:
    """The server, reached at that address."""
    server = MCPServer(
        "drive",
        token_verifier=_Tokens(google),
        auth=AuthSettings(
            issuer_url=AnyHttpUrl(google.base), resource_server_url=AnyHttpUrl(url), validate_token_resource=False
        ),
        log_level="ERROR",
    )

    async def list_files(q: str = "") -> str:  # noqa: ARG001  the schema of the tool
        user = get_access_token()
        person = (user and user.subject) or ""
        google.asked_by.append(person)
        return "\n".join(FILES.get(person, []))

    server.tool(name="listFiles", description="Search the user's files")(list_files)
    return server.streamable_http_app(stateless_http=True, json_response=True)
