"""The state of a workspace, against servers on this machine that answer as Azure and as the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.checks.check import Outcome, State, run
from ops.checks.status import databricks
from ops.checks.status.status import Found
from ops.clouds.azure import AzureCliError
from ops.inventory.azure import AzureStackInventory
from tests.ops.preflight.stand_in import Server, serve
from tests.ops.status.test_azure import groups

NOW = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
WORKSPACE = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Databricks/workspaces/genai-databricks"
ME = "GET /api/2.0/preview/scim/v2/Me"


@dataclass
class Day:
    """Azure Resource Manager and the workspace of stack `databricks`."""

    arm: Server
    workspace: Server

    @property
    def outputs(self) -> dict[str, Any]:
        return {
            "workspaceUrl": self.workspace.url,
            "workspaceId": WORKSPACE,
            "clientSecretEnd": "2026-11-28T08:00:00Z",
        }

    def scan(self, outputs: Mapping[str, Any] | None = None) -> Found:
        def token(_: str) -> Mapping[str, str]:
            return {"accessToken": "token", "subscription": "s-1"}

        inventory = AzureStackInventory(stack="databricks", arm=self.arm.url, token=token)
        return databricks.find_workspace(inventory, self.outputs if outputs is None else outputs, NOW)

    def outcome(self, name: str, **changes: Any) -> Outcome:
        return run(self.scan({**self.outputs, **changes}).checks)[name]


def state(said: str) -> tuple[int, Mapping[str, str], Any]:
    return 200, {}, {"properties": {"provisioningState": said, "createdDateTime": "2026-11-26T08:00:00.1234567Z"}}


@pytest.fixture
def day() -> Iterator[Day]:
    """All is well."""
    with serve() as arm, serve() as workspace:
        arm.answers["GET /subscriptions/s-1/resourcegroups"] = groups("databricks", "azure")
        arm.answers[f"GET {WORKSPACE}"] = state("Succeeded")
        workspace.answers[ME] = (401, {}, {"error_code": "401"})
        yield Day(arm, workspace)


def test_a_workspace_that_is_up_is_whole_and_old_enough(day: Day) -> None:
    found = day.scan()
    assert (found.seen, found.exists, found.complete) == (True, True, True)
    assert found.since == datetime(2026, 11, 26, 8, 0, 0, 123456, tzinfo=UTC)
    assert {outcome.state for outcome in run(found.checks).values()} == {State.FINE}


def test_before_the_first_up_nothing_is_there(day: Day) -> None:
    day.arm.answers["GET /subscriptions/s-1/resourcegroups"] = groups("azure", "databricks-2")
    found = day.scan({})
    assert (found.seen, found.exists, found.complete) == (True, False, False)


def test_a_workspace_that_failed_or_is_gone_is_told(day: Day) -> None:
    day.arm.answers[f"GET {WORKSPACE}"] = state("Failed")
    assert day.outcome("Databricks workspace").says == "Failed"
    day.arm.answers[f"GET {WORKSPACE}"] = (404, {}, {})
    gone = day.outcome("Databricks workspace")
    assert (gone.state, gone.says) == (State.BAD, "is gone")
    assert not day.scan().complete


def test_a_workspace_that_lets_strangers_in_is_bad(day: Day) -> None:
    day.workspace.answers[ME] = (200, {}, {})
    assert day.outcome("workspace refuses who has no token").state == State.BAD


@pytest.mark.parametrize(
    ("end", "well", "says"),
    [
        ("2026-11-28T13:00:00Z", State.FINE, "ends at 2026-11-28 13:00 UTC, in 2.0 days"),
        ("2026-11-26T12:59:00Z", State.BAD, "ended at 2026-11-26 12:59 UTC"),
    ],
)
def test_the_end_of_litellms_secret_is_told(day: Day, end: str, well: State, says: str) -> None:
    outcome = day.outcome("secret of LiteLLM", clientSecretEnd=end)
    assert (outcome.state, outcome.says) == (well, says)


def test_without_a_login_nothing_is_taken_for_well(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def token(_: str) -> Mapping[str, str]:
        raise AzureCliError("run `az login`")

    inventory = AzureStackInventory(stack="databricks", arm=day.arm.url, token=token)
    found = databricks.find_workspace(inventory, day.outputs, NOW)
    assert not found.seen
    assert run(found.checks)["Databricks workspace"].says == "run `az login`"
