"""Redirect addresses of OAuth: exact ones that Microsoft Entra ID takes, and that lead to nobody else."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator

LOOPBACK = frozenset({"localhost", "127.0.0.1"})
_NO_APPS = frozenset({"about", "blob", "data", "file", "ftp", "http", "https", "javascript", "vbscript", "ws", "wss"})
_LONGEST = 256
"""Characters (learn.microsoft.com, "Redirect URI (reply URL) best practices and limitations")."""
_MOST = 256
"""Of one application, for accounts of work or school (the same page)."""


def _exact(uris: tuple[str, ...]) -> tuple[str, ...]:
    if not uris:
        raise ValueError("is empty, so nobody could log in: write http://localhost, or that of your MCP client")
    if len({uri.rstrip("/") for uri in uris}) < len(uris):
        raise ValueError("has two entries with the same address: take one out")
    if len(uris) > _MOST:
        raise ValueError(f"has {len(uris)} entries, and an application of Entra ID takes {_MOST}: take some out")
    if wrong := [found for uri in uris if (found := problem(uri, apps=True))]:
        raise ValueError("; ".join(wrong))
    return uris


RedirectUris = Annotated[tuple[str, ...], AfterValidator(_exact)]
"""Where MCP clients take the code of a login."""


def problem(address: str, *, apps: bool = False) -> str:
    """Why that is no address to send a code to; empty when it is one. With `apps` also one of an app, such as app://x."""
    try:
        at = urlsplit(address)
    except ValueError:
        return f"{address!r} is no address: write one such as http://localhost or https://app.example.com/back"
    if holds_login(address):
        return "holds a login: take it out, whoever sees the address would have it"
    if len(address) > _LONGEST or re.search(r"[\s\\<>\"]", address):
        return f"{address!r} is no address: write one of at most {_LONGEST} characters, without spaces"
    if "*" in address:
        return f"{address!r} is not exact: whoever holds another address that * fits gets the code; write each in full"
    if "#" in address or {".", ".."} & {*unquote(at.path).split("/")}:
        return f"{address!r} is not exact: write it without # and .."
    if at.scheme and (not address.startswith(f"{at.scheme}:") or at.netloc != at.netloc.lower()):
        return f"{address!r} is not exact: write its beginning and its host in lower case, as they are compared"
    if not has_port(address):
        return f"{address!r} has no port that there is: write one of 1 to 65535, or none"
    if at.scheme == "http" and at.hostname in LOOPBACK:
        return ""
    if at.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", at.hostname or ""):
        return ""
    if apps and re.fullmatch(r"[a-z][a-z0-9+.-]*", at.scheme) and at.netloc and at.scheme not in _NO_APPS:
        return ""
    return (
        f"{address!r} is neither https nor loopback: write one such as http://localhost or https://app.example.com/back"
    )


def holds_login(address: str) -> bool:
    """Whether a user, and perhaps a password, stands before the host: such an address is not to be shown."""
    return "@" in re.split(r"[/?#]", address.partition("//")[2])[0]


def has_port(address: str) -> bool:
    """Whether its port is one, where it names one."""
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False
