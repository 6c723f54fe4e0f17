"""Leftovers of the Azure gateway, against a server that answers as Resource Manager and Graph do."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock
from urllib.parse import unquote

import pytest

from ops.clouds.azure import AzureCliError, access_token
from ops.inventory.azure import AzureStackInventory
from ops.inventory.deletion import clear_away
from ops.stack.identity import StackIdentity
from policies.apim.models import OPENAI_USER
from tests import http_server

OURS = {"Project": "genaiplatform", "Environment": "azure", "ManagedBy": "pulumi", "StackId": "abc1234"}
NEIGHBOUR = {**OURS, "StackId": "b0bb0bb"}
PROVIDERS = "/subscriptions/s-1/providers"


def _group(name: str, tags: Mapping[str, str] | None) -> dict[str, Any]:
    return {"name": name, "location": "eastus2", "tags": tags}


def _gateway(name: str, group: str) -> dict[str, Any]:
    service = f"/subscriptions/s-1/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}"
    return {"name": name, "location": "East US 2", "properties": {"serviceId": service}}


def _vault(name: str, tags: Mapping[str, str] | None) -> dict[str, Any]:
    return {"name": name, "properties": {"location": "eastus2", "tags": tags}}


ACCOUNT = "/subscriptions/s-1/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/shared"


def _role(name: str, description: str | None, role: str = OPENAI_USER) -> dict[str, Any]:
    definition = f"/subscriptions/s-1/providers/Microsoft.Authorization/roleDefinitions/{role}"
    given = {"roleDefinitionId": definition, "principalId": "p", "description": description}
    id_ = f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return {"id": id_, "name": name, "properties": given}


def words(tags: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in tags.items()]


@dataclass
class Azure:
    """What is there, by kind; a look-alike beside each."""

    url: str = ""
    groups: list[dict[str, Any]] = field(
        default_factory=lambda: [
            _group("genai-azure1a2b3c4d", OURS),
            _group("genai-azure-of-a-colleague", {**OURS, "Environment": "azure-2"}),
            _group("genai-azure5e6f7a8b", NEIGHBOUR),
            _group("shop", None),
        ]
    )
    gateways: list[dict[str, Any]] = field(
        default_factory=lambda: [
            _gateway("genai-gateway1a2b3c4d", "genai-azure0a0a0a0a"),
            _gateway("genai-gateway5e6f7a8b", "genai-azure-2-0a0a0a0a"),
            _gateway("shop", "shop"),
        ]
    )
    vaults: list[dict[str, Any]] = field(
        default_factory=lambda: [
            _vault("genai-keys1a2b3c4d", OURS),
            _vault("genai-keys5e6f7a8b", NEIGHBOUR),
            _vault("shop", {"Project": "shop"}),
            _vault("x", None),
        ]
    )
    applications: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": "app-1", "displayName": "genaiplatform azure API", "tags": words(OURS)},
            {"id": "app-5", "displayName": "genaiplatform azure API", "tags": words(NEIGHBOUR)},
            {"id": "app-2", "displayName": "genaiplatform azure-2 API"},
        ]
    )
    deleted_applications: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": "app-3", "displayName": "genaiplatform azure demo", "tags": words(OURS)},
            {"id": "app-6", "displayName": "genaiplatform azure demo", "tags": words(NEIGHBOUR)},
            {"id": "app-4", "displayName": "shop"},
        ]
    )
    roles: list[dict[str, Any]] = field(
        default_factory=lambda: [
            _role("role-1", "; ".join(words(OURS))),
            _role("role-2", "; ".join(words(NEIGHBOUR))),
            _role("role-3", "; ".join(words({**OURS, "Environment": "azure-2"}))),
            _role("role-4", "; ".join(words(OURS)), "another-role"),
            _role("role-5", None),
        ]
    )
    refused: set[str] = field(default_factory=set)
    """Beginnings of paths that are answered 403."""
    removed: list[str] = field(default_factory=list)

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "/subscriptions/s-1/resourcegroups": self.groups,
            f"{PROVIDERS}/Microsoft.ApiManagement/deletedservices": self.gateways,
            f"{PROVIDERS}/Microsoft.KeyVault/deletedVaults": self.vaults,
            f"{PROVIDERS}/Microsoft.Authorization/roleAssignments": self.roles,
            "/v1.0/applications": self.applications,
            "/v1.0/directory/deletedItems/microsoft.graph.application": self.deleted_applications,
        }

    def answer(self, method: str, path: str) -> tuple[int, dict[str, str], Any]:
        path, _, query = path.partition("?")
        if "Microsoft.KeyVault" in path and "page=2" not in query and query < "api-version=2026-02-01":
            return 400, {}, {"error": {"code": "InvalidApiVersion"}}  # from 2027-02-27 on
        if any(path.startswith(beginning) for beginning in self.refused):
            return 403, {}, {"error": {"code": "AuthorizationFailed"}}
        if path == "/done":
            return 200, {}, {}
        if method == "GET" and path in self.lists():
            entries, first = self.lists()[path], "page=2" not in query
            link = "@odata.nextLink" if path.startswith("/v1.0") else "nextLink"
            page = {"value": entries[:1] if first else entries[1:]}
            return 200, {}, {**page, link: f"{self.url}{path}?page=2"} if first else page
        name = path.removesuffix("/purge").rpartition("/")[2]
        for kind, entries in self.lists().items():
            for entry in [entry for entry in entries if name in (entry["name"] if "name" in entry else entry["id"],)]:
                entries.remove(entry)
                self.removed.append(name)
                if kind.endswith("resourcegroups"):
                    self.gateways.append(_gateway("genai-gateway9c9c9c9c", name))
                if kind == "/v1.0/applications":
                    self.deleted_applications.append(entry)
                return 202, {"Location": f"{self.url}/done", "Retry-After": "0"}, {}
        return 404, {}, {}


@pytest.fixture
def azure() -> Iterator[Azure]:
    """The server, running."""
    cloud = Azure()

    def answer(request: http_server.Request) -> http_server.Answer:
        status, headers, body = cloud.answer(request.method, unquote(request.target))
        if request.headers["Authorization"] != f"Bearer token for {cloud.url}":
            status = 401
        return http_server.Answer(status, body, headers)

    with http_server.serve(answer) as cloud.url:
        yield cloud


IN_STATE = StackIdentity(id="abc1234", in_state=frozenset({"genai-azure1a2b3c4d", "genai-azure0a0a0a0a"}))


def day(azure: Azure, identity: StackIdentity = IN_STATE) -> AzureStackInventory:
    def token(resource: str) -> Mapping[str, str]:
        return {"accessToken": f"token for {resource}", "subscription": "s-1"}

    return AzureStackInventory(stack="azure", identity=identity, arm=azure.url, graph=azure.url, token=token)


ROLE = f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/role-1"


def test_what_is_ours_is_found_on_every_page_and_nothing_else(azure: Azure) -> None:
    scan = day(azure).scan()
    assert scan.failures == []
    assert {left.resource.kind: (left.resource.id, left.resource.command) for left in scan.leftovers} == {
        "resource group": ("genai-azure1a2b3c4d", "az group delete --name genai-azure1a2b3c4d --yes"),
        "deleted API Management service": (
            "genai-gateway1a2b3c4d",
            "az apim deletedservice purge --service-name genai-gateway1a2b3c4d --location eastus2",
        ),
        "deleted key vault": ("genai-keys1a2b3c4d", "az keyvault purge --name genai-keys1a2b3c4d --location eastus2"),
        "role assignment": (ROLE, f"az role assignment delete --ids {ROLE}"),
        "Entra application": ("app-1", "az ad app delete --id app-1"),
        "deleted Entra application": (
            "app-3",
            "az rest --method DELETE --url https://graph.microsoft.com/v1.0/directory/deletedItems/app-3",
        ),
    }
    assert scan.exit_code == 1


def test_without_the_state_a_gateway_that_exists_and_what_the_directory_has_are_shown_apart(azure: Azure) -> None:
    scan = day(azure, StackIdentity(owner="genaiplatform")).scan()
    assert {left.resource.id for left in scan.leftovers} == {"genai-gateway1a2b3c4d"}  # its group is gone
    assert {left.resource.id for left in scan.uncertain} == {
        *("genai-azure1a2b3c4d", "genai-azure5e6f7a8b", "genai-keys1a2b3c4d", "genai-keys5e6f7a8b"),
        *("app-1", "app-3", "app-5", "app-6", ROLE, ROLE.replace("role-1", "role-2")),
    }
    named = day(azure, StackIdentity(id="abc1234")).scan()
    found = {left.resource.id for left in named.leftovers}
    assert found >= {"genai-azure1a2b3c4d", "genai-keys1a2b3c4d", "app-1", "app-3"}
    assert not found & {"genai-azure5e6f7a8b", "genai-keys5e6f7a8b", "app-5"}


def test_a_gateway_from_before_there_were_ids_is_known_by_its_state(azure: Azure) -> None:
    for entry in (*azure.groups, *azure.vaults):
        (entry.get("properties") or entry).update(tags={key: OURS[key] for key in OURS if key != "StackId"})
    for entry in (*azure.applications, *azure.deleted_applications):
        entry.pop("tags", None)
    azure.groups[1:] = []
    ids = {"genai-azure1a2b3c4d", "/applications/app-1", "app-1"}
    scan = day(azure, StackIdentity(in_state=frozenset(ids))).scan()
    assert {left.resource.id for left in scan.leftovers} == {"genai-azure1a2b3c4d", "app-1"}
    assert {"app-5", "app-3", "app-6"} <= {left.resource.id for left in scan.uncertain}


def test_all_of_ours_goes_with_what_its_deletion_leaves_behind(azure: Azure) -> None:
    cloud = day(azure)
    scan = clear_away(cloud, cloud.scan(), lambda _: True, lambda _: None)
    assert (scan.exit_code, scan.leftovers) == (0, [])
    assert azure.removed.index("genai-azure1a2b3c4d") < azure.removed.index("genai-gateway9c9c9c9c")
    gateways = ["genai-gateway1a2b3c4d", "genai-gateway9c9c9c9c"]
    assert sorted(azure.removed) == [
        *("app-1", "app-1", "app-3"),
        *("genai-azure1a2b3c4d", *gateways, "genai-keys1a2b3c4d", "role-1"),
    ]
    assert [group["name"] for group in azure.groups] == ["genai-azure-of-a-colleague", "genai-azure5e6f7a8b", "shop"]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/subscriptions/s-1/resourcegroups", "resource groups"),
        (f"{PROVIDERS}/Microsoft.ApiManagement", "deleted API Management services"),
        (f"{PROVIDERS}/Microsoft.KeyVault", "deleted key vaults"),
        (f"{PROVIDERS}/Microsoft.Authorization", "role assignments"),
        ("/v1.0/applications", "Entra applications"),
        ("/v1.0/directory", "deleted Entra applications"),
    ],
)
def test_what_is_refused_is_reported_and_the_rest_is_found(azure: Azure, path: str, what: str) -> None:
    azure.refused.add(path)
    scan = day(azure).scan()
    assert [failure.what for failure in scan.failures] == [what]
    assert "403" in scan.failures[0].error
    assert len(scan.leftovers) == 5
    assert scan.exit_code == 2


def test_a_removal_that_is_refused_says_so_and_the_thing_is_still_there(azure: Azure) -> None:
    cloud = day(azure)
    scan = cloud.scan()
    azure.refused.add(f"{PROVIDERS}/Microsoft.KeyVault/locations")
    said: list[str] = []
    scan = clear_away(cloud, scan, lambda _: True, said.append, pause=lambda: pytest.fail("waited in vain"))
    assert [left.resource.id for left in scan.leftovers] == ["genai-keys1a2b3c4d"]
    assert any(line.startswith("not removed: deleted key vault genai-keys1a2b3c4d: POST") for line in said)


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (FileNotFoundError(), "not installed"),
        (subprocess.CalledProcessError(1, "az", stderr="Please run 'az login'"), "It said: Please run 'az login'"),
        (subprocess.TimeoutExpired("az", 60), "timed out"),
    ],
)
def test_without_a_token_nothing_could_be_looked_at(outcome: Exception, says: str) -> None:
    with mock.patch("subprocess.run", side_effect=outcome):
        with pytest.raises(AzureCliError, match=says):
            access_token("https://management.azure.com")
        scan = AzureStackInventory(stack="azure").scan()
    assert (scan.exit_code, scan.leftovers) == (2, [])


def test_the_token_is_that_of_the_azure_cli() -> None:
    answer = subprocess.CompletedProcess(["az"], 0, stdout='{"accessToken": "t", "subscription": "s-1"}')
    with mock.patch("subprocess.run", return_value=answer) as run:
        assert access_token("https://graph.microsoft.com")["accessToken"] == "t"
    assert "https://graph.microsoft.com" in run.call_args[0][0]


def test_the_names_that_are_looked_for_are_those_the_program_gives() -> None:
    from tests.azure_program import recorded

    names = [r.inputs["displayName"] for r in recorded("header").of_type("azuread:index/application:Application")]
    assert names
    assert all(name.startswith("genaiplatform azure ") for name in names)
    (group,) = recorded("header").of_type("azure-native:resources:ResourceGroup")
    assert group.name == "genai-azure"
    assert group.inputs["tags"]["Environment"] == "azure"


def test_each_stack_has_a_group_of_its_own_by_which_its_deleted_gateway_is_told_apart(azure: Azure) -> None:
    from ops.model.recorder import record
    from stacks.azure import program
    from tests.azure_program import AWS_STACK, SETTINGS, aws_outputs, config

    for stack in ("azure-2", "azure-" + "x" * 80):
        recording = record(
            partial(program.build, stack),
            stack=stack,
            config=config(SETTINGS),
            other_stacks={AWS_STACK: aws_outputs()},
        )
        name = recording.one("azure-native:resources:ResourceGroup").name + "0a0a0a0a"
        assert len(name) <= 90
        azure.gateways.append(_gateway(f"genai-gateway-of-{stack}", name))
        inventory = AzureStackInventory(stack=stack, arm=azure.url, graph=azure.url, token=day(azure).token)
        found = {left.resource.id for left in inventory.scan().leftovers}
        assert {id_ for id_ in found if "gateway" in id_} == {f"genai-gateway-of-{stack}"}


def test_a_role_is_found_by_the_description_that_the_program_gives_it() -> None:
    from ops.stack.identity import application_tags
    from tests.azure_program import with_models

    roles = [one.inputs for one in with_models().of_type("azure-native:authorization:RoleAssignment")]
    (description,) = {role["description"] for role in roles if role["roleDefinitionId"].endswith(OPENAI_USER)}
    tags = application_tags(description.split("; "))
    assert (tags["Project"], tags["Environment"]) == ("genaiplatform", "azure")
    assert tags["StackId"]
