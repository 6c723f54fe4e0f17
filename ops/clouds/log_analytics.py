"""Azure Monitor logs: asks a Log Analytics workspace a Kusto query over HTTP, with the token of the `az` command."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from ops.clouds.azure import AzureCliError, access_token
from stacks.errors import GenaiError

ADDRESS = "https://api.loganalytics.azure.com"
"""Also the resource that the token is for (learn.microsoft.com, "Access the Azure Monitor Log Analytics API")."""
_SECONDS = 180.0
"""A query may take three minutes (learn.microsoft.com, "Timeouts": the default)."""


class LogAnalyticsError(GenaiError):
    """The workspace cannot be asked; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class QueryAnswer:
    """The rows of the result by the names of its columns; `missing` is the table that has had no record yet."""

    rows: Sequence[Mapping[str, Any]] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A Log Analytics workspace by its GUID."""

    id: str
    address: str = field(default_factory=lambda: ADDRESS)
    token: Callable[[str], Mapping[str, str]] = access_token

    def ask(self, query: str, begin: datetime, end: datetime) -> QueryAnswer:
        """What the query yields of the records between the two times; LogAnalyticsError when it yields nothing whole.

        A table is there from its first record on: until then the answer has no rows and names it.
        """
        url = f"{self.address}/v1/workspaces/{self.id}/query"
        body = {"query": query, "timespan": f"{begin.isoformat()}/{end.isoformat()}"}
        try:
            headers = {"Authorization": f"Bearer {self.token(self.address)['accessToken']}"}
            answer = httpx.post(url, json=body, headers=headers, timeout=_SECONDS)
        except AzureCliError as error:
            raise LogAnalyticsError(str(error)) from error
        except httpx.TransportError as error:
            raise LogAnalyticsError(f"Log Analytics gave no answer: {str(error) or type(error).__name__}.") from error
        if missing := re.search(r"Failed to resolve table or column expression named '(\w+)'", answer.text):
            return QueryAnswer(missing=missing[1])
        if answer.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
            raise LogAnalyticsError(
                f"Log Analytics does not show you the workspace {self.id} (status {answer.status_code}): have the role "
                "Log Analytics Reader assigned on it, or see with `az account show` whether you are in its tenant."
            )
        if answer.status_code != httpx.codes.OK:
            raise LogAnalyticsError(f"Log Analytics answered {answer.status_code}: {_said(answer)}")
        found = answer.json()
        if "error" in found:  # with 200: the rows are a part only
            raise LogAnalyticsError(f"Log Analytics answered a part only: {_said(answer)}")
        table = found["tables"][0]
        names = [column["name"] for column in table["columns"]]
        return QueryAnswer(rows=[dict(zip(names, row, strict=True)) for row in table["rows"]])


def _said(answer: httpx.Response) -> str:
    """Its innermost sentence."""
    try:
        error = answer.json()["error"]
        while "innererror" in error:
            error = error["innererror"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return " ".join(answer.text.split())[:200] or "nothing"
