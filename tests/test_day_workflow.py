"""The schedule: when it runs, what it may do, in which order, and what its scripts do."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.checks.status import schedule
from ops.project import ROOT
from tests.command_lines import problems

FILE = ROOT / ".github" / "workflows" / "day.yml"
TEXT = FILE.read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
DAY, FAILURE = WORKFLOW["jobs"]["day"], WORKFLOW["jobs"]["failure"]
STEPS = {step["name"]: step for step in DAY["steps"] if "name" in step}
MORNING, HOURLY, EVENING = (entry["cron"] for entry in WORKFLOW[True]["schedule"])  # YAML reads `on` as true
KEEP = STEPS["Ask whether the day is to be kept"]["run"]
OUTPUTS = """echo '{"clusterName": "genai-dev-abc1234"}'"""
DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]


def _in_japan(cron: str) -> tuple[list[str], list[str]]:
    """Times and weekdays at which a cron line of UTC fires in Japan."""
    minute, hour, _, _, weekday = cron.split()
    first, _, last_and_step = hour.partition("-")
    last, _, step = last_and_step.partition("/")
    hours = range(int(first), int(last or first) + 1, int(step or 1))
    begin, _, end = weekday.replace("*", "0-6").partition("-")
    next_day = all(h >= 15 for h in hours)
    return (
        [f"{(h + 9) % 24:02}:{int(minute):02}" for h in hours],
        [DAYS[(day + next_day) % 7] for day in range(int(begin), int(end) + 1)],
    )


def test_the_comments_tell_the_hours_of_japan() -> None:
    comments = dict(re.findall(r'- cron: "(.+)" # (.+)', TEXT))
    times, days = _in_japan(MORNING)
    assert comments[MORNING] == f"up: {times[0]} JST, {days[0]} to {days[-1]}"
    times, days = _in_japan(HOURLY)
    assert comments[HOURLY] == f"sweep: every hour from {times[0]} to {times[-1]} JST, {days[0]} to {days[-1]}"
    times, days = _in_japan(EVENING)
    assert comments[EVENING].startswith(f"down: {', '.join(times[:-1])} and {times[-1]} JST, every day")
    assert sorted(days) == sorted(DAYS), "a day that was kept on Friday ends at the weekend"


def test_the_evening_is_tried_again() -> None:
    assert len(_in_japan(EVENING)[0]) > 1


def test_the_morning_cron_goes_up_the_hourly_one_sweeps_and_any_other_goes_down() -> None:
    action = " ".join(WORKFLOW["env"]["ACTION"].split())
    up, sweep = (f"github.event.schedule == '{cron}'" for cron in (MORNING, HOURLY))
    assert action == f"${{{{ inputs.action || {up} && 'up' || {sweep} && 'sweep' || 'down' }}}}"
    assert WORKFLOW[True]["workflow_dispatch"]["inputs"]["action"]["options"] == ["up", "down", "status", "sweep"]


def test_two_runs_never_overlap_and_a_sweep_never_replaces_an_evening_that_waits() -> None:
    sweep = f"inputs.action == 'sweep' || github.event.schedule == '{HOURLY}'"
    group = f"${{{{ ({sweep}) && 'sweep' || 'day' }}}}"
    assert WORKFLOW["concurrency"] == {"group": group, "cancel-in-progress": False}


def test_a_sweep_unlocks_nothing_because_it_runs_beside_the_others() -> None:
    assert STEPS["Unlock the state if a run was killed"]["if"] == "env.ACTION != 'sweep'"
    assert STEPS["Sweep"]["if"] == "env.ACTION == 'sweep'"


def test_only_the_evenings_end_a_day() -> None:
    assert schedule.destroy_crons(ROOT, "dev") == [EVENING]


def test_credentials_outlive_the_job() -> None:
    (login,) = [step for step in DAY["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    assert login["with"]["role-duration-seconds"] >= DAY["timeout-minutes"] * 60


def test_nothing_runs_before_the_repository_names_a_role() -> None:
    assert DAY["if"] == "vars.AWS_ROLE_ARN != ''"
    assert FAILURE["needs"] == "day"
    assert "needs.day.result != 'skipped'" in FAILURE["if"]


def test_each_job_has_the_permissions_it_needs_and_no_other() -> None:
    assert WORKFLOW["permissions"] == {}
    assert DAY["permissions"] == {"contents": "read", "id-token": "write"}
    assert FAILURE["permissions"] == {"issues": "write"}


@pytest.mark.parametrize("file", sorted(FILE.parent.glob("*.yml")), ids=lambda file: file.name)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(file: Path) -> None:
    uses = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_the_passphrase_is_seen_only_by_steps_of_ours() -> None:
    assert "secrets." not in str({**DAY, "steps": []})
    assert not [step for step in DAY["steps"] if "uses" in step and "secrets." in str(step)]
    for step in DAY["steps"]:
        if re.search(r"genai (up|down|status|project)|pulumi ", step.get("run", "")):
            assert "PULUMI_CONFIG_PASSPHRASE" in step["env"], step["name"]


def test_aws_goes_up_first_and_down_last() -> None:
    order = list(STEPS)
    assert order.index("AWS up") < order.index("Azure up")
    assert order.index("Azure down") < order.index("AWS down")


def test_azure_is_left_alone_unless_its_variable_is_set() -> None:
    azure = [step for step in DAY["steps"] if re.search(r"azure/login|\baz\b|--stack azure", str(step))]
    assert len(azure) == 5
    assert [step for step in azure if "vars.AZURE_CLIENT_ID != ''" not in step["if"]] == []


def test_a_failure_in_azure_does_not_keep_aws_up() -> None:
    assert STEPS["AWS down"]["if"] == "${{ !cancelled() && steps.evening.outputs.comes }}"


def test_every_command_of_the_workflow_exists() -> None:
    assert problems("\n".join(step.get("run", "") for step in DAY["steps"])) == []


@pytest.fixture
def stand_in(tmp_path: Path) -> Any:
    """Puts a program on PATH that writes down its arguments and runs a shell script; gives what a step then did."""

    def run(script: str, programs: dict[str, str], **variables: str) -> tuple[int, str, list[str]]:
        log, output = tmp_path / "calls", tmp_path / "output"
        for name, does in programs.items():
            program = tmp_path / name
            program.write_text(f'#!/bin/bash\necho "{name} $*" >>{log}\n{does}\n')
            program.chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={"PATH": path, "GITHUB_OUTPUT": str(output), **variables},
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=120,
        )
        told = output.read_text() if output.exists() else ""
        return result.returncode, told, log.read_text().splitlines() if log.exists() else []

    return run


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"])
@pytest.mark.parametrize(
    ("hours", "event", "comes"), [(2, "schedule", False), (-2, "schedule", True), (2, "workflow_dispatch", True)]
)
def test_the_evening_comes_unless_the_cluster_is_to_be_kept(
    stand_in: Any, form: str, hours: int, event: str, comes: bool
) -> None:
    tag = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)).strftime(form)
    aws = f"case $2 in list-clusters) echo genai-dev-abc1234;; *) echo {tag};; esac"
    code, told, _ = stand_in(KEEP, {"aws": aws, "pulumi": OUTPUTS}, GITHUB_EVENT_NAME=event)
    assert (code, told) == (0, "comes=true\n" if comes else "")


@pytest.mark.parametrize("other", ["genai-dev-2-abc1234", "genai-dev-b0bb0bb"])
def test_the_day_of_somebody_else_is_not_asked(stand_in: Any, other: str) -> None:
    tag = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%MZ")
    aws = f"case $2 in list-clusters) case $4 in *genai-dev-abc1234*) ;; *) echo {other};; esac;; *) echo {tag};; esac"
    code, told, calls = stand_in(KEEP, {"aws": aws, "pulumi": OUTPUTS}, GITHUB_EVENT_NAME="schedule")
    assert (code, told) == (0, "comes=true\n")
    assert not [call for call in calls if "describe-cluster" in call]


@pytest.mark.parametrize(("pulumi", "code"), [("echo '{}'", 0), ("exit 255", 255)])
def test_a_state_without_a_cluster_ends_and_one_that_cannot_be_read_removes_nothing(
    stand_in: Any, pulumi: str, code: int
) -> None:
    aws = "case $2 in list-clusters) case $4 in *''*) ;; *) echo x;; esac;; *) exit 254;; esac"
    ended, told, _ = stand_in(KEEP, {"aws": aws, "pulumi": pulumi}, GITHUB_EVENT_NAME="schedule")
    assert (ended, told) == (code, "" if code else "comes=true\n")


@pytest.mark.parametrize("aws", ["true", "case $2 in list-clusters) echo genai-dev-abc1234;; *) echo None;; esac"])
def test_the_evening_comes_without_a_cluster_and_without_a_tag(stand_in: Any, aws: str) -> None:
    assert stand_in(KEEP, {"aws": aws, "pulumi": OUTPUTS}, GITHUB_EVENT_NAME="schedule")[:2] == (0, "comes=true\n")


@pytest.mark.parametrize("answer", ["echo tomorrowish", "exit 254"])
@pytest.mark.parametrize("question", ["list-clusters", "describe-cluster"])
def test_a_tag_that_is_no_time_or_cannot_be_read_fails_the_run_and_removes_nothing(
    stand_in: Any, question: str, answer: str
) -> None:
    aws = f"case $2 in {question}) {answer};; list-clusters) echo genai-dev-abc1234;; *) echo tomorrowish;; esac"
    code, told, _ = stand_in(KEEP, {"aws": aws, "pulumi": OUTPUTS}, GITHUB_EVENT_NAME="schedule")
    assert code != 0
    assert told == ""


@pytest.mark.parametrize(("user", "removed"), [("runner", True), ("engineer", False)])
def test_only_the_lock_of_another_runner_is_taken_away(stand_in: Any, user: str, removed: bool) -> None:
    lock = f'{{"pid":7,"username":"{user}","hostname":"there","timestamp":"2026-11-24T10:00:00Z"}}'
    aws = f"case $2 in list-objects-v2) echo .pulumi/locks/x.json;; cp) echo '{lock}';; esac"
    script = STEPS["Unlock the state if a run was killed"]["run"]
    code, _, calls = stand_in(script, {"aws": aws}, STATE_BUCKET="states")
    assert code == 0
    assert ("aws s3 rm s3://states/.pulumi/locks/x.json" in calls) == removed


def test_the_variable_names_those_who_may_enter(stand_in: Any) -> None:
    script = STEPS["Say who may enter"]["run"]
    _, _, calls = stand_in(script, {"pulumi": ""}, ALLOWED_CIDRS="198.51.100.0/24 203.0.113.7/32")
    assert calls == [
        "pulumi config set --stack dev --path allowedCidrs[0] 198.51.100.0/24",
        "pulumi config set --stack dev --path allowedCidrs[1] 203.0.113.7/32",
    ]
    assert stand_in(script, {"pulumi": ""}, ALLOWED_CIDRS="")[0] == 0


@pytest.mark.parametrize(("known", "does"), [("17", "issue comment 17 --body"), ("", "issue create --title")])
def test_a_failure_opens_an_issue_or_comments_on_the_open_one(stand_in: Any, known: str, does: str) -> None:
    (step,) = FAILURE["steps"]
    gh = f'[ "$2" = list ] && echo "{known}"; true'
    code, _, calls = stand_in(step["run"], {"gh": gh}, TITLE="day: down failed", BODY="text")
    assert code == 0
    assert calls[-1].startswith(f"gh {does}")
