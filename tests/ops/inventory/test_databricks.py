"""Leftovers of a Databricks stack in the account and the metastore, against a server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from databricks.sdk import WorkspaceClient

from catalogue.databricks import ENTRA_RESOURCE
from ops.clouds.azure import AzureCliError
from ops.inventory.azure import AzureStackInventory
from ops.inventory.databricks import DatabricksStackInventory
from ops.inventory.deletion import clear_away, in_order
from ops.inventory.scan import Scan
from ops.stack.identity import StackIdentity
from tests.databricks_server import Databricks, serving, with_leftovers, workspace

OURS = "genaiplatform_databricks_abc1234"
FOUND = {
    ("Unity Catalog catalogue", OURS),
    ("Databricks service principal", "77"),
    ("Unity Catalog external location", OURS),
    ("Unity Catalog storage credential", OURS),
    ("Unity Catalog service credential", "genai-databricks-abc1234"),
}


@pytest.fixture
def databricks() -> Iterator[Databricks]:
    with serving(with_leftovers()) as served:
        served.workspaces = [
            workspace(served.url),
            workspace("adb-1.1.azuredatabricks.net", Environment="databricks-2"),
            {"name": "shop", "location": "eastus2", "properties": {"workspaceUrl": "adb-2.2.azuredatabricks.net"}},
        ]
        yield served


def inventory(databricks: Databricks, identity: StackIdentity | None = None) -> DatabricksStackInventory:
    def token(resource: str) -> Mapping[str, str]:
        return {"accessToken": databricks.token if resource == ENTRA_RESOURCE else "arm", "subscription": "s-1"}

    identity = identity or StackIdentity(id="abc1234")
    azure = AzureStackInventory(stack="databricks", identity=identity, arm=databricks.url, token=token)
    return DatabricksStackInventory(azure=azure)


def ids(scan: Scan) -> set[tuple[str, str]]:
    return {(left.resource.kind, left.resource.id) for left in scan.leftovers}


def test_what_outlives_a_workspace_is_found_on_every_page_and_nothing_else(databricks: Databricks) -> None:
    scan = inventory(databricks).scan()
    assert scan.failures == []
    assert ids(scan) == FOUND
    principal = next(left.resource for left in scan.leftovers if left.resource.id == "77")
    assert principal.command == (
        f"az rest --method DELETE --resource {ENTRA_RESOURCE} "
        f"--url '{databricks.url}/api/2.0/preview/scim/v2/ServicePrincipals/77'"
    )


def test_what_is_removed_goes_in_an_order_that_databricks_accepts_and_the_rest_stays(databricks: Databricks) -> None:
    day = inventory(databricks)
    order = [left.resource.kind for left in in_order(day.scan().leftovers)]
    assert order.index("Unity Catalog catalogue") < order.index("Unity Catalog external location")
    assert order.index("Unity Catalog external location") < order.index("Unity Catalog storage credential")
    scan = clear_away(day, day.scan(), lambda _: True, lambda line: None)
    assert (scan.leftovers, scan.failures) == ([], [])
    assert [one.id for one in databricks.principals] == ["78"]
    assert [one.name for one in databricks.metastore["catalogs"]] == [
        "main",
        "genaiplatform_databricks_2_abc1234",
        "genaiplatform_databricks_b0bb0bb",
    ]


def test_without_the_state_what_a_living_stack_may_use_is_shown_apart(databricks: Databricks) -> None:
    tags = databricks.workspaces[0]["tags"]
    databricks.groups = [{"name": "genai-databricks1a2b3c4d", "location": "eastus2", "tags": tags}]
    scan = inventory(databricks, StackIdentity()).scan()
    assert not FOUND & ids(scan)
    assert {(left.resource.kind, left.resource.id) for left in scan.uncertain} >= FOUND


def test_a_stack_whose_workspace_is_gone_has_nothing_that_could_be_seen(databricks: Databricks) -> None:
    databricks.workspaces = databricks.workspaces[1:]
    assert inventory(databricks).scan() == Scan(leftovers=[], failures=[], uncertain=[])


def test_a_workspace_that_lets_nobody_in_is_no_proof_that_nothing_is_left(databricks: Databricks) -> None:
    def stale(_: str) -> Mapping[str, str]:
        return {"accessToken": "stale", "subscription": "s-1"}

    scan = DatabricksStackInventory(azure=_azure(databricks, stale)).scan()
    assert (scan.leftovers, scan.exit_code) == ([], 2)
    assert {"catalogue" in failure.what for failure in scan.failures} == {True, False}


def test_without_a_login_nobody_knows_what_is_left(databricks: Databricks) -> None:
    assert DatabricksStackInventory(azure=_azure(databricks, _no_login)).scan().blind


def _azure(databricks: Databricks, token: Callable[[str], Mapping[str, str]]) -> AzureStackInventory:
    return AzureStackInventory(stack="databricks", arm=databricks.url, token=token)


def _no_login(_: str) -> Mapping[str, str]:
    raise AzureCliError("run `az login`")


def test_databricks_own_sdk_asks_the_same_questions(databricks: Databricks) -> None:
    day = inventory(databricks)
    clear_away(day, day.scan(), lambda _: True, lambda line: None)
    ours = {request.route for request in databricks.requests if request.path.startswith("/api/")}
    databricks.requests.clear()
    sdk = WorkspaceClient(host=databricks.url, token=databricks.token)
    asked = [
        sdk.catalogs.list(max_results=0),
        sdk.external_locations.list(max_results=0),
        sdk.storage_credentials.list(max_results=0),
        sdk.credentials.list_credentials(max_results=0),
        sdk.service_principals.list(filter='displayName eq "genaiplatform databricks LiteLLM"'),
    ]
    for answers in asked:
        list(answers)
    sdk.catalogs.delete(OURS, force=True)
    sdk.external_locations.delete(OURS, force=True)
    sdk.storage_credentials.delete(OURS, force=True)
    sdk.credentials.delete_credential("genai-databricks-abc1234", force=True)
    sdk.service_principals.delete("77")
    theirs = {request.route for request in databricks.requests if request.path.startswith("/api/")}
    assert ours == theirs
