"""`genai up` and `genai down` as they are typed, on the real engine in the simulated cloud."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.project import ROOT
from ops.stack import settings_file
from ops.stack.plan import make_plan
from rehearsal.engine import RehearsalEngine, Result
from rehearsal.run import plain_secrets
from rehearsal.simulation import Simulation
from tests.rehearsal.engines import (
    after_operations,
    config,
    engine,
    kill_during,
    lists_that_moto_lacks,
    nothing_is_left,
    succeed,
)

pytestmark = pytest.mark.engine

GIVE_UP = "PULUMI_K8S_DELETE_UNREACHABLE=true pulumi destroy --refresh --stack dev"


@pytest.fixture(autouse=True)
def _lists_that_moto_lacks() -> Iterator[None]:
    with lists_that_moto_lacks():
        yield


@pytest.fixture
def day(simulation: Simulation, folder: Path) -> RehearsalEngine:
    """A copy of the project that has the command too."""
    made = engine(simulation, folder)
    shutil.copytree(ROOT / "ops", made.project / "ops", ignore=shutil.ignore_patterns("__pycache__"))
    return made


def genai(
    day: RehearsalEngine,
    *words: str,
    stderr: int = subprocess.STDOUT,
    started: Callable[[subprocess.Popen[str]], None] = lambda _: None,
) -> Result:
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.cli", *words],
        cwd=day.project,
        env=day.environment,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    started(process)
    output, _ = process.communicate()
    assert "Traceback" not in output, output
    assert "Failed to parse engine event" not in output, output
    return Result(code=process.returncode, output=output)


def test_a_day_comes_up_with_its_urls_and_goes_down_with_its_bill(simulation: Simulation, day: RehearsalEngine) -> None:
    up = genai(day, "up")
    assert up.code == 0, up.output
    plan = make_plan(settings_file.read(ROOT, "dev"))
    for words in ("  network done in ", "  cluster done in ", "\nlitellmUrl ", "\nlangfuseUrl ", "\nStack dev is up. "):
        assert words in up.output
    assert plain_secrets(up.output, simulation.secrets()) == 0
    simulation.fill_buckets()

    again = json.loads(genai(day, "up", "--json", stderr=subprocess.DEVNULL).output)
    assert (again["exit_code"], again["missing"], again["errors"]) == (0, [], [])
    assert again["outputs"]["langfusePassword"] is None

    down = genai(day, "down")
    assert down.code == 0, down.output
    assert f"({plan.cost.usd_per_hour:.2f} USD an hour)" in down.output, "the state does not cost what the plan says"
    assert "(typically 15:" in down.output
    assert "Nothing is left of stack dev in us-east-1" in down.output
    nothing_is_left(simulation, day)
    assert genai(day, "down").code == 0


def test_settings_that_are_refused_create_nothing(simulation: Simulation, day: RehearsalEngine) -> None:
    day.configure(config(size="huge"))
    refused = genai(day, "up")
    assert (refused.code, refused.output) == (2, "size must be 'day' or 'team', not 'huge'\n")
    assert simulation.operations.done == []
    assert day.resources() == []


def test_up_gets_past_an_engine_that_was_killed_and_down_finds_what_that_one_began(
    simulation: Simulation, day: RehearsalEngine
) -> None:
    killed = kill_during(simulation, day, "aws:ec2/vpc:Vpc")
    day.mend_state()
    [vpc] = [
        pending_operation
        for pending_operation in day.state()["pending_operations"]
        if pending_operation["resource"]["type"] == "aws:ec2/vpc:Vpc"
    ]
    assert vpc["type"] == "creating"

    up = genai(day, "up")
    assert up.code == 0, up.output
    assert f"locked by process {killed} of " in up.output
    assert "An earlier run ended in the middle of creating " in up.output

    down = genai(day, "down")
    assert down.code == 1, down.output
    assert "The state of stack dev is empty." in down.output
    [orphan] = simulation.leftovers()["VPC"]
    assert f"aws ec2 delete-vpc --vpc-id {orphan} --region us-east-1" in down.output


def test_what_fails_to_go_is_tried_once_more_and_then_named(simulation: Simulation, day: RehearsalEngine) -> None:
    assert genai(day, "up").code == 0
    token = "aws:rds/clusterInstance:ClusterInstance"
    simulation.operations.failing = {token: 2}
    failed = genai(day, "down")
    assert failed.code == 1, failed.output
    assert "are still there. Once more." in failed.output
    assert f"{token} database-0: delete {token}: InsufficientDBInstanceCapacity" in failed.output
    assert f"  {token} database-0\n" in failed.output.partition("Still there:")[2]
    assert "NAT" not in str(simulation.leftovers()), "one failure kept something from going that does not need it"

    simulation.operations.failing = {token: 1}
    assert genai(day, "down").code == 0
    nothing_is_left(simulation, day)


def test_for_a_cluster_that_eks_does_not_know_the_way_out_is_named_each_time(
    simulation: Simulation, day: RehearsalEngine
) -> None:
    assert genai(day, "up").code == 0
    simulation.lose_clusters()
    for _ in range(2):  # the first has taken the cluster itself from the state
        down = genai(day, "down")
        assert down.code == 1
        assert GIVE_UP in down.output
        assert "still there. Once more" not in down.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(
    simulation: Simulation, day: RehearsalEngine, number: signal.Signals
) -> None:
    command: list[subprocess.Popen[str]] = []
    with after_operations(simulation, 40, lambda: os.kill(command[0].pid, number)):
        up = genai(day, "up", started=command.append)
    assert up.code == 1, up.output
    assert "Ending: the engine finishes what it has begun." in up.output
    assert "`genai up --stack dev` goes on from here" in up.output
    assert not day.state().get("pending_operations")
    succeed(day.up())

    command.clear()
    with after_operations(simulation, 60, lambda: os.kill(command[0].pid, number)):
        down = genai(day, "down", started=command.append)
    assert down.code == 1, down.output
    assert "`genai down --stack dev` goes on from here" in down.output
    assert "still there. Once more" not in down.output
    assert day.resources()
    succeed(day.destroy())
    nothing_is_left(simulation, day)
