"""What runs on a commit and what keeps the pins moving: `.ci/run`, its workflow, pre-commit and Renovate."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalogue import pins
from ops.project import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
RUN = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
RENOVATE = (ROOT / ".github" / "renovate.json5").read_text(encoding="utf-8")
PINS = (ROOT / "catalogue" / "pins.py").read_text(encoding="utf-8")


def parts() -> set[str]:
    """The parts that `.ci/run` runs when it is given none."""
    (default,) = re.findall(r"\$\{\*:-([a-z ]+)\}", RUN)
    return set(default.split())


def lines(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_the_jobs_together_run_what_ci_runs_as_a_whole() -> None:
    assert {line for job in CI["jobs"].values() for line in lines(job)} == {f".ci/run {part}" for part in parts()}


def test_a_part_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    result = subprocess.run([ROOT / ".ci" / "run", "tests"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert "there is no part tests" in result.stderr


def test_every_part_fails_when_one_of_its_commands_does(tmp_path: Path) -> None:
    for name in ("make", "mcs", "pulumi", "chromium"):
        (tmp_path / name).write_text('#!/bin/sh\necho "$@" >>"$0.log"\nexit 3\n')
        (tmp_path / name).chmod(0o755)
    for part in parts():
        path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        assert subprocess.run([ROOT / ".ci" / "run", part], env=path, capture_output=True, timeout=60).returncode == 3
    called = (tmp_path / "make.log").read_text().split()
    tests = {"test-engine", "test-rehearsal", "test-litellm", "test-schema", "test-chat", "test"}
    assert set(called) == {"lint", "types", *tests}


def test_the_tests_run_on_every_python_that_is_supported() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    (first, end) = (int(minor) for minor in re.findall(r"3\.(\d+)", requires))
    assert CI["jobs"]["test"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(first, end)]


def test_a_newer_commit_cancels_the_run_of_an_older_one() -> None:
    assert CI["concurrency"]["group"].endswith("${{ github.ref }}")
    assert "cancel-in-progress" in CI["concurrency"]


def test_no_job_may_do_more_than_read() -> None:
    assert CI["permissions"] == {}
    assert {str(job["permissions"]) for job in CI["jobs"].values()} == {"{'contents': 'read'}"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(workflow: Path) -> None:
    used = re.findall(r"uses: (.+)", workflow.read_text(encoding="utf-8"))
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name)] == []


def test_pre_commit_runs_the_tools_of_the_lock() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert {hook["entry"].split()[0] for hook in repository["hooks"]} == {".venv/bin/ruff", "make"}


def test_renovate_reads_every_chart_and_image_of_the_day() -> None:
    patterns = [pattern.replace(r"\\", "\\").replace("(?<", "(?P<") for pattern in re.findall(r"'(.+?)'", RENOVATE)]
    found = {
        (match["depName"], match["currentValue"], match["currentDigest"] or "")
        for pattern in patterns
        for match in re.finditer(pattern, PINS)
    }
    pinned = [pin for name, pin in vars(pins).items() if name.endswith(("_CHART", "_IMAGE"))]
    assert found == {(pin.name.removeprefix("oci://"), pin.version, pin.digest) for pin in pinned}
    assert len(pinned) == 6
