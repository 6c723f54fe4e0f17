"""OAuth scopes of a target: those that only read. A tool that writes is another decision than one that looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from catalogue.agentcore import LONGEST_SCOPE

_GOOGLE = "https://www.googleapis.com/auth/"
_GOOGLE_READS = frozenset({"openid", "email", "profile", f"{_GOOGLE}userinfo.email", f"{_GOOGLE}userinfo.profile"})
"""Beside those that end with .readonly (developers.google.com, "OAuth 2.0 Scopes for Google APIs")."""

_WRITES = frozenset(
    (
        *("admin", "control", "create", "delete", "edit", "full", "insert", "manage", "modify", "publish", "readwrite"),
        *("rw", "send", "update", "upload", "write"),
    )
)
"""Words in scopes of Microsoft, Slack, Atlassian and Salesforce that let more happen than reading."""

_WRITE_BARE = frozenset(
    (
        *("*", "all", "api", "codespace", "gist", "project", "public_repo", "repo", "repo:status", "repo_deployment"),
        *("security_events", "sudo", "user", "web", "workflow"),
        *("directory.accessasuser.all", "incoming-webhook", "user_impersonation"),
    )
)
"""Scopes of GitHub, GitLab, Salesforce, Slack and Microsoft that do so without saying it."""


def problems(scopes: Sequence[str], *, google: bool) -> Iterator[str]:
    """A sentence for each scope that writes, or that AgentCore does not take."""
    if not scopes:
        yield "has no scopes, so the provider would decide what is allowed: write each that is needed"
    for scope in scopes:
        if not re.fullmatch(r"[\x21\x23-\x5B\x5D-\x7E]+", scope) or len(scope) > LONGEST_SCOPE:
            yield f"{scope!r} is no scope: write one of at most {LONGEST_SCOPE} characters, without spaces"
        elif google and scope not in _GOOGLE_READS and not re.fullmatch(rf"{_GOOGLE}[a-z.]+\.readonly", scope):
            yield f"the scope {scope} may write: write one that ends with .readonly, such as {_GOOGLE}drive.readonly"
        elif not google and _writes(scope):
            yield f"the scope {scope} may write: write one that only reads"
    for scope in sorted({scope for scope in scopes if list(scopes).count(scope) > 1}):
        yield f"the scope {scope} stands there twice: take one out"


def _writes(scope: str) -> bool:
    # Files.ReadWrite.All, write:jira-work, chat:write, https://graph.microsoft.com/Mail.Send
    name = scope.rpartition("/")[2]
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return name.lower() in _WRITE_BARE or not _WRITES.isdisjoint(word.lower() for word in words)
