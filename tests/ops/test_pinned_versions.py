"""What a program uses of the table of pins, and what `plan` and `preflight` say of it on a given day."""

from __future__ import annotations

import functools
import io
from datetime import date

import pytest
from rich.console import Console

from catalogue import pins
from catalogue.pins import AZURE_NATIVE, Pin
from ops.checks.check import State
from ops.checks.preflight.pinned_versions import support
from ops.commands.plan.as_json import as_json
from ops.commands.plan.report import print_report
from ops.model.pinned_versions import ending, in_use
from ops.project import ROOT
from ops.stack.plan import Plan, make_plan
from ops.stack.settings_file import read
from tests import azure_program, databricks_program
from tests.program import VARIANTS, recorded

BEFORE, SOON, LATER, OVER = date(2027, 1, 25), date(2027, 1, 26), date(2027, 3, 26), date(2027, 3, 27)
"""Around the end of Kubernetes 1.35 in standard support."""


def names(found: list[Pin]) -> list[str]:
    return [f"{pin.name} {pin.version}" for pin in found]


@pytest.mark.parametrize("variant", VARIANTS)
def test_everything_that_the_day_runs_is_in_the_table(variant: str) -> None:
    used = set(in_use(recorded(variant)))
    assert used >= {
        pins.KUBERNETES["1.35"],
        pins.AURORA["17"],
        pins.VALKEY,
        pins.LITELLM_CHART,
        pins.LITELLM_IMAGE,
        pins.LANGFUSE_CHART,
        pins.LANGFUSE_IMAGE,
        pins.CLICKHOUSE_IMAGE,
        pins.POSTGRES_IMAGE,
        pins.PULUMI,
        *pins.ACTIONS.values(),
    }
    assert not used & {*pins.AZURE_APIS, *AZURE_NATIVE.values()}
    assert any(pin.name == "Python" for pin in used)


@pytest.mark.parametrize("mode", azure_program.MODES)
def test_every_type_of_the_gateway_is_in_the_table(mode: str) -> None:
    recording = azure_program.recorded(mode)
    made = {resource.type for resource in recording.resources if resource.type.startswith("azure-native:")}
    assert made <= set(AZURE_NATIVE)
    assert set(in_use(recording)) >= {*(AZURE_NATIVE[token] for token in made), *pins.AZURE_APIS}


def test_the_table_lists_no_type_that_the_gateway_does_not_make() -> None:
    programs = [azure_program.recorded(mode) for mode in azure_program.MODES]
    programs.append(azure_program.run(azure_program.CACHED))
    programs.append(databricks_program.recorded("managed identity"))
    made = {one.type for program in programs for one in program.resources}
    assert set(AZURE_NATIVE) <= made


def test_what_ends_is_told_60_days_before_and_when_it_is_over() -> None:
    assert ending(recorded(), BEFORE) == []
    assert names(ending(recorded(), SOON)) == names(ending(recorded(), OVER)) == ["Kubernetes 1.35"]


def test_what_ends_first_is_told_first() -> None:
    told = ending(recorded(), date(2030, 1, 1))
    assert names(told)[:2] == ["Kubernetes 1.35", "docker.io/clickhouse/clickhouse-server 26.8.20.9"]
    assert [pin.ends for pin in told] == sorted(pin.ends for pin in told if pin.ends)


@pytest.mark.parametrize(("mode", "told"), [("header", []), ("keyVault", ["Secret 2024-11-01", "Vault 2024-11-01"])])
def test_the_old_version_of_key_vault_is_told_where_there_is_a_vault(mode: str, told: list[str]) -> None:
    found = ending(azure_program.recorded(mode), date(2026, 12, 29))
    assert [name.rpartition(":")[2] for name in names(found)] == told
    assert ending(azure_program.recorded(mode), date(2026, 12, 28)) == []


@functools.cache
def planned(today: date) -> Plan:
    return make_plan(read(ROOT, "dev"), today=today)


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (BEFORE, "Nothing ends within 60 days."),
        (SOON, "support of Kubernetes 1.35 ends on 2027-03-27, in 60 days: set kubernetesVersion to a later one"),
        (LATER, "support of Kubernetes 1.35 ends on 2027-03-27, in 1 day: set kubernetesVersion to a later one"),
    ],
)
def test_the_plan_says_what_ends_soon(today: date, says: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    print_report(planned(today), console)
    assert isinstance(console.file, io.StringIO)
    assert says in console.file.getvalue()


def test_the_plan_as_data_says_it_too() -> None:
    assert as_json(planned(BEFORE))["ending"] == []
    [one] = as_json(planned(SOON))["ending"]
    assert (one["name"], one["version"], one["ends"], one["over"]) == ("Kubernetes", "1.35", "2027-03-27", False)
    [one] = as_json(planned(OVER))["ending"]
    assert one["over"]


@pytest.mark.parametrize(
    ("today", "state", "says"),
    [
        (BEFORE, State.FINE, "nothing ends within 60 days"),
        (SOON, State.FINE, "support of Kubernetes 1.35 ends on 2027-03-27, in 60 days"),
        (OVER, State.BAD, "support of Kubernetes 1.35 ended on 2027-03-27"),
    ],
)
def test_preflight_says_what_ends_soon_and_fails_on_what_is_over(today: date, state: State, says: str) -> None:
    found = support(recorded(), today)
    assert (found.state, found.says) == (state, says)
    assert ("set kubernetesVersion" in found.fix) == (today != BEFORE)
