"""Azure Resource Manager and Microsoft Graph: how they are asked, and the requests that remove what they have."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ops.clouds.removal import PermanentError

_TRIES, _PAUSE = 90, 30.0
"""How often a request is sent that conflicts with an update under way, and the seconds between: 45 minutes,
for an update of API Management may take as long as its creation."""

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
        said = str(getattr(error, "stderr", "") or error).strip()
        raise AzureCliError(f"`az` gave no token, so run `az login`. It said: {said}") from error
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

    def values(self, url: str) -> Iterator[Mapping[str, Any]]:
        """Every entry of a list, from all its pages."""
        while url:
            page = self.get(url)
            yield from page["value"]
            url = page.get("nextLink") or page.get("@odata.nextLink", "")

    def finish(self, method: str, url: str) -> None:
        """Ask for something that takes its time and wait for its end. What is gone already is no error."""
        for _ in range(_TRIES):
            response = self._http.request(method, url)
            if response.status_code != httpx.codes.CONFLICT:
                break
            if "ScopeLocked" in response.text:
                raise PermanentError(f"{url} is locked: `az lock list` names the lock, `az lock delete` removes it")
            time.sleep(float(response.headers.get("Retry-After", _PAUSE)))  # API Management is being updated
        while response.status_code == httpx.codes.ACCEPTED and (location := response.headers.get("Location")):
            time.sleep(float(response.headers.get("Retry-After", 10)))
            response = self._http.get(location)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise PermanentError(f"{method} {url} was refused: {response.text}")
        if response.status_code != httpx.codes.NOT_FOUND:
            response.raise_for_status()


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
