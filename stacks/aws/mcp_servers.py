"""MCP servers of LiteLLM: refused where one user could come to another user's data, or where a login cannot end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from charts.shapes import McpServer, VirtualKeySetting
from stacks import commands
from stacks.fields import nearest, unique
from stacks.mcp import scopes
from stacks.secrets import PROVIDER_KEY_NAME, SHAPES

_TAKEN = frozenset(
    {
        *("audio", "cache", "callback", "chat", "completions", "config", "customer", "embeddings", "engines", "fonts"),
        *("files", "health", "images", "key", "langfuse", "mcp", "metrics", "models", "openai", "rerank", "responses"),
        *("spend", "sso", "team", "ui", "user", "v1", "v2"),
    }
)
"""First parts of paths of LiteLLM's own: a server is reached at `/<name>/mcp`."""


_WRITE = "write one such as https://mcp.example.com/mcp, without a login, a query and #"


def problems(
    servers: Sequence[McpServer], keys: Sequence[VirtualKeySetting], provider_keys: Collection[str], domain: str
) -> Iterator[str]:
    """What is wrong with the servers, and with the keys that may use them. ValueError for two of one name."""
    unique("mcpServers", "name", (server.name for server in servers))
    for server in servers:
        for problem in _server_problems(server, provider_keys, domain):
            yield f"mcpServers: {server.name}: {problem}"
    yield from _key_problems({server.name: server for server in servers}, keys)


def personal(key: VirtualKeySetting) -> bool:
    """Whether the key is of one user, who alone may have it."""
    return key.user is not None


def users(servers: Sequence[McpServer], keys: Sequence[VirtualKeySetting]) -> Mapping[str, Mapping[str, str]]:
    """The alias of the key of each person who may use a server, by server and e-mail address."""
    return {
        server.name: {key.user.lower(): key.alias for key in keys if key.user and server.name in key.mcp_servers}
        for server in servers
    }


def _server_problems(server: McpServer, provider_keys: Collection[str], domain: str) -> Iterator[str]:
    if server.name in _TAKEN:
        yield f"LiteLLM has a path /{server.name} of its own: choose another name"
    if not _https(server.url):
        yield f"url {server.url!r} is no HTTPS address: {_WRITE}, for tokens would cross the network in clear"
    if server.auth == "none":
        given = server.model_fields_set & {"client_id", "provider_key", "scopes", "authorization_url", "token_url"}
        if given:
            yield "has a client and no auth: set auth to oauth2, or take the client out"
        return
    for name in ("authorization_url", "token_url"):
        if not _https(getattr(server, name)):
            yield f"{name.replace('_url', 'Url')} {getattr(server, name)!r} is no HTTPS address: {_WRITE}"
    if not server.client_id:
        yield "has no clientId: write that of your OAuth client at the provider"
    if server.provider_key is None or server.provider_key not in provider_keys:
        named = server.provider_key or server.name
        if not re.fullmatch(PROVIDER_KEY_NAME, named) or SHAPES.search(named):
            named = "mcp"
        yield (
            f"its client secret is not set: write providerKey: {named} and "
            f"{commands.set_secret(f'providerKeys.{named}')}"
        )
    google = urlsplit(server.authorization_url).hostname == "accounts.google.com"
    yield from scopes.problems(server.scopes, google=google)
    if not domain:
        yield "a login comes back to https://litellm.<domain>/callback, and providers take no plain HTTP: set domain"


def _key_problems(servers: dict[str, McpServer], keys: Sequence[VirtualKeySetting]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for key in keys:
        for name in key.mcp_servers:
            if name not in servers:
                known = nearest(name, servers) if servers else "there is none"
                yield f"virtualKeys: {key.alias} may use {name!r}, which is no MCP server: {known}"
        per_user = [name for name in key.mcp_servers if name in servers and servers[name].auth == "oauth2"]
        if per_user and not personal(key):
            yield (
                f"virtualKeys: {key.alias} may use {', '.join(per_user)} and names no user: whoever has the key would "
                "read the data of whoever logged in last. Make a key for each person, with user: <e-mail address>"
            )
        if key.user is None:
            continue
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", key.user):
            yield f"virtualKeys: {key.alias}: user {key.user!r} is no e-mail address: write that of one person"
        if (other := owners.setdefault(key.user.lower(), key.alias)) != key.alias:
            yield (
                f"virtualKeys: {key.alias} and {other} have one user, {key.user}, so whoever has one key reads the "
                "data of the other: give each person one key"
            )


def _https(url: str) -> bool:
    try:
        at = urlsplit(url)
        reached = bool(at.hostname) and at.port != 0
    except ValueError:  # such as an unfinished IPv6 host, or a port above 65535
        return False
    alone = at.username is None and not at.query and not at.fragment
    return at.scheme == "https" and reached and alone and re.fullmatch(r"[!-~]+", url) is not None
