"""What the Azure front door has left behind, through Azure Resource Manager and Microsoft Graph."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from catalogue.pins import API_MANAGEMENT_API, KEY_VAULT_API, RESOURCE_GROUPS_API
from ops.leftovers.ownership import ELSEWHERE, PROJECT, RESOURCE_GROUP, ours, share_out
from ops.leftovers.scan import Failure, Find, Scan, look_with
from ops.leftovers.stack_identity import StackIdentity, application_tags
from ops.leftovers.thing import PermanentError, Step, Thing

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
class Request:
    """A request that removes something, and the `az` command that does the same."""

    api: Api
    method: str
    url: str
    command: str

    def run(self) -> None:
        """Send it and wait for its end."""
        self.api.finish(self.method, self.url)


@dataclass(frozen=True, kw_only=True)
class AzureDay:
    """A stack of the Azure front door. `arm` and `graph` are the addresses of the two APIs, `token` gives access."""

    stack: str
    identity: StackIdentity = field(default_factory=StackIdentity)
    arm: str = ARM
    graph: str = GRAPH
    token: Callable[[str], Mapping[str, str]] = access_token

    def look(self) -> Scan:
        """Look at everything now, at once."""
        try:
            arm_token, graph_token = self.token(self.arm), self.token(self.graph)
        except AzureCliError as error:
            return Scan(leftovers=[], failures=[Failure(what="Azure", error=str(error))])
        arm, graph = Api(self.arm, arm_token["accessToken"]), Api(self.graph, graph_token["accessToken"])
        scope = f"/subscriptions/{arm_token['subscription']}"
        things, failures = look_with(self._finders(arm, graph, scope))
        # The directory serves other subscriptions too, whose resource groups are not seen.
        shares = share_out(ours(things, self.stack), self.stack, self.identity, unseen={ELSEWHERE})
        return Scan(leftovers=shares.ours, failures=failures, uncertain=shares.uncertain)

    def _finders(self, arm: Api, graph: Api, scope: str) -> Mapping[str, Find]:
        return {
            "resource groups": lambda: resource_groups(arm, scope),
            "deleted API Management services": lambda: deleted_gateways(arm, scope, self.stack),
            "deleted key vaults": lambda: deleted_vaults(arm, scope),
            "Entra applications": lambda: applications(graph, self.stack),
            "deleted Entra applications": lambda: deleted_applications(graph, self.stack),
        }


def _thing(
    kind: str,
    name: str,
    region: str,
    removal: Step,
    tags: Mapping[str, str] | None,
    evidence: str = "",
    group: str = "",
    *,
    soft_deleted: bool = False,
) -> Thing:
    return Thing(
        kind=kind,
        id=name,
        region=region,
        removal=(removal,),
        tags=tags or {},
        priced=None,
        soft_deleted=soft_deleted,
        evidence=evidence,
        part_of=(RESOURCE_GROUP, group) if group else ("", ""),
    )


def resource_groups(arm: Api, scope: str) -> Iterator[Thing]:
    """Resource groups with our tag: the gateway and all that belongs to it live and go with theirs."""
    query = f"$filter=tagName eq 'Project' and tagValue eq '{PROJECT}'&api-version={RESOURCE_GROUPS_API.version}"
    for group in arm.values(f"{scope}/resourcegroups?{query}"):
        name = group["name"]
        removal = Request(
            arm,
            "DELETE",
            f"{scope}/resourcegroups/{name}?api-version={RESOURCE_GROUPS_API.version}",
            f"az group delete --name {name} --yes",
        )
        yield _thing(RESOURCE_GROUP, name, group["location"], removal, group.get("tags"))


def deleted_gateways(arm: Api, scope: str, stack: str) -> Iterator[Thing]:
    """API Management services in soft delete: for 48 hours they keep their name.

    They have no tags there, but tell the resource group they were in: Pulumi's name for `genai-<stack>`.
    """
    ours_by_name = re.compile(rf"genai-{re.escape(stack)}[0-9a-f]{{8}}")
    provider = f"{scope}/providers/Microsoft.ApiManagement"
    for service in arm.values(f"{provider}/deletedservices?api-version={API_MANAGEMENT_API.version}"):
        name, place = service["name"], service["location"].replace(" ", "").lower()
        group = service["properties"]["serviceId"].split("/resourceGroups/")[1].split("/")[0]
        if ours_by_name.fullmatch(group):
            removal = Request(
                arm,
                "DELETE",
                f"{provider}/locations/{place}/deletedservices/{name}?api-version={API_MANAGEMENT_API.version}",
                f"az apim deletedservice purge --service-name {name} --location {place}",
            )
            evidence = f"was in the resource group {group}"
            yield _thing("deleted API Management service", name, place, removal, {}, evidence, group, soft_deleted=True)


def deleted_vaults(arm: Api, scope: str) -> Iterator[Thing]:
    """Key vaults in soft delete: until they are purged or their days are over they keep their name."""
    provider = f"{scope}/providers/Microsoft.KeyVault"
    for vault in arm.values(f"{provider}/deletedVaults?api-version={KEY_VAULT_API.version}"):
        name, place = vault["name"], vault["properties"]["location"]
        removal = Request(
            arm,
            "POST",
            f"{provider}/locations/{place}/deletedVaults/{name}/purge?api-version={KEY_VAULT_API.version}",
            f"az keyvault purge --name {name} --location {place}",
        )
        yield _thing("deleted key vault", name, place, removal, vault["properties"].get("tags"), soft_deleted=True)


def applications(graph: Api, stack: str) -> Iterator[Thing]:
    """Applications of that stack, by their display name; their service principals go with them."""
    prefix = _display_name(stack)
    for application in graph.values(f"/v1.0/applications?$filter=startswith(displayName,'{prefix}')"):
        key, name = application["id"], application["displayName"]
        if name.startswith(prefix):  # Graph compares without case
            removal = Request(graph, "DELETE", f"/v1.0/applications/{key}", f"az ad app delete --id {key}")
            tags = application_tags(application.get("tags"))
            yield _thing("Entra application", key, "", removal, tags, f"is called {name}")


def deleted_applications(graph: Api, stack: str) -> Iterator[Thing]:
    """Deleted applications: for 30 days they count against the quota of who made them."""
    for application in graph.values("/v1.0/directory/deletedItems/microsoft.graph.application"):
        name, url = application["displayName"], f"/v1.0/directory/deletedItems/{application['id']}"
        if name.startswith(_display_name(stack)):
            removal = Request(graph, "DELETE", url, f"az rest --method DELETE --url {GRAPH}{url}")
            tags = application_tags(application.get("tags"))
            said = f"was called {name}"
            yield _thing("deleted Entra application", application["id"], "", removal, tags, said, soft_deleted=True)


def _display_name(stack: str) -> str:
    """How the display names of its applications begin (`stacks.azure_door`); no stack has a space in its name."""
    return f"{PROJECT} {stack} "
