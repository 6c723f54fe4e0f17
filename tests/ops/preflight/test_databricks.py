"""Subscription, rights and registration, against a server that answers as Resource Manager does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ops.checks.check import State, run
from ops.checks.preflight.databricks import databricks_checks
from ops.inventory.azure import AzureStackInventory
from tests.databricks_program import recorded
from tests.ops.preflight.stand_in import Server, serve
from tests.ops.preflight.test_azure import CONTRIBUTOR, OWNER, PERMISSIONS, RIGHTS, SCOPE

PROVIDER = f"{SCOPE}/providers/Microsoft.Databricks"
REGISTRATION = "registration of Microsoft.Databricks"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as served:
        yield served


def outcome(server: Server, name: str, variant: str = "service") -> Any:
    def token(_: str) -> Mapping[str, str]:
        return {"accessToken": "t", "subscription": "s-1", "tenant": "t-1"}

    day = AzureStackInventory(stack="databricks", arm=server.url, graph=server.url, token=token)
    return run(databricks_checks(day, recorded(variant)))[name]


@pytest.mark.parametrize(
    ("variant", "held", "state"),
    [
        ("hybrid", CONTRIBUTOR, State.FINE),  # with a catalogue of its own it gives nobody a role
        ("hybrid", {"actions": ["Microsoft.Resources/*"]}, State.BAD),
        ("service", CONTRIBUTOR, State.BAD),
        ("service", OWNER, State.FINE),
        ("managed identity", CONTRIBUTOR, State.BAD),
        ("managed identity", OWNER, State.FINE),
    ],
)
def test_rights_are_asked_for_what_the_program_makes(server: Server, variant: str, held: Any, state: State) -> None:
    server.answers[PERMISSIONS] = (200, {}, {"value": [held]})
    assert outcome(server, RIGHTS, variant).state == state


@pytest.mark.parametrize(
    ("registration", "state"),
    [("Registered", State.FINE), ("NotRegistered", State.BAD), ("Registering", State.BAD)],
)
def test_a_subscription_that_is_not_registered_is_told_how(server: Server, registration: str, state: State) -> None:
    server.answers[PROVIDER] = (200, {}, {"registrationState": registration})
    found = outcome(server, REGISTRATION)
    assert found.state == state
    assert (found.fix == "") == (state == State.FINE)
    assert state == State.FINE or "az provider register --namespace Microsoft.Databricks" in found.fix
