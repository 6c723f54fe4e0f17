"""Tools and their versions: good, bad and could not look."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ops.checks.check import State
from ops.checks.preflight.tools import tool_checks
from tests.ops.preflight.stand_in import state_of

SAYS = {
    "pulumi": "v3.258.0\n",
    "aws": "aws-cli/2.31.4 Python/3.13.7 Linux/6.1\n",
    "kubectl": "Client Version: v1.35.1\nKustomize Version: v5.7.1\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text('name: x\nrequiredPulumiVersion: ">=3.200.0"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("tool", "says", "state"),
    [
        *((tool, says, State.FINE) for tool, says in SAYS.items()),
        ("pulumi", "v3.199.9\n", State.BAD),
        ("aws", "aws-cli/1.42.0 Python/3.11\n", State.BAD),
        ("aws", "aws-cli/2.6.4 Python/3.9\n", State.BAD),
        ("kubectl", "Client Version: v1.33.9\n", State.NOTE),  # nothing here runs it
        ("kubectl", FileNotFoundError(), State.NOTE),
        ("kubectl", "Client Version: v1.34.0\n", State.FINE),
        ("pulumi", FileNotFoundError(), State.BAD),
        ("aws", "no number\n", State.COULD_NOT_LOOK),
        ("kubectl", subprocess.CalledProcessError(1, "kubectl"), State.COULD_NOT_LOOK),
        ("aws", subprocess.TimeoutExpired("aws", 30), State.COULD_NOT_LOOK),
    ],
)
def test_a_tool_is(project: Path, tool: str, says: Any, state: State) -> None:
    def run(command: Sequence[str], **_: object) -> Any:
        if isinstance(says, Exception):
            raise says
        assert command[0] == tool
        return subprocess.CompletedProcess(command, 0, stdout=says)

    with mock.patch("subprocess.run", run):
        assert state_of(tool_checks(project, "1.35")[tool]) == state
