"""Databricks workspaces of a stack: what they keep in the account and the metastore, which outlive them.

Both are seen through a workspace alone, so they are looked for, and go, while one of the stack is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from catalogue.databricks import ENTRA_RESOURCE
from catalogue.pins import DATABRICKS_API
from ops.clouds.azure import Api, AzureCliError, RemovalRequest
from ops.inventory import kinds
from ops.inventory.azure import AzureStackInventory, resource_groups
from ops.inventory.found import FoundResource
from ops.inventory.ownership import ScannedAccount, share_out
from ops.inventory.scan import EVERYTHING, Failure, Find, Scan, run_finders
from ops.project import PROJECT
from ops.stack.identity import TAG

UNITY_CATALOG = "/api/2.1/unity-catalog"
PRINCIPALS = "/api/2.0/preview/scim/v2/ServicePrincipals"

METASTORE: Mapping[str, tuple[str, str]] = {
    kinds.UNITY_CATALOG: ("catalogs", "catalogs"),
    kinds.EXTERNAL_LOCATION: ("external-locations", "external_locations"),
    kinds.STORAGE_CREDENTIAL: ("storage-credentials", "storage_credentials"),
    kinds.SERVICE_CREDENTIAL: ("credentials", "credentials"),
}
"""By kind: the path of its list, and the key of the entries there (databricks-sdk, service.catalog)."""


@dataclass(frozen=True, kw_only=True)
class ReachedWorkspace:
    """A workspace with our tags; `region` shares its metastore with all others there."""

    api: Api
    url: str
    region: str
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class DatabricksStackInventory:
    """What the workspaces of a stack keep elsewhere; `azure` is where they are, and gives the tokens."""

    azure: AzureStackInventory

    def scan(self) -> Scan:
        """Ask all workspaces at once."""
        azure = self.azure
        try:
            token = azure.token(azure.arm)
            arm, scope = Api(azure.arm, token["accessToken"]), f"/subscriptions/{token['subscription']}"
            there = list(workspaces(arm, scope, azure))
        except AzureCliError as error:
            return Scan(leftovers=[], failures=[Failure(what=EVERYTHING, error=str(error))])
        except Exception as error:  # noqa: BLE001  whatever went wrong, nothing was looked at
            return Scan(leftovers=[], failures=[Failure(what="Databricks workspaces", error=str(error))])
        finders: dict[str, Find] = {f"{kinds.RESOURCE_GROUP}s": lambda: resource_groups(arm, scope)}
        for one in there:
            finders |= finders_of(one, azure.stack)
        resources, failures = run_finders(finders)
        once = list({(resource.kind, resource.id): resource for resource in resources}.values())
        # The groups tell which stacks are alive; they themselves are Azure's to list.
        shares = share_out(ScannedAccount(found=once, stack=azure.stack, identity=azure.identity))
        return Scan(
            leftovers=[left for left in shares.ours if left.resource.kind != kinds.RESOURCE_GROUP],
            uncertain=[left for left in shares.uncertain if left.resource.kind != kinds.RESOURCE_GROUP],
            failures=failures,
        )


def workspaces(arm: Api, scope: str, azure: AzureStackInventory) -> Iterator[ReachedWorkspace]:
    """Those with the tags of a stack of that name, while they can be reached."""
    url = f"{scope}/providers/Microsoft.Databricks/workspaces?api-version={DATABRICKS_API.version}"
    for one in arm.values(url):
        tags = one.get("tags") or {}
        if tags.get("Project") == PROJECT and tags.get("Environment") == azure.stack:
            address = one["properties"].get("workspaceUrl", "")
            base = address if "://" in address else f"https://{address}"
            if address:
                token = azure.token(ENTRA_RESOURCE)["accessToken"]
                yield ReachedWorkspace(api=Api(base, token), url=base, region=one["location"], tags=tags)


def finders_of(workspace: ReachedWorkspace, stack: str) -> Mapping[str, Find]:
    """What is looked for through that workspace."""

    def in_metastore(kind: str) -> Find:
        return lambda: metastore_objects(workspace, kind, stack)

    seen_through = f"through {workspace.url}"
    return {
        **{f"{kind}s {seen_through}": in_metastore(kind) for kind in METASTORE},
        f"{kinds.DATABRICKS_PRINCIPAL}s {seen_through}": lambda: service_principals(workspace, stack),
    }


def metastore_objects(workspace: ReachedWorkspace, kind: str, stack: str) -> Iterator[FoundResource]:
    """What has a name of that stack (`stacks.databricks.program`); the stack's id at its end tells whose it is."""
    path, key = METASTORE[kind]
    begins = f"genaiplatform_{stack.replace('-', '_')}_", f"genai-{stack}-"
    ours = re.compile(rf"(?:{'|'.join(map(re.escape, begins))})([a-z0-9]{{7}})")
    page = ""
    while True:
        answer = workspace.api.get(f"{UNITY_CATALOG}/{path}?max_results=0{page}")
        for one in answer.get(key, []):
            if match := ours.fullmatch(one["name"]):
                tags = {"Project": PROJECT, "Environment": stack, TAG: match[1]}
                yield _found(workspace, kind, one["name"], f"{UNITY_CATALOG}/{path}/{one['name']}?force=true", tags)
        if not (token := answer.get("next_page_token")):
            return
        page = f"&page_token={quote(token, safe='')}"


def service_principals(workspace: ReachedWorkspace, stack: str) -> Iterator[FoundResource]:
    """Those of LiteLLM. Only who is assigned to the workspace is in its list, so they are the workspace's stack's."""
    name = f"{PROJECT} {stack} LiteLLM"
    asked = quote(f'displayName eq "{name}"')
    for one in workspace.api.get(f"{PRINCIPALS}?filter={asked}").get("Resources", []):
        if one["displayName"] == name:
            yield _found(workspace, kinds.DATABRICKS_PRINCIPAL, one["id"], f"{PRINCIPALS}/{one['id']}", workspace.tags)


def _found(workspace: ReachedWorkspace, kind: str, id_: str, path: str, tags: Mapping[str, str]) -> FoundResource:
    command = f"az rest --method DELETE --resource {ENTRA_RESOURCE} --url '{workspace.url}{path}'"
    return FoundResource(
        kind=kind,
        id=id_,
        region=workspace.region,
        removal=(RemovalRequest(workspace.api, "DELETE", path, command),),
        tags=tags,
    )
