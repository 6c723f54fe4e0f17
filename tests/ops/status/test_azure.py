"""The state of a gateway, against servers on this machine that answer as Azure and as the gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.checks.check import Outcome, State, run
from ops.checks.status import azure
from ops.checks.status.status import Found
from ops.clouds.azure import AzureCliError
from ops.inventory.azure import AzureStackInventory
from tests.ops.inventory.world import OURS
from tests.ops.preflight.stand_in import Server, serve

NOW = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
GATEWAY = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ApiManagement/service/genai-gateway"
GROUPS = "GET /subscriptions/s-1/resourcegroups"


@dataclass
class SimulatedGateway:
    """Azure Resource Manager and the gateway of stack `azure`."""

    arm: Server
    gateway: Server

    @property
    def outputs(self) -> Mapping[str, Any]:
        return {
            "gatewayUrl": self.gateway.url,
            "gatewayId": GATEWAY,
            "clientSecretEnds": {"demo": "2026-12-03T08:00:00Z"},
        }

    def scan(self, outputs: Mapping[str, Any] | None = None) -> Found:
        def token(_: str) -> Mapping[str, str]:
            return {"accessToken": "token", "subscription": "s-1"}

        day = AzureStackInventory(stack="azure", arm=self.arm.url, token=token)
        return azure.find_gateway(day, self.outputs if outputs is None else outputs, NOW)

    def outcome(self, name: str) -> Outcome:
        return run(self.scan().checks)[name]


def groups(*stacks: str) -> tuple[int, Mapping[str, str], Any]:
    tagged = [{"name": stack, "location": "eastus2", "tags": {**OURS, "Environment": stack}} for stack in stacks]
    return 200, {}, {"value": tagged}


def service(state: str) -> tuple[int, Mapping[str, str], Any]:
    created = "2026-11-26T08:00:00.1234567Z"
    return 200, {}, {"properties": {"provisioningState": state, "createdAtUtc": created}}


@pytest.fixture
def simulated() -> Iterator[SimulatedGateway]:
    """All is well."""
    with serve() as arm, serve() as gateway:
        arm.answers[GROUPS] = groups("azure", "azure-2")
        arm.answers[f"GET {GATEWAY}"] = service("Succeeded")
        gateway.answers["GET /v1/models"] = (401, {}, {"error": {"code": "token_missing"}})
        yield SimulatedGateway(arm, gateway)


def test_a_gateway_that_is_well_and_how_old_it_is(simulated: SimulatedGateway) -> None:
    found = simulated.scan()
    assert (found.seen, found.exists, found.complete) == (True, True, True)
    assert found.since == datetime(2026, 11, 26, 8, 0, 0, 123456, tzinfo=UTC)
    outcomes = run(found.checks)
    assert {name: outcome.says for name, outcome in outcomes.items()} == {
        "API Management": "Succeeded",
        "gateway refuses who has no token": f"{simulated.gateway.url}/v1/models answered 401",
        "secret of demo": "ends at 2026-12-03 08:00 UTC, in 6.8 days",
    }
    assert {outcome.state for outcome in outcomes.values()} == {State.FINE}


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_gateway_that_lets_in_or_fails_who_has_no_token_is_not_well(simulated: SimulatedGateway, status: int) -> None:
    simulated.gateway.answers["GET /v1/models"] = (status, {}, {})
    outcome = simulated.outcome("gateway refuses who has no token")
    assert outcome.state is State.BAD
    assert outcome.says.endswith(f"answered {status}")


def test_a_secret_that_has_ended_says_where_new_ones_come_from(simulated: SimulatedGateway) -> None:
    outputs = {**simulated.outputs, "clientSecretEnds": {"demo": "2026-11-26T12:00:00Z"}}
    outcome = run(simulated.scan(outputs).checks)["secret of demo"]
    assert (outcome.state, outcome.says) == (State.BAD, "ended at 2026-11-26 12:00 UTC")
    assert "docs/azure.md" in outcome.fix


def test_a_service_that_is_still_made_is_not_well(simulated: SimulatedGateway) -> None:
    simulated.arm.answers[f"GET {GATEWAY}"] = service("Activating")
    outcome = simulated.outcome("API Management")
    assert (outcome.state, outcome.says) == (State.BAD, "Activating")


def test_a_service_that_is_gone_makes_the_gateway_incomplete(simulated: SimulatedGateway) -> None:
    del simulated.arm.answers[f"GET {GATEWAY}"]
    found = simulated.scan()
    assert (found.seen, found.exists, found.complete, found.since) == (True, True, False, None)
    assert run(found.checks)["API Management"].says == "is gone"


def test_a_gateway_that_is_down_has_nothing_to_check(simulated: SimulatedGateway) -> None:
    simulated.arm.answers[GROUPS] = groups("azure-2")
    found = simulated.scan(outputs={})
    assert (found.seen, found.exists, found.complete, found.checks) == (True, False, False, {})


def test_a_gateway_on_its_way_up_has_a_group_alone(simulated: SimulatedGateway) -> None:
    found = simulated.scan(outputs={})
    assert (found.exists, found.complete, found.checks) == (True, False, {})


def test_what_azure_denies_could_not_be_looked_at(simulated: SimulatedGateway) -> None:
    for denied in (GROUPS, f"GET {GATEWAY}"):
        answer = simulated.arm.answers[denied]
        simulated.arm.answers[denied] = (403, {}, {"error": {"code": "AuthorizationFailed"}})
        found = simulated.scan()
        assert not found.seen
        assert run(found.checks)["API Management"].state is State.COULD_NOT_LOOK
        simulated.arm.answers[denied] = answer


def test_without_the_cli_of_azure_the_gateway_is_looked_at_all_the_same(simulated: SimulatedGateway) -> None:
    def token(_: str) -> Mapping[str, str]:
        raise AzureCliError("`az` gave no token, so run `az login`.")

    found = azure.find_gateway(
        AzureStackInventory(stack="azure", arm=simulated.arm.url, token=token), simulated.outputs, NOW
    )
    assert not found.seen
    outcomes = run(found.checks)
    assert outcomes["API Management"].says == "`az` gave no token, so run `az login`."
    assert outcomes["gateway refuses who has no token"].state is State.FINE
