"""Whole rehearsals on the real Pulumi engine."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal.run import changes, plain_secrets, rehearse
from rehearsal.settings import EngineSettings, another
from rehearsal.simulation import Simulation
from tests.rehearsal.engines import ALL, config, engine, nothing_is_left, succeed

pytestmark = pytest.mark.engine

WITH_DOMAIN = {"domain": "genai.example.com", "apimEntry": True}


SHAPES = {
    "day": {},
    "team with a domain": {**WITH_DOMAIN, "size": "team"},
    "day with an entry for API Management and no domain": {"apimEntry": True},
    **({"team": {"size": "team"}, "day with a domain": WITH_DOMAIN} if ALL else {}),
}


@pytest.mark.parametrize("settings", SHAPES.values(), ids=SHAPES)
def test_a_day_comes_changes_nothing_twice_and_goes(simulation: Simulation, settings: dict[str, object]) -> None:
    stack = EngineSettings(stack="dev", plain=config(**settings))
    summary = rehearse(simulation, stack, change=another(stack))
    changed = summary.changed_by_setting
    assert changed, "nobody more may enter"
    assert all(re.fullmatch(r"create entry-\d+-198\.51\.100\.7-32", name) for name in changed), changed
    assert summary.as_json() | {"parts": {}, "operations": {}, "resources": {}, "total": 0} == {
        "resources": {},
        "changes_in_second_up": 0,
        "changed_by_setting": changed,
        "left_in_cloud": {},
        "left_in_state": 0,
        "secrets_in_plain": 0,
        "parts": {},
        "operations": {},
        "errors": [],
        "unexpected": [],
        "total": 0,
        "good": True,
    }
    assert summary.resources["aws"] > 60


def test_two_days_in_a_row_in_one_world_do_not_collide(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    for _ in range(2):
        succeed(day.up())
        succeed(day.destroy())
        nothing_is_left(simulation, day)


def test_two_stacks_at_once_share_an_account(simulation: Simulation, folder: Path) -> None:
    days = [engine(simulation, folder, stack) for stack in ("dev", "dev-other")]
    with ThreadPoolExecutor() as pool:
        for result in pool.map(lambda day: day.up(), days):
            succeed(result)
    succeed(days[0].destroy())
    assert changes(succeed(days[1].up())) == 0, "destroying one stack took something from the other"
    succeed(days[1].destroy())
    nothing_is_left(simulation, *days)


def test_no_generated_secret_stands_in_plain_in_the_state_and_refresh_finds_no_drift(
    simulation: Simulation, folder: Path
) -> None:
    day = engine(simulation, folder, apimEntry=True)
    succeed(day.up())
    secrets = simulation.secrets()
    assert len(secrets) == 16
    assert plain_secrets(day.state_text(), secrets) == 0
    drift = succeed(day.run("refresh", "--yes", "--skip-preview", "--expect-no-changes"))
    assert changes(drift) == 0
    gate = day.project / "components/kubernetes/drain_gate.py"
    gate.write_text(gate.read_text() + "\n# A remark.\n")
    assert changes(succeed(day.up())) == 0, "a comment in a dynamic provider changed the stack"
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def test_the_check_for_secrets_finds_one_in_plain() -> None:
    assert plain_secrets('{"a": "line\\nbreak"}', ["line\nbreak", "absent"]) == 1


def test_the_guardrails_run_in_the_engine_and_stop_a_planted_defect(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    pack = ("--policy-pack", str(day.project / "policies" / "guardrails"))
    bucket = day.project / "components/aws/bucket.py"
    right = bucket.read_text()
    bucket.write_text(right.replace("force_destroy=True", "force_destroy=False"))
    refused = day.run("up", "--yes", *pack)
    assert not refused.succeeded
    assert "force" in refused.output
    assert simulation.leftovers() == {}, "the defect was found after something was created"
    bucket.write_text(right)
    succeed(day.run("up", "--yes", *pack))
    succeed(day.run("destroy", "--yes"))
    nothing_is_left(simulation, day)
