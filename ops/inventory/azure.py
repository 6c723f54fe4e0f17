"""Azure Resource Manager and Microsoft Graph: finds what an Azure stack has, and what is in soft delete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from catalogue.pins import API_MANAGEMENT_API, KEY_VAULT_API, RESOURCE_GROUPS_API, ROLE_ASSIGNMENTS_API
from ops.clouds.azure import ARM, GRAPH, Api, AzureCliError, RemovalRequest, access_token
from ops.clouds.removal import RemovalStep
from ops.inventory import kinds
from ops.inventory.found import FoundResource
from ops.inventory.ownership import OTHER_PLACES, ScannedAccount, share_out
from ops.inventory.scan import EVERYTHING, Failure, Find, Scan, run_finders
from ops.project import PROJECT
from ops.stack.identity import StackIdentity, application_tags
from policies.apim.models import OPENAI_USER
from stacks.azure.resource_group import group_name


@dataclass(frozen=True, kw_only=True)
class AzureStackInventory:
    """A stack of the Azure gateway. `arm` and `graph` are the addresses of the two APIs, `token` gives access."""

    stack: str
    identity: StackIdentity = field(default_factory=StackIdentity)
    arm: str = ARM
    graph: str = GRAPH
    token: Callable[[str], Mapping[str, str]] = access_token

    def api(self) -> Api:
        """Azure Resource Manager, as whoever is logged in."""
        return Api(self.arm, self.token(self.arm)["accessToken"])

    def scan(self) -> Scan:
        """Ask all services at once."""
        try:
            arm_token, graph_token = self.token(self.arm), self.token(self.graph)
        except AzureCliError as error:
            return Scan(leftovers=[], failures=[Failure(what=EVERYTHING, error=str(error))])
        arm, graph = Api(self.arm, arm_token["accessToken"]), Api(self.graph, graph_token["accessToken"])
        scope = f"/subscriptions/{arm_token['subscription']}"
        resources, failures = run_finders(self._finders(arm, graph, scope))
        # The directory serves other subscriptions too, whose resource groups are not seen.
        account = ScannedAccount(found=resources, stack=self.stack, identity=self.identity, unscanned={OTHER_PLACES})
        shares = share_out(account)
        return Scan(leftovers=shares.ours, failures=failures, uncertain=shares.uncertain)

    def _finders(self, arm: Api, graph: Api, scope: str) -> Mapping[str, Find]:
        return {
            f"{kinds.RESOURCE_GROUP}s": lambda: resource_groups(arm, scope),
            f"{kinds.DELETED_API_MANAGEMENT}s": lambda: deleted_gateways(arm, scope, self.stack),
            f"{kinds.DELETED_VAULT}s": lambda: deleted_vaults(arm, scope),
            f"{kinds.ROLE_ASSIGNMENT}s": lambda: role_assignments(arm, scope),
            f"{kinds.ENTRA_APPLICATION}s": lambda: applications(graph, self.stack),
            f"{kinds.DELETED_APPLICATION}s": lambda: deleted_applications(graph, self.stack),
        }


def _found(
    kind: str,
    name: str,
    region: str,
    removal: RemovalStep,
    tags: Mapping[str, str] | None,
    evidence: str = "",
    group: str = "",
    *,
    soft_deleted: bool = False,
) -> FoundResource:
    return FoundResource(
        kind=kind,
        id=name,
        region=region,
        removal=(removal,),
        tags=tags or {},
        priced=None,
        soft_deleted=soft_deleted,
        evidence=evidence,
        part_of=(kinds.RESOURCE_GROUP, group) if group else ("", ""),
    )


def resource_groups(arm: Api, scope: str) -> Iterator[FoundResource]:
    """Resource groups with our tag: the gateway and all that belongs to it live and go with theirs."""
    query = f"$filter=tagName eq 'Project' and tagValue eq '{PROJECT}'&api-version={RESOURCE_GROUPS_API.version}"
    for group in arm.values(f"{scope}/resourcegroups?{query}"):
        name = group["name"]
        removal = RemovalRequest(
            arm,
            "DELETE",
            f"{scope}/resourcegroups/{name}?api-version={RESOURCE_GROUPS_API.version}",
            f"az group delete --name {name} --yes",
        )
        yield _found(kinds.RESOURCE_GROUP, name, group["location"], removal, group.get("tags"))


def deleted_gateways(arm: Api, scope: str, stack: str) -> Iterator[FoundResource]:
    """API Management services in soft delete: for 48 hours they keep their name.

    They have no tags there, but tell the resource group they were in.
    """
    ours_by_name = re.compile(rf"{re.escape(group_name(stack))}[0-9a-f]{{8}}")
    provider = f"{scope}/providers/Microsoft.ApiManagement"
    for service in arm.values(f"{provider}/deletedservices?api-version={API_MANAGEMENT_API.version}"):
        name, place = service["name"], service["location"].replace(" ", "").lower()
        group = service["properties"]["serviceId"].split("/resourceGroups/")[1].split("/")[0]
        if ours_by_name.fullmatch(group):
            removal = RemovalRequest(
                arm,
                "DELETE",
                f"{provider}/locations/{place}/deletedservices/{name}?api-version={API_MANAGEMENT_API.version}",
                f"az apim deletedservice purge --service-name {name} --location {place}",
            )
            evidence = f"was in the resource group {group}"
            yield _found(kinds.DELETED_API_MANAGEMENT, name, place, removal, {}, evidence, group, soft_deleted=True)


def deleted_vaults(arm: Api, scope: str) -> Iterator[FoundResource]:
    """Key vaults in soft delete: until they are purged or their days are over they keep their name."""
    provider = f"{scope}/providers/Microsoft.KeyVault"
    for vault in arm.values(f"{provider}/deletedVaults?api-version={KEY_VAULT_API.version}"):
        name, place = vault["name"], vault["properties"]["location"]
        removal = RemovalRequest(
            arm,
            "POST",
            f"{provider}/locations/{place}/deletedVaults/{name}/purge?api-version={KEY_VAULT_API.version}",
            f"az keyvault purge --name {name} --location {place}",
        )
        yield _found(kinds.DELETED_VAULT, name, place, removal, vault["properties"].get("tags"), soft_deleted=True)


def role_assignments(arm: Api, scope: str) -> Iterator[FoundResource]:
    """Roles on Azure OpenAI accounts of others, which stay when the group with the gateway's identity is deleted.

    An account of another subscription than the one that is looked at keeps them unseen.
    """
    version = f"api-version={ROLE_ASSIGNMENTS_API.version}"
    for assignment in arm.values(f"{scope}/providers/Microsoft.Authorization/roleAssignments?{version}"):
        given, id_ = assignment["properties"], assignment["id"]
        tags = application_tags((given.get("description") or "").split("; "))
        if given["roleDefinitionId"].endswith(f"/{OPENAI_USER}") and tags.get("Project") == PROJECT:
            removal = RemovalRequest(arm, "DELETE", f"{id_}?{version}", f"az role assignment delete --ids {id_}")
            yield _found(kinds.ROLE_ASSIGNMENT, id_, "", removal, tags)


def applications(graph: Api, stack: str) -> Iterator[FoundResource]:
    """Applications of that stack, by their display name; their service principals go with them."""
    prefix = _display_name(stack)
    for application in graph.values(f"/v1.0/applications?$filter=startswith(displayName,'{prefix}')"):
        key, name = application["id"], application["displayName"]
        if name.startswith(prefix):  # Graph compares without case
            removal = RemovalRequest(graph, "DELETE", f"/v1.0/applications/{key}", f"az ad app delete --id {key}")
            tags = application_tags(application.get("tags"))
            yield _found(kinds.ENTRA_APPLICATION, key, "", removal, tags, f"is called {name}")


def deleted_applications(graph: Api, stack: str) -> Iterator[FoundResource]:
    """Deleted applications: for 30 days they count against the quota of who made them."""
    for application in graph.values("/v1.0/directory/deletedItems/microsoft.graph.application"):
        name, url = application["displayName"], f"/v1.0/directory/deletedItems/{application['id']}"
        if name.startswith(_display_name(stack)):
            removal = RemovalRequest(graph, "DELETE", url, f"az rest --method DELETE --url {GRAPH}{url}")
            tags = application_tags(application.get("tags"))
            name_then = f"was called {name}"
            yield _found(kinds.DELETED_APPLICATION, application["id"], "", removal, tags, name_then, soft_deleted=True)


def _display_name(stack: str) -> str:
    """How the display names of its applications begin (`stacks.azure.program`); no stack has a space in its name."""
    return f"{PROJECT} {stack} "
