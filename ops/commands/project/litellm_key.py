"""A virtual key of LiteLLM for a developer, with the end of her project: LiteLLM refuses it then by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from botocore.exceptions import BotoCoreError

from charts.litellm import allowed_routes
from ops.checks.verify.administrator import Administrator, NotFoundError
from ops.checks.verify.step import UnprovedError
from ops.commands.project.projects import Grant, ProjectError


@contextmanager
def created(administrator: Administrator, grant: Grant, models: Sequence[str], now: datetime) -> Iterator[str]:
    """Make it for these models alone; when this context fails, it does not stay.

    ProjectError when LiteLLM does not make it.
    """
    body = {
        "key_alias": _alias(grant),
        "models": list(models),
        "allowed_routes": allowed_routes(models),
        "duration": f"{(grant.until - now).total_seconds():.0f}s",
    }
    try:
        try:
            key = str(administrator.ask("POST", "/key/generate", body)["key"])
        except UnprovedError as error:
            raise ProjectError(f"LiteLLM makes no key: {error}") from error
        yield key
    except BaseException:
        with suppress(UnprovedError, BotoCoreError):
            delete(administrator, grant)
        raise


def delete(administrator: Administrator, grant: Grant) -> None:
    """Delete it, if there is one. UnprovedError when LiteLLM does not say so."""
    with suppress(NotFoundError):
        administrator.ask("POST", "/key/delete", {"key_aliases": [_alias(grant)]})


def _alias(grant: Grant) -> str:
    """Aliases are unique in LiteLLM, and those of keys that are over stay taken."""
    return str(grant).replace(" ", "-")
