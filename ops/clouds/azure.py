"""Azure Resource Manager and Microsoft Graph: an HTTP client with the token of the `az` command, and deletions."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ops.clouds.removal import PermanentError

_TRIES, _PAUSE = 90, 30.0
"""How often a request is sent while Azure answers that it cannot be done yet, and the seconds between where Azure names
none. 45 minutes are an estimate: no figure for updates of API Management is published, and the longest creation that
people report took as long (`catalogue.azure_types`)."""
_NOT_YET = frozenset({409, 429, 503})
"""Statuses of a conflict with an update under way, of too many requests, and of a service that is busy."""

ARM, GRAPH = "https://management.azure.com", "https://graph.microsoft.com"


class AzureCliError(RuntimeError):
    """The `az` command gave no token; the message says what to do."""


def access_token(resource: str) -> Mapping[str, str]:
    """What `az account get-access-token` answers: `accessToken`, `subscription`, `tenant`."""
    command = ["az", "account", "get-access-token", "--resource", resource, "--output", "json"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  constant
    except FileNotFoundError as error:
        raise AzureCliError("The `az` command is not installed: see https://aka.ms/azure-cli.") from error
    except subprocess.SubprocessError as error:
        reason = str(getattr(error, "stderr", "") or error).strip()
        raise AzureCliError(f"`az` gave no token, so run `az login`. It said: {reason}") from error
    return dict(json.loads(answer.stdout))


class Api:
    """One REST API of Azure with a token. httpx.HTTPError says what was asked and what came back."""

    def __init__(self, base: str, token: str) -> None:
        """`base` has no slash at its end."""
        self._http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def get(self, url: str) -> Any:
        """The JSON at that path, or under that whole URL."""
        response = self._http.get(url)
        response.raise_for_status()
        return response.json()

    def find(self, url: str) -> Mapping[str, Any]:
        """The same for what may not be there: empty then."""
        try:
            return dict(self.get(url))
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return {}
            raise

    def values(self, url: str) -> Iterator[Mapping[str, Any]]:
        """Every entry of a list, from all its pages."""
        while url:
            page = self.get(url)
            yield from page["value"]
            url = page.get("nextLink") or page.get("@odata.nextLink", "")

    def finish(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> None:
        """Ask for something that takes its time and wait for its end. What is gone already is no error."""
        response = self._patiently(method, url, body)
        location = response.headers.get("Location", "")
        for _ in range(_TRIES):
            if response.status_code != httpx.codes.ACCEPTED or not location:
                break
            time.sleep(_seconds(response, 10))
            response = self._patiently("GET", location)
            location = response.headers.get("Location", location)
        else:
            raise PermanentError(f"{method} {url} has begun, and Azure does not say that it ended: ask again later")
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise PermanentError(f"{method} {url} was refused: {response.text}")
        if response.status_code != httpx.codes.NOT_FOUND:
            response.raise_for_status()

    def _patiently(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """The answer, as soon as it is another than that it cannot be done yet."""
        # API Management changes and deletes nothing without it: whatever version it is at.
        headers = {"If-Match": "*"} if method in ("PATCH", "DELETE") else None
        response = self._http.request(method, url, json=body, headers=headers)
        for _ in range(_TRIES - 1):
            if response.status_code not in _NOT_YET:
                break
            if "ScopeLocked" in response.text:
                raise PermanentError(f"{url} is locked: `az lock list` names the lock, `az lock delete` removes it")
            time.sleep(_seconds(response, _PAUSE))
            response = self._http.request(method, url, json=body, headers=headers)
        return response


def resource_manager() -> Api:
    """Azure Resource Manager, as whoever is logged in."""
    return Api(ARM, access_token(ARM)["accessToken"])


def short_names(ids: Collection[str]) -> Mapping[str, str]:
    """By id, what a report calls the resource: the last part of its id, or all of it where two end alike."""
    ends = Counter(id_.rpartition("/")[2].lower() for id_ in ids)
    return {id_: id_ if ends[id_.rpartition("/")[2].lower()] > 1 else id_.rpartition("/")[2] for id_ in ids}


def _seconds(response: httpx.Response, otherwise: float) -> float:
    """How long Azure asks to wait; `otherwise` where it names no number of seconds."""
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else otherwise


@dataclass(frozen=True)
class RemovalRequest:
    """A request that removes something, and the `az` command that does the same."""

    api: Api
    method: str
    url: str
    command: str

    def run(self) -> None:
        """Send it and wait for its end."""
        self.api.finish(self.method, self.url)
